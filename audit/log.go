package audit

import (
	"fmt"
	"io/fs"
	"sync"
	"time"
)

// Options are what a [Log] may be told. The zero value is good.
type Options struct {
	Conversation string        // put into every event
	Session      string        // put into every event; empty means a random one
	Window       time.Duration // for retries to fold in; zero means [DefaultWindow], below zero that none fold
	Patience     time.Duration // for a reader to take a line; zero means [DefaultPatience]
	Rotation     Rotation
	Notice       func(error) // is told why a file cannot be rotated, once; it must not call the log. Nil: nobody is
}

// Log is an open audit log; make one with [Open]. A nil *Log takes every event and writes nothing. Its methods may be
// called by several goroutines at once.
type Log struct {
	name string
	opts *Options

	mu     sync.Mutex
	out    *sink
	fold   *folder
	chain  chain
	writer writer
	buf    []byte      // the hash before, a newline, the line
	timer  *time.Timer // nil while no count waits for its window to end
	closed bool
}

// Record hands e to the kernel in one line before it returns, or counts it as a retry of one that is there already.
// On an error nothing may be answered; the next Record tries again, so that a disk with room again mends the log.
// After [Log.Close] the error is [fs.ErrClosed].
func (l *Log) Record(e Event) error {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return l.failed(fs.ErrClosed)
	}
	now := e.Time
	if now.IsZero() {
		now = time.Now()
		e.Time = now
	}
	if err := l.settle(now); err != nil {
		return l.failed(err)
	}
	if l.fold.foldable(&e) && l.fold.retry(&e) {
		l.arm(now)
		return nil
	}
	if err := l.record(&e, now); err != nil {
		return l.failed(err)
	}
	return nil
}

// record writes a first event, and remembers its key only once it is written.
func (l *Log) record(e *Event, now time.Time) error {
	if !l.fold.foldable(e) {
		return l.write(e, 1, now)
	}
	if l.fold.full() {
		if err := l.drain(now, func(time.Time) bool { return l.fold.full() }); err != nil {
			return err
		}
	}
	if err := l.write(e, 1, now); err != nil {
		return err
	}
	l.fold.remember(e.Key, now)
	return nil
}

// settle writes the counts whose window has ended.
func (l *Log) settle(now time.Time) error {
	return l.drain(now, func(end time.Time) bool { return !now.Before(end) })
}

// drain writes and forgets keys, oldest first, for as long as due says so of the end of their window.
func (l *Log) drain(now time.Time, due func(end time.Time) bool) error {
	for {
		r, end, ok := l.fold.oldest()
		if !ok || !due(end) {
			return nil
		}
		if r.count > 1 {
			if err := l.write(r.last, r.count, now); err != nil {
				return err // the key stays, and its count with it
			}
		}
		l.fold.forget()
	}
}

// arm sets the timer for the oldest window while there are counts to write.
func (l *Log) arm(now time.Time) {
	if l.timer != nil || l.fold.held == 0 {
		return
	}
	if _, end, ok := l.fold.oldest(); ok {
		l.timer = time.AfterFunc(end.Sub(now), l.windowEnded)
	}
}

// windowEnded is the timer's. A failure shows in the next Record or in Close, which find the count still there.
func (l *Log) windowEnded() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	l.timer = nil
	now := time.Now()
	if err := l.settle(now); err == nil {
		l.arm(now)
	}
}

// write hands one line to the kernel. The chain goes on from it only where it is whole there.
func (l *Log) write(e *Event, count int, now time.Time) error {
	l.compose(e, count)
	rotated, err := l.out.ready(len(l.buf)-hashLen, now)
	if err != nil {
		return err
	}
	if rotated {
		l.out.rotation.began(l.chain.sequence + 1)
		l.chain.kept = l.out.rotation.kept()
		l.compose(e, count)
	}
	whole, err := l.out.put(l.buf[hashLen:])
	if whole {
		l.chain.advance()
	}
	return err
}

func (l *Log) compose(e *Event, count int) {
	l.buf = l.chain.seal(l.writer.appendEvent(l.chain.start(l.buf[:0]), e, count))
}

func (l *Log) failed(err error) error {
	return fmt.Errorf("audit log %s: %w", Escape(l.name), err)
}
