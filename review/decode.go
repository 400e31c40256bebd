package review

import (
	"errors"
	"strings"
)

// Why a line is none of an event's.
var (
	errNotJSON = errors.New("not JSON")
	errForeign = errors.New("no event of ours or of Codex's network proxy")
)

// decoder reads lines. It is one goroutine's.
type decoder struct {
	clock clock
	event *Event   // what is read next is put there
	line  flat     // of the line that is being read
	slab  []string // what arrays are made of
}

// decode gives the events of a line to emit, which must not keep them; their strings may share the line's memory.
func (d *decoder) decode(line string, emit func(*Event)) error {
	if d.event == nil {
		d.event = new(Event)
	}
	if d.flat(line) {
		if !d.event.finish() {
			return errForeign
		}
		emit(d.event)
		return nil
	}
	return d.slow(line, emit)
}

// flat reads a line that is as we write it. False: it is something else, or it has to be looked at closely.
func (d *decoder) flat(line string) bool {
	if !strings.HasPrefix(line, `{"event.name":"`) {
		return false
	}
	f := &d.line
	if !f.begin(line[1:]) {
		return false
	}
	f.slab = &d.slab
	*d.event = Event{}
	for {
		key, ok := f.string()
		if !ok || !f.take(':') {
			return false
		}
		known, ok := d.event.set(key, f, &d.clock)
		if !ok || !known && !f.skip() {
			return false
		}
		if f.take('}') {
			return f.at == len(f.text)
		}
		if !f.take(',') {
			return false
		}
	}
}

// skip passes over the value of a key that is not known.
func (f *flat) skip() (ok bool) {
	switch f.peek() {
	case '"':
		_, ok = f.string()
	case '[':
		_, ok = f.strings()
	case 't', 'f':
		_, ok = f.bool()
	default:
		_, ok = f.number()
	}
	return ok
}
