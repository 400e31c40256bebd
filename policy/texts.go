package policy

import "strings"

// texts keeps texts of a file next to each other: one allocation for many.
type texts struct{ strings.Builder }

func (t *texts) keep(text []byte) string {
	start := t.Len()
	_, _ = t.Write(text) // it takes everything
	return t.String()[start:]
}
