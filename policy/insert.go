package policy

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/pelletier/go-toml/v2/unstable"
)

// Line is a rule that allows, as a line of a policy file.
type Line struct {
	Pattern string
	Comment string // what stands behind it, or ""
}

// DomainsTable is the table of a policy file's rules; CodexDomainsTable that of a profile of Codex's.
var DomainsTable = []string{"network", "domains"}

// CodexDomainsTable is the table of the rules of a permission profile in Codex's configuration.
func CodexDomainsTable(profile string) []string {
	return []string{"permissions", profile, "network", "domains"}
}

// Insert adds rules that allow to the text of a file, in the table that holds its rules: every byte that was there is still there, in
// its order. They come after the table's last rule, in the way that it is written; in a table in braces, which has no room for
// comments, they come first and without; and where there is no such table, one is added at the end. The error is an [*Error]: of a file
// that is no TOML, or that has one of the patterns already.
func Insert(name string, data []byte, table []string, lines []Line) ([]byte, error) {
	before, err := codexTree(name, data)
	if err != nil {
		return nil, err
	}
	want := map[string]string{}
	for _, l := range lines {
		if before.child(table...).child(l.Pattern) != nil || want[l.Pattern] != "" {
			return nil, &Error{Origin: before.origin, Msg: fmt.Sprintf("%s is there already", quote(cut(l.Pattern)))}
		}
		want[l.Pattern] = Allow.String()
	}
	if len(lines) == 0 {
		return slices.Clone(data), nil
	}
	gap := findGap(data, table)
	result := slices.Concat(data[:gap.at], []byte(gap.text(data, lines)), data[gap.at:])
	if len(result) > MaxFile {
		return nil, tooLarge(name)
	}
	after, err := codexTree(name, result)
	if err != nil || !after.without(table, want).equal(before.without(table, nil)) {
		msg := fmt.Sprintf("there is no place in it for a table [%s]", joined(table))
		return nil, &Error{Origin: before.origin, Msg: msg, Accepted: "write the rules into it by hand", Err: err}
	}
	return result, nil
}

// gap is a place in a file where rules fit in.
type gap struct {
	at     int
	braces bool   // behind an opening one
	last   bool   // nothing follows in these braces
	prefix string // of each line: blanks, and the part of a dotted key that leads to the table
	header string // to be written before
}

// finder looks for the best gap.
type finder struct {
	data   []byte
	table  []string
	header []string // where the parser is
	found  *gap
}

func findGap(data []byte, table []string) gap {
	f := &finder{data: slices.Clip(data), table: table}
	var p unstable.Parser
	p.Reset(f.data)
	for p.NextExpression() {
		f.expression(p.Expression())
	}
	if f.found == nil {
		return gap{at: len(data), header: "[" + joined(table) + "]"}
	}
	return *f.found
}

func (f *finder) expression(node *unstable.Node) {
	if node.Kind == unstable.KeyValue {
		f.pair(node, f.header)
		return
	}
	f.header, _ = keyOf(node)
	if slices.Equal(f.header, f.table) {
		key := lastKey(node).Raw
		f.found = &gap{at: f.lineEnd(int(key.Offset + key.Length))}
	}
}

// pair looks at a key with its value, in the table at base.
func (f *finder) pair(node *unstable.Node, base []string) {
	parts, _ := keyOf(node)
	path := slices.Concat(base, parts)
	above := len(path) - 1
	switch {
	case above == len(f.table) && slices.Equal(path[:above], f.table): // a rule
		f.found = &gap{at: f.lineEnd(int(node.Raw.Offset + node.Raw.Length)), prefix: f.prefix(node)}
	case node.Value().Kind == unstable.InlineTable && len(path) <= len(f.table) && slices.Equal(path, f.table[:len(path)]):
		f.braces(node.Value(), path)
	}
}

// braces looks at a table in braces, which is the one that is sought or above it.
func (f *finder) braces(table *unstable.Node, path []string) {
	here := &gap{at: int(table.Raw.Offset) + 1, braces: true, last: true}
	if rest := f.table[len(path):]; len(rest) > 0 {
		here.prefix = joined(rest) + "."
	}
	f.found = here
	for children := table.Children(); children.Next(); {
		here.last = false
		parts, _ := keyOf(children.Node())
		inner := slices.Concat(path, parts)
		if children.Node().Value().Kind == unstable.InlineTable && len(inner) <= len(f.table) && slices.Equal(inner, f.table[:len(inner)]) {
			f.braces(children.Node().Value(), inner)
			return
		}
	}
}

// prefix is what stands in a rule's line before its pattern.
func (f *finder) prefix(node *unstable.Node) string {
	start := int(node.Raw.Offset)
	line := bytes.LastIndexByte(f.data[:start], '\n') + 1
	return string(f.data[line:lastKey(node).Raw.Offset])
}

// lineEnd is where the line after that of an offset begins.
func (f *finder) lineEnd(offset int) int {
	if end := bytes.IndexByte(f.data[offset:], '\n'); end >= 0 {
		return offset + end + 1
	}
	return len(f.data)
}

// text is what is put into a gap.
func (g *gap) text(data []byte, lines []Line) string {
	var w writer
	if g.braces {
		for i, l := range lines {
			w.printf(" %s%s = %s", g.prefix, quote(l.Pattern), quote(Allow.String()))
			if i < len(lines)-1 || !g.last {
				w.printf(",")
			}
		}
		if g.last {
			w.printf(" ")
		}
		return w.String()
	}
	end := lineEnding(data)
	if g.at > 0 && data[g.at-1] != '\n' {
		w.printf("%s", end)
	}
	if g.header != "" && g.at > 0 {
		w.printf("%s", end)
	}
	if g.header != "" {
		w.printf("%s%s", g.header, end)
	}
	for _, l := range lines {
		w.printf("%s%s%s", g.prefix, l, end)
	}
	return w.String()
}

// lineEnding is how the first line of a file ends.
func lineEnding(data []byte) string {
	if first := bytes.IndexByte(data, '\n'); first > 0 && data[first-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// String is the line, as it stands in the table of the rules.
func (l Line) String() string {
	text := quote(l.Pattern) + " = " + quote(Allow.String())
	if l.Comment != "" {
		text += " # " + remark(l.Comment)
	}
	return text
}

// remark is what a comment may hold.
func remark(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// without is a tree less some strings of a table, and less the tables on the way there that nothing is left in.
func (n *codexNode) without(table []string, strings map[string]string) *codexNode {
	if n == nil || n.table == nil {
		return n
	}
	less := newCodexTable(n.origin)
	for key, value := range n.table {
		switch {
		case len(table) == 0 && value.kind == unstable.String && strings[key] != "" && strings[key] == value.text:
		case len(table) > 0 && key == table[0]:
			if value = value.without(table[1:], strings); value.table == nil || len(value.table) > 0 {
				less.table[key] = value
			}
		default:
			less.table[key] = value
		}
	}
	return less
}

// equal compares what two trees say, wherever it is written.
func (n *codexNode) equal(o *codexNode) bool {
	if n.kind != o.kind || n.text != o.text || len(n.table) != len(o.table) || len(n.items) != len(o.items) {
		return false
	}
	for key, value := range n.table {
		if o.table[key] == nil || !value.equal(o.table[key]) {
			return false
		}
	}
	for i, item := range n.items {
		if !item.equal(o.items[i]) {
			return false
		}
	}
	return true
}
