package resolve

import (
	"errors"
	"strings"
	"testing"
)

// A directive is refused where the parser would take it, and not only in the first column.
func TestDirectivesBehindBrackets(t *testing.T) {
	for _, text := range []string{"($GENERATE 1-9 h$ A 192.0.2.1\n)\n", "() $generate 1-9 h$ A 192.0.2.1\n", " ( $INCLUDE /etc/passwd\n)\n", "\t(($Generate 1-9 h$ A 192.0.2.1\n))\n"} {
		_, err := ParseZone("a.test. A 192.0.2.1\n"+text, "zone")
		if bad, ok := errors.AsType[*RecordError](err); !ok || bad.Line != 2 || !strings.HasSuffix(bad.Problem, "is not allowed") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
