package policy

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/pelletier/go-toml/v2/unstable"
)

// deepestCodex is how deep values may be nested, as for Codex.
const deepestCodex = 80

var errDeep = fmt.Errorf("nested more than %d deep", deepestCodex)

// codexNode is a value of a file of Codex's.
type codexNode struct {
	origin Origin // of the last part of its key, or of the value in an array
	kind   unstable.Kind
	text   string                // of a string or a boolean
	items  []*codexNode          // of an array
	table  map[string]*codexNode // of a table; not nil
}

func newCodexTable(origin Origin) *codexNode {
	return &codexNode{origin: origin, kind: unstable.Table, table: map[string]*codexNode{}}
}

// child is the value of a key, or nil: of what is no table, too.
func (n *codexNode) child(path ...string) *codexNode {
	for _, key := range path {
		if n == nil {
			return nil
		}
		n = n.table[key]
	}
	return n
}

// what says what a value is.
func (n *codexNode) what() string {
	switch word := kindWords[n.kind]; {
	case n.kind == unstable.Table:
		return kindWords[unstable.InlineTable]
	case word == "":
		return "a date or time"
	default:
		return word
	}
}

// overlay merges as Codex does: tables key by key, domains by what they are to it, and other values in place of what was.
func (n *codexNode) overlay(over *codexNode, path ...string) *codexNode {
	switch {
	case n == nil || n.table == nil || over.table == nil:
		return over
	case len(path) == 4 && path[0] == "permissions" && path[2] == "network" && path[3] == "domains":
		return over.over(n)
	}
	merged := newCodexTable(n.origin)
	maps.Copy(merged.table, n.table)
	for key, value := range over.table {
		merged.table[key] = merged.table[key].overlay(value, slices.Concat(path, []string{key})...)
	}
	return merged
}

// codexTree reads a whole file of TOML. The error is an [*Error].
func codexTree(name string, data []byte) (*codexNode, error) {
	if len(data) > MaxFile {
		return nil, tooLarge(name)
	}
	data = slices.Clip(data)
	t := &codexReader{
		reader: reader{data: data, places: newPlaces(name, data), defined: tables{}},
		root:   newCodexTable(Origin{File: name}), arrays: map[string]int{},
	}
	t.current = t.root
	var p unstable.Parser
	p.Reset(data)
	for p.NextExpression() {
		if err := t.expression(p.Expression()); err != nil {
			return nil, err
		}
	}
	if err := p.Error(); err != nil {
		return nil, t.syntax(err)
	}
	return t.root, nil
}

// codexReader reads one file into a tree.
type codexReader struct {
	reader
	root, current *codexNode
	arrays        map[string]int // elements of each array of tables, by its joined path
}

func (t *codexReader) expression(node *unstable.Node) error {
	path, offsets := keyOf(node)
	if node.Kind == unstable.KeyValue {
		return t.pair(node, t.table, t.current)
	}
	if len(path) > deepestCodex {
		return t.fail(offsets[deepestCodex], errDeep.Error(), "")
	}
	indexed := t.indexed(path)
	key, array := joined(indexed), node.Kind == unstable.ArrayTable
	if !array || t.arrays[key] == 0 {
		if array && t.defined[key] != 0 {
			return t.fail(offsets[0], key+" is already defined", "")
		}
		if problem := t.defined.header(indexed); problem != "" {
			return t.fail(offsets[0], problem, "")
		}
	}
	table := t.root
	last := len(path) - 1
	for i, part := range path[:last] {
		table = table.descend(part, t.places.at(offsets[i]))
	}
	if array {
		t.arrays[key]++
		table.appendTable(path[last], t.places.at(offsets[last]))
		indexed = append(indexed, strconv.Itoa(t.arrays[key]))
	}
	t.current, t.table = table.descend(path[last], t.places.at(offsets[last])), indexed
	return nil
}

// indexed is a path with the number of the last element after each array of tables, so that each element is another table.
func (t *codexReader) indexed(path []string) []string {
	var indexed []string
	for i, part := range path {
		if n := t.arrays[joined(indexed)]; n > 0 && i > 0 {
			indexed = append(indexed, strconv.Itoa(n))
		}
		indexed = append(indexed, part)
	}
	return indexed
}

// descend is the table of a key, made where there is none, or the last one of an array.
func (n *codexNode) descend(key string, origin Origin) *codexNode {
	next := n.table[key]
	switch {
	case next == nil:
		next = newCodexTable(origin)
		n.table[key] = next
	case next.kind == unstable.Array && len(next.items) > 0:
		return next.items[len(next.items)-1]
	}
	return next
}

// appendTable puts another table into the array of a key.
func (n *codexNode) appendTable(key string, origin Origin) {
	array := n.table[key]
	if array == nil {
		array = &codexNode{origin: origin, kind: unstable.Array}
		n.table[key] = array
	}
	array.items = append(array.items, newCodexTable(origin))
}

// pair reads "key = value" within a table.
func (t *codexReader) pair(node *unstable.Node, base []string, table *codexNode) error {
	parts, offsets := keyOf(node)
	path := slices.Concat(base, parts)
	last := len(parts) - 1
	if len(path) > deepestCodex {
		return t.fail(offsets[0], errDeep.Error(), "")
	}
	if problem := t.defined.keyValue(path, len(base)); problem != "" {
		return t.fail(offsets[last], problem, "")
	}
	for i, key := range parts[:last] {
		table = table.descend(key, t.places.at(offsets[i]))
	}
	value, err := t.value(node.Value(), path, t.places.at(offsets[last]))
	if err == nil {
		table.table[parts[last]] = value
	}
	return err
}

func (t *codexReader) value(node *unstable.Node, path []string, origin Origin) (*codexNode, error) {
	value := &codexNode{origin: origin, kind: node.Kind}
	switch node.Kind {
	case unstable.String, unstable.Bool:
		value.text = string(node.Data)
	case unstable.InlineTable:
		value = newCodexTable(origin)
		for children := node.Children(); children.Next(); {
			if err := t.pair(children.Node(), path, value); err != nil {
				return nil, err
			}
		}
	case unstable.Array:
		if len(path) > deepestCodex {
			return nil, &Error{Origin: origin, Msg: errDeep.Error()}
		}
		for children := node.Children(); children.Next(); {
			inner := slices.Concat(path, []string{fmt.Sprint(len(value.items))})
			item, err := t.value(children.Node(), inner, origin)
			if err != nil {
				return nil, err
			}
			value.items = append(value.items, item)
		}
	default: // nobody asks what it is
	}
	return value, nil
}
