package review

import (
	"fmt"
	"strings"
	"testing"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
)

// What is new is told, with its decision; what was there before is not, whatever was decided of it and however much there was.
func TestDiff(t *testing.T) {
	call := func(port int) *Event {
		return &Event{Name: audit.BlockDecision, Decision: audit.Deny, Transport: "tcp", ServerAddress: "192.0.2.7", ServerPort: port}
	}
	d := NewDiff()
	for i := range 200_000 {
		d.Before(question(fmt.Sprintf("n%d.test", i), audit.Allow))
	}
	for _, e := range []*Event{question("a.test", audit.Deny), call(80), {Name: audit.SessionStart}} {
		d.Before(e)
	}
	for i := range 200_000 {
		d.After(question(fmt.Sprintf("n%d.test", i), audit.Deny))
	}
	for _, e := range []*Event{question("a.test", audit.Allow), question("b.test", audit.Allow), question("c.test", audit.Deny), question("c.test", audit.Deny), call(80), call(81), {Name: audit.SessionEnd}} {
		d.After(e)
	}
	f := d.Figures()
	var text strings.Builder
	must(t, f.WriteText(&text, 0))
	for _, want := range []string{"New denied names (1)\n", "     2  c.test", "New calls (1)\n", "tcp 192.0.2.7:81", "New allowed names (1)\n", "b.test"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in %s", want, text.String())
		}
	}
	if !f.Any() || strings.HasPrefix(text.String(), "\n") {
		t.Errorf("%q", text.String())
	}
	none := NewDiff()
	none.Before(call(80))
	none.After(call(80))
	text.Reset()
	f = none.Figures()
	must(t, f.WriteText(&text, 0))
	if f.Any() || text.String() != "Nothing is asked that was not before.\n" {
		t.Errorf("%q", text.String())
	}
}
