package review

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
)

// Options are what a [Reader] may be told. The zero value is good.
type Options struct {
	Filter *Filter   // nil lets every event through
	Stdin  io.Reader // for "-"; nil means [os.Stdin]
}

// Reader reads events. It is for one goroutine, once.
type Reader struct {
	opts    Options
	sources []Source

	total    int64
	done     atomic.Int64
	seen     int // lines
	events   int
	problems Problems
	errs     []error
}

// Open makes a reader of sources, which are read in their order. No file is opened yet.
func Open(sources []Source, opts Options) *Reader {
	r := &Reader{opts: opts, sources: sources, total: Size(sources)}
	if r.opts.Stdin == nil {
		r.opts.Stdin = os.Stdin
	}
	return r
}

// Progress says how many bytes of how many have been read; the second is 0 where that is not known. It may be called at any time.
func (r *Reader) Progress() (done, total int64) { return r.done.Load(), r.total }

// Lines is how many lines there were, of those whose events [Reader.Events] has given; so is what Passed and Problems say.
func (r *Reader) Lines() int { return r.seen }

// Passed is how many events the filter let through.
func (r *Reader) Passed() int { return r.events }

// Problems says of which lines there is nothing to tell.
func (r *Reader) Problems() *Problems { return &r.problems }

// Err is why files could not be read, or not to their end.
func (r *Reader) Err() error { return errors.Join(r.errs...) }

// Events gives the events in the order of the sources and their lines. An event is good until the next; see [Event.Clone].
func (r *Reader) Events() iter.Seq[*Event] {
	return func(yield func(*Event) bool) {
		p := newPipeline(r)
		defer p.stop()
		for b := range p.ordered {
			<-b.decoded
			r.take(b)
			for i := range b.events {
				if !yield(&b.events[i]) {
					return
				}
			}
			p.free(b)
		}
	}
}

// take adds up what is known of a block.
func (r *Reader) take(b *block) {
	r.seen += b.lines
	r.events += len(b.events)
	r.problems.join(&b.problems)
	if b.err != nil {
		r.errs = append(r.errs, b.err)
	}
}

// block is some lines on their way: read, then decoded, then given.
type block struct {
	file  string
	first int
	text  []byte
	long  int // a line that was skipped
	err   error

	decoded  chan struct{}
	events   []Event
	slab     []string // of their arrays
	lines    int
	problems Problems
}

// pipeline is one goroutine that reads, several that decode, and the blocks between them: as many as there are, so that
// memory does not grow.
type pipeline struct {
	r       *Reader
	blank   chan *block
	work    chan *block
	ordered chan *block
	quit    chan struct{}
	running sync.WaitGroup
}

func newPipeline(r *Reader) *pipeline {
	workers := runtime.GOMAXPROCS(0)
	blocks := 2*workers + 2
	p := &pipeline{
		r: r, blank: make(chan *block, blocks), work: make(chan *block, blocks), ordered: make(chan *block, blocks),
		quit: make(chan struct{}),
	}
	for range blocks {
		p.blank <- &block{decoded: make(chan struct{}, 1)}
	}
	p.running.Go(p.read)
	for range workers {
		p.running.Go(p.decode)
	}
	return p
}

// stop ends the goroutines. One that waits for standard input ends when that says something.
func (p *pipeline) stop() {
	close(p.quit)
	for b := range p.ordered {
		<-b.decoded
	}
	p.running.Wait()
}

// free takes a block back.
func (p *pipeline) free(b *block) {
	*b = block{decoded: b.decoded, text: b.text[:0], events: b.events[:0], slab: b.slab[:0]}
	p.blank <- b
}

// read reads all sources.
func (p *pipeline) read() {
	defer close(p.ordered)
	defer close(p.work)
	for _, source := range p.r.sources {
		if !p.readSource(source) {
			return
		}
	}
}

// readSource reads one. False: nobody wants more.
func (p *pipeline) readSource(source Source) bool {
	file, err := source.open(p.r.opts.Stdin, func(n int) { p.r.done.Add(int64(n)) })
	if err != nil {
		return p.send(source, chunk{}, fileError(source, err))
	}
	defer file.Close() //nolint:errcheck // it was only read
	l := lines{in: file}
	for {
		c, err := l.next()
		if err != nil {
			return l.failed() == nil || p.send(source, chunk{}, fileError(source, err))
		}
		if !p.send(source, c, nil) {
			return false
		}
	}
}

// fileError names the file.
func fileError(source Source, err error) error {
	if _, ok := errors.AsType[*os.PathError](err); ok {
		return err
	}
	return fmt.Errorf("read %s: %w", source.Name, err)
}

func (p *pipeline) send(source Source, c chunk, err error) bool {
	select {
	case <-p.quit:
		return false
	case b := <-p.blank:
		b.file, b.first, b.long, b.err = source.Name, c.line, c.long, err
		b.text = append(b.text[:0], c.text...)
		p.work <- b // both have room for every block there is
		p.ordered <- b
		return true
	}
}

// decode decodes blocks.
func (p *pipeline) decode() {
	var d decoder
	for b := range p.work {
		b.decode(&d, &p.r.opts)
		b.decoded <- struct{}{}
	}
}

// errLong is what is wrong with a line that is too long.
var errLong = fmt.Errorf("longer than %d bytes", MaxLine)

// decode finds the events that are wanted. The text is made a string once, which all strings of all events are part of.
func (b *block) decode(d *decoder, opts *Options) {
	if b.long != 0 {
		b.lines++
		b.problems.add(b.file, b.long, errLong)
		return
	}
	text := string(b.text)
	number := b.first - 1
	d.event, d.slab = b.slot(), b.slab
	emit := func(e *Event) {
		if e.File, e.Line = b.file, number; opts.Filter.Match(e) {
			b.events = b.events[:len(b.events)+1]
			d.event = b.slot()
		}
	}
	for line := range splitLines(text) {
		number++
		b.lines++
		if len(line) > MaxLine {
			b.problems.add(b.file, number, errLong)
		} else if line != "" && line != "\r" {
			if err := d.decode(line, emit); err != nil {
				b.problems.add(b.file, number, err)
			}
		}
	}
	b.slab = d.slab
}

// slot is room for an event behind those that there are, which it becomes one of where it is wanted.
func (b *block) slot() *Event {
	n := len(b.events)
	if n == cap(b.events) {
		b.events = append(b.events, Event{})[:n]
	}
	return &b.events[:n+1][n]
}
