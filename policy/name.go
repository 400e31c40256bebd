package policy

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/ascii"
)

const (
	maxName   = 253          // characters of a name without its trailing dot, RFC 1035 section 2.3.4
	maxLabel  = 63           // octets of a label
	maxULabel = 4 * maxLabel // bytes of a label that is not ASCII
	maxText   = 2048         // bytes that a user may write for a name: U-labels are longer than their A-labels
)

// uLabels is UTS 46 as for a lookup, but with the underscore and other ASCII left to inspect.
var uLabels = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.CheckHyphens(false),
	idna.StrictDomainName(false), idna.Transitional(false))

var errInvalidUTF8 = errors.New("it is not valid UTF-8")

// NameError says why a text is no host name.
type NameError struct {
	Name    string // as it was written, maybe cut
	Problem string // "',' is not allowed in a name"
	Err     error  // the cause, or nil
}

func (e *NameError) Error() string { return fmt.Sprintf("name %q: %s", e.Name, e.Problem) }

// Unwrap returns the cause, or nil.
func (e *NameError) Unwrap() error { return e.Err }

// Hint says what is accepted.
func (e *NameError) Hint() string {
	return "a name is labels of letters, digits, '-' and '_' with dots between them, such as example.com"
}

// Normalise turns a host name as users or DNS clients write it into lower-case A-labels without a trailing dot; "." and
// "" are the root, "". The error is a [*NameError]: escapes, odd octets, empty or long labels, and more than 253
// characters. It is not for unescaped octets out of a DNS message, see the package's section on names.
func Normalise(name string) (string, error) {
	ascii, err := toASCII(name)
	if err != nil {
		return "", &NameError{Name: cut(name), Problem: err.Error(), Err: err}
	}
	ascii = strings.TrimSuffix(ascii, ".")
	if f := inspect(ascii, false); f.kind != sound {
		return "", &NameError{Name: cut(name), Problem: f.String()}
	}
	return ascii, nil
}

// toASCII lower-cases and maps U-labels, label by label, so that one label never changes how another is read.
func toASCII(name string) (string, error) {
	if len(name) > maxText {
		return "", fmt.Errorf("it is longer than %d bytes", maxText)
	}
	if isASCII(name) {
		return strings.ToLower(name), nil
	}
	// The replacement character would make one name of all invalid texts.
	if strings.ContainsRune(name, utf8.RuneError) || !utf8.ValidString(name) {
		return "", errInvalidUTF8
	}
	labels := strings.Split(name, ".")
	for i, label := range labels {
		if isASCII(label) {
			labels[i] = strings.ToLower(label)
			continue
		}
		if len(label) > maxULabel {
			return "", fmt.Errorf("the label %q is longer than %d bytes", cut(label), maxULabel)
		}
		if strings.ContainsAny(label, "*?") {
			return "", fmt.Errorf("the label %q mixes a glob with letters beyond ASCII", cut(label))
		}
		mapped, err := uLabels.ToASCII(label)
		if err != nil {
			return "", fmt.Errorf("the label %q cannot be encoded: %w", cut(label), err)
		}
		if strings.ContainsAny(mapped, "*?") {
			return "", fmt.Errorf("the label %q holds a character that stands for a glob", cut(label))
		}
		labels[i] = mapped
	}
	return strings.Join(labels, "."), nil
}

// fold is the part of Normalise that is safe on any text: ASCII case and one trailing dot. It reports whether the
// result is a normalised name, and does not allocate for what is one already.
func fold(name string) (string, bool) {
	if inspect(name, false).kind == sound {
		return name, true
	}
	folded := strings.TrimSuffix(ascii.Lower(name), ".")
	return folded, inspect(folded, false).kind == sound
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// cut bounds what an error repeats.
func cut(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	end := most
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}
