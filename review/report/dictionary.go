package report

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
)

// text is one text of the page, which many events may have.
type text struct {
	key    string // as the events have it, cut
	quoted []byte // as JSON
	shown  string
	used   int
	index  int // in the page
}

// dictionary has each text once, for as long as an event has it.
type dictionary struct {
	texts map[string]*text
	bytes int // of all as JSON
}

// take finds the text of s, and makes it where there is none.
func (d *dictionary) take(s string) *text {
	s = cut(s)
	t := d.texts[s]
	if t == nil {
		t = &text{key: strings.Clone(s)}
		t.shown = cut(audit.Show(t.key))
		t.quoted = quote(t.shown)
		if d.texts == nil {
			d.texts = map[string]*text{}
		}
		d.texts[t.key] = t
		d.bytes += len(t.quoted) + len(",")
	}
	t.used++
	return t
}

// drop gives a text back.
func (d *dictionary) drop(t *text) {
	if t.used--; t.used == 0 {
		delete(d.texts, t.key)
		d.bytes -= len(t.quoted) + len(",")
	}
}

// sorted numbers the texts in their order, with the empty one first.
func (d *dictionary) sorted() []*text {
	all := make([]*text, 0, len(d.texts))
	for _, t := range d.texts {
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b *text) int {
		if c := strings.Compare(a.shown, b.shown); c != 0 {
			return c
		}
		return strings.Compare(a.key, b.key)
	})
	for i, t := range all {
		t.index = i
	}
	return all
}

// quote is a string of JSON that a script element of HTML can hold: <, >, & and the separators that JavaScript takes for ends
// of lines are escaped.
func quote(s string) []byte {
	quoted, err := json.Marshal(s)
	if err != nil {
		return []byte(`""`) // no string fails
	}
	return quoted
}

// cut shortens to whole code points, and [MaxString].
func cut(s string) string {
	const mark = "…"
	if len(s) <= MaxString {
		return s
	}
	end := MaxString - len(mark)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + mark
}
