package policy

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2/unstable"
)

// kindWords say what a value is; what is not listed is a date or a time.
var kindWords = map[unstable.Kind]string{
	unstable.String: "a string", unstable.Integer: "an integer", unstable.Float: "a float", unstable.Bool: "a boolean",
	unstable.Array: "an array", unstable.InlineTable: "a table",
}

func (r *reader) wrongType(e entry, want string) *Error {
	got := kindWords[e.value.Kind]
	if got == "" {
		got = "a date or time"
	}
	return r.fail(e.at, fmt.Sprintf("%s must be %s, not %s", cut(e.name()), want, got), knownTables[joined(e.table)])
}

func (r *reader) text(e entry) (string, error) {
	if e.value.Kind != unstable.String {
		return "", r.wrongType(e, "a string")
	}
	return string(e.value.Data), nil
}

func (r *reader) integer(e entry) (int64, error) {
	digits := strings.ReplaceAll(string(e.value.Data), "_", "")
	n, err := strconv.ParseInt(digits, 0, 64)
	if err != nil {
		failure := r.fail(e.at, fmt.Sprintf("%s is out of range", cut(string(e.value.Data))), "")
		failure.Err = err
		return 0, failure
	}
	return n, nil
}

// count reads an integer within bounds.
func (r *reader) count(e entry, least, most int, accepted string) (int, error) {
	if e.value.Kind != unstable.Integer {
		return 0, r.wrongType(e, "an integer")
	}
	n, err := r.integer(e)
	if err != nil {
		return 0, err
	}
	if n < int64(least) || n > int64(most) {
		return 0, r.fail(e.at, fmt.Sprintf("%s of %d is not between %d and %d", e.name(), n, least, most), accepted)
	}
	return int(n), nil
}

// duration reads "1m30s" or an integer of seconds, within bounds.
func (r *reader) duration(e entry, least, most time.Duration) (*time.Duration, error) {
	accepted := fmt.Sprintf(`a duration from %s to %s, such as "1m30s", or an integer of seconds`, least, most)
	d, err := r.rawDuration(e, most)
	if failure, ok := errors.AsType[*Error](err); ok {
		failure.Accepted = accepted
	}
	if err != nil {
		return nil, err
	}
	if d < least || d > most {
		return nil, r.fail(e.at, fmt.Sprintf("%s of %s is not between %s and %s", e.name(), d, least, most), accepted)
	}
	return &d, nil
}

// rawDuration caps an integer just above most, where its multiple could overflow.
func (r *reader) rawDuration(e entry, most time.Duration) (time.Duration, error) {
	switch e.value.Kind {
	case unstable.String:
		d, err := time.ParseDuration(string(e.value.Data))
		if err != nil {
			failure := r.fail(e.at, fmt.Sprintf("%s: %q is no duration", e.name(), cut(string(e.value.Data))), "")
			failure.Err = err
			return 0, failure
		}
		return d, nil
	case unstable.Integer:
		n, err := r.integer(e)
		limit := int64(most/time.Second) + 1
		return time.Duration(min(max(n, -1), limit)) * time.Second, err
	default:
		return 0, r.wrongType(e, "a duration")
	}
}
