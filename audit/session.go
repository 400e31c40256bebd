package audit

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"time"
)

// Start is what the first event of a session tells: what decides, and for whom. Zero values are left out of the line.
type Start struct {
	Version      string   // of this program
	PolicyDigest string   // of the policy that was loaded
	Observe      bool     // every name is allowed, and what the policy would have denied is marked
	Command      []string // that is run
	Listen       string   // the path of the socket that a forwarder answers at

	random string
}

// Ending is how a session ended. Zero values are left out of the line, but for an exit status.
type Ending struct {
	Exited bool   // the command did, with Code
	Code   int    // its exit status
	Signal string // the name of the one that ended the command
	Error  string // why the session itself failed

	events uint64
}

// Start writes the first event of the session. On an error there is no log, and nothing may be run.
func (l *Log) Start(s Start) error {
	if l == nil {
		return nil
	}
	s.random = randomHex()
	return l.Record(Event{Name: SessionStart, start: &s})
}

// End writes the counts that are still held and the last event of the session, and closes the log as [Log.Close] does.
func (l *Log) End(how Ending) error { return l.close(&how) }

// Close writes the counts that are still held, syncs the file and closes it; a session without an end looks killed. Later
// calls do nothing.
func (l *Log) Close() error { return l.close(nil) }

func (l *Log) close(how *Ending) error {
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
	now := time.Now()
	err := l.drain(now, func(time.Time) bool { return true })
	if err == nil && how != nil {
		err = l.writeEnd(*how, now)
	}
	if err = errors.Join(err, l.out.close()); err != nil {
		return l.failed(err)
	}
	return nil
}

// writeEnd counts the lines that are in the log, and the last one with them.
func (l *Log) writeEnd(how Ending, now time.Time) error {
	how.events = l.chain.sequence + 1
	return l.write(&Event{Name: SessionEnd, Time: now, end: &how}, 1, now)
}

// randomHex is 256 bits that nobody can foresee.
func randomHex() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // it never fails
	return hex.EncodeToString(b[:])
}
