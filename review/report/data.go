package report

import (
	"bufio"
	"cmp"
	"slices"
	"strconv"
	"time"
)

// object writes an object of JSON. What fails shows when the writer is flushed.
type object struct {
	out  *bufio.Writer
	many bool // it has a member
}

func (o *object) open() { o.raw("{"); o.many = false }

func (o *object) close() { o.raw("}"); o.many = true }

func (o *object) raw(s string) { _, _ = o.out.WriteString(s) } // the writer remembers what failed

func (o *object) key(name string) {
	if o.many {
		o.raw(",")
	}
	o.many = true
	o.raw(`"` + name + `":`)
}

func (o *object) number(name string, v int64) {
	o.key(name)
	o.raw(strconv.FormatInt(v, 10))
}

func (o *object) text(name, v string) {
	o.key(name)
	_, _ = o.out.Write(quote(v)) // as in raw
}

// list writes an array.
func list[T any](o *object, name string, all []T, one func(T) []byte) {
	o.key(name)
	o.raw("[")
	for i, v := range all {
		if i > 0 {
			o.raw(",")
		}
		_, _ = o.out.Write(one(v)) // as in raw
	}
	o.raw("]")
}

// numbers writes an array of numbers.
func numbers[T any](o *object, name string, all []T, one func(T) int64) {
	var buf []byte
	list(o, name, all, func(v T) []byte {
		buf = strconv.AppendInt(buf[:0], one(v), 10)
		return buf
	})
}

// data writes what the page's script reads.
func (r *Report) data(out *bufio.Writer) error {
	o := &object{out: out}
	kept := slices.SortedFunc(slices.Values(r.kept), func(a, b *entry) int {
		return cmp.Or(cmp.Compare(a.time, b.time), cmp.Compare(a.seen, b.seen))
	})
	texts := r.texts.sorted()
	processes := r.processes.sorted()
	o.open()
	r.made(o)
	r.timeline(o)
	list(o, "texts", texts, func(t *text) []byte { return t.quoted })
	writeProcesses(o, processes)
	writeEvents(o, kept)
	o.close()
	return out.Flush()
}

func (r *Report) made(o *object) {
	now := r.opts.Now
	if now.IsZero() {
		now = time.Now()
	}
	o.key("made")
	o.open()
	o.text("by", r.opts.By)
	o.number("at", now.UnixMilli())
	o.close()
	o.key("total")
	o.open()
	o.number("lines", int64(r.seen))
	for v, name := range verdictNames {
		o.number(name, r.total[v])
	}
	o.close()
	o.number("skipped", r.skipped)
}

// verdictNames are what the page's script calls them.
var verdictNames = [...]string{denied: "denied", would: "would", allowed: "allowed"}

func (r *Report) timeline(o *object) {
	var all []*totals
	if len(r.line.counts) > 0 {
		for bar := r.line.low; bar <= r.line.high; bar++ {
			counts := r.line.counts[bar]
			if counts == nil {
				counts = &totals{}
			}
			all = append(all, counts)
		}
	}
	o.key("line")
	o.open()
	o.number("start", r.line.low*r.line.width)
	o.number("width", r.line.width)
	for v, name := range verdictNames {
		numbers(o, name, all, func(t *totals) int64 { return t[v] })
	}
	o.close()
}

func writeProcesses(o *object, all []*process) {
	o.key("processes")
	o.open()
	numbers(o, "pid", all, func(p *process) int64 { return int64(p.pid) })
	numbers(o, "parent", all, func(p *process) int64 {
		if p.up == nil {
			return -1
		}
		return int64(p.up.index)
	})
	numbers(o, "executable", all, func(p *process) int64 { return int64(p.executable.index) })
	numbers(o, "command", all, func(p *process) int64 { return int64(p.command.index) })
	o.close()
}

func writeEvents(o *object, all []*entry) {
	o.key("events")
	o.open()
	before := int64(0)
	numbers(o, "time", all, func(e *entry) int64 {
		step := e.time - before
		before = e.time
		return step
	})
	values(o, "decision", all, func(e *entry) int64 { return int64(e.verdict) })
	for c, name := range columnNames {
		values(o, name, all, func(e *entry) int64 { return int64(e.texts[c].index) })
	}
	values(o, "port", all, func(e *entry) int64 { return int64(e.port) })
	values(o, "count", all, func(e *entry) int64 { return e.count })
	values(o, "took", all, func(e *entry) int64 { return e.took })
	values(o, "process", all, func(e *entry) int64 { return int64(e.process.index) })
	o.close()
}

// values writes a column of events: where all have one value it is that alone, which is read faster.
func values(o *object, name string, all []*entry, one func(*entry) int64) {
	if len(all) > 0 && !slices.ContainsFunc(all, func(e *entry) bool { return one(e) != one(all[0]) }) {
		o.number(name, one(all[0]))
		return
	}
	numbers(o, name, all, one)
}
