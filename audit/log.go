package audit

import (
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"
)

// Options are what a [Log] may be told. The zero value is good.
type Options struct {
	Conversation string        // put into events that name none
	Session      string        // put into events that name none
	Window       time.Duration // for retries to fold in; zero means [DefaultWindow], below zero that none fold
	Patience     time.Duration // for a reader to take a line; zero means [DefaultPatience]
}

// Log is an open audit log; make one with [Open]. A nil *Log takes every event and writes nothing. Its methods may be
// called by several goroutines at once.
type Log struct {
	name string
	opts Options

	mu     sync.Mutex
	out    *sink
	fold   *folder
	buf    []byte
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
	now := time.Now()
	l.complete(&e, now)
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

// Close writes the counts that are still held, syncs the file and closes it. Later calls do nothing.
func (l *Log) Close() error {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	l.closed = true
	if l.timer != nil {
		l.timer.Stop()
	}
	err := l.drain(func(time.Time) bool { return true })
	if err = errors.Join(err, l.out.close()); err != nil {
		return l.failed(err)
	}
	return nil
}

// complete fills in what e leaves to the log.
func (l *Log) complete(e *Event, now time.Time) {
	if e.Time.IsZero() {
		e.Time = now
	}
	if e.Conversation == "" {
		e.Conversation = l.opts.Conversation
	}
	if e.Session == "" {
		e.Session = l.opts.Session
	}
}

// record writes a first event, and remembers its key only once it is written.
func (l *Log) record(e *Event, now time.Time) error {
	if !l.fold.foldable(e) {
		return l.write(e, 1)
	}
	if l.fold.full() {
		if err := l.drain(func(time.Time) bool { return l.fold.full() }); err != nil {
			return err
		}
	}
	if err := l.write(e, 1); err != nil {
		return err
	}
	l.fold.remember(e.Key, now)
	return nil
}

// settle writes the counts whose window has ended.
func (l *Log) settle(now time.Time) error {
	return l.drain(func(end time.Time) bool { return !now.Before(end) })
}

// drain writes and forgets keys, oldest first, for as long as due says so of the end of their window.
func (l *Log) drain(due func(end time.Time) bool) error {
	for {
		r, end, ok := l.fold.oldest()
		if !ok || !due(end) {
			return nil
		}
		if r.count > 1 {
			if err := l.write(&r.last, r.count); err != nil {
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

// write keeps a byte in front of the line for the newline that a torn one needs.
func (l *Log) write(e *Event, count int) error {
	l.buf = appendLine(append(l.buf[:0], '\n'), e, count)
	return l.out.put(l.buf)
}

func (l *Log) failed(err error) error {
	return fmt.Errorf("audit log %s: %w", Escape(l.name), err)
}
