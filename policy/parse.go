package policy

import (
	"errors"
	"fmt"
	"slices"

	"github.com/pelletier/go-toml/v2/unstable"
)

// Parse reads the text of a policy file; name is what origins call it. The error is an [*Error], the first one.
func Parse(name string, data []byte) (*File, error) {
	if len(data) > MaxFile {
		return nil, tooLarge(name)
	}
	data = slices.Clip(data)
	r := &reader{data: data, places: newPlaces(name, data), defined: tables{}, file: &File{}}
	var p unstable.Parser
	p.Reset(data)
	for p.NextExpression() {
		if err := r.expression(p.Expression()); err != nil {
			return nil, err
		}
	}
	if err := p.Error(); err != nil {
		return nil, r.syntax(err)
	}
	if err := r.checkOrders(); err != nil {
		return nil, err
	}
	return r.file, nil
}

// reader reads one file into a File.
type reader struct {
	data    []byte
	kept    texts // keys of rules
	places  *places
	defined tables
	table   []string // of the last header
	ruling  bool     // it is that of the rules
	file    *File
	names   index           // of rules that are a name as it is written
	odd     map[string]bool // keys of the others

	minTTL, minLease int // offsets of the values of min-ttl and min-lease
}

// entry is one key with its value. Of a key with dots it is the last part.
type entry struct {
	table []string // that it stands in
	key   string
	keyAt int // offset of the key
	at    int // offset of the value
	value *unstable.Node
}

// name is what is shown of a key: "dns.timeout".
func (e entry) name() string { return joined(append(slices.Clip(e.table), e.key)) }

func (r *reader) expression(node *unstable.Node) error {
	if node.Kind == unstable.KeyValue {
		if key := node.Value().Next(); r.ruling && key.Next() == nil {
			return r.rule(key, node.Value())
		}
		return r.keyValue(node, r.table)
	}
	path, offsets := keyOf(node)
	switch node.Kind {
	case unstable.ArrayTable:
		return r.fail(offsets[0], fmt.Sprintf("[[%s]]: an array of tables has no meaning here", joined(path)), allTables)
	case unstable.Table:
		if err := r.knownTables(path, offsets, 0); err != nil {
			return err
		}
		if problem := r.defined.header(path); problem != "" {
			return r.fail(offsets[0], problem, "")
		}
		r.table, r.ruling = path, joined(path) == domainsTable
		return nil
	default:
		return r.fail(0, fmt.Sprintf("unexpected %s", node.Kind), allTables)
	}
}

// keyValue reads "key = value" within the table base.
func (r *reader) keyValue(node *unstable.Node, base []string) error {
	parts, offsets := keyOf(node)
	path := slices.Concat(base, parts)
	last := len(parts) - 1
	if err := r.knownTables(path[:len(path)-1], offsets, len(base)); err != nil {
		return err
	}
	keyEnd := lastKey(node).Raw
	e := entry{
		table: path[:len(path)-1], key: parts[last], keyAt: offsets[last],
		at: r.valueOffset(int(keyEnd.Offset + keyEnd.Length)), value: node.Value(),
	}
	if r.isTable(e) {
		return r.inlineTable(e, path, len(base))
	}
	read, err := r.readerOf(path, e)
	if err != nil {
		return err
	}
	if problem := r.defined.keyValue(path, len(base)); problem != "" {
		return r.fail(e.keyAt, problem, "")
	}
	return read(r, e)
}

// isTable tells the tables that are written as values from the keys.
func (r *reader) isTable(e entry) bool {
	name := e.name()
	_, table := knownTables[name]
	_, key := knownKeys[name]
	return table && (!key || e.value.Kind == unstable.InlineTable)
}

// inlineTable reads a table that is written as a value in braces.
func (r *reader) inlineTable(e entry, path []string, base int) error {
	if e.value.Kind != unstable.InlineTable {
		return r.wrongType(e, "a table")
	}
	if problem := r.defined.keyValue(path, base); problem != "" {
		return r.fail(e.keyAt, problem, "")
	}
	for children := e.value.Children(); children.Next(); {
		if err := r.keyValue(children.Node(), path); err != nil {
			return err
		}
	}
	return nil
}

// valueOffset finds the value after the key that ends at offset: the parser notes no place for an array.
func (r *reader) valueOffset(offset int) int {
	for offset < len(r.data) {
		switch r.data[offset] {
		case ' ', '\t', '=':
			offset++
		default:
			return offset
		}
	}
	return offset
}

func (r *reader) fail(offset int, msg, accepted string) *Error {
	return &Error{Origin: r.places.at(offset), Msg: msg, Accepted: accepted}
}

// syntax places an error of the TOML parser, whose highlight is a part of the data.
func (r *reader) syntax(err error) *Error {
	offset := len(r.data)
	if at, ok := errors.AsType[*unstable.ParserError](err); ok && cap(at.Highlight) > 0 {
		offset = cap(r.data) - cap(at.Highlight)
	}
	e := r.fail(offset, "TOML: "+err.Error(), "")
	e.Err = err
	return e
}

// keyOf is the key of a header or a key-value, with the offset of each part.
func keyOf(node *unstable.Node) (parts []string, offsets []int) {
	for key := node.Key(); key.Next(); {
		parts = append(parts, string(key.Node().Data))
		offsets = append(offsets, int(key.Node().Raw.Offset))
	}
	return parts, offsets
}

func lastKey(node *unstable.Node) *unstable.Node {
	var last *unstable.Node
	for key := node.Key(); key.Next(); {
		last = key.Node()
	}
	return last
}
