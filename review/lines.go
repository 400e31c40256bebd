package review

import (
	"bytes"
	"errors"
	"io"
	"iter"
	"strings"
)

// MaxLine is how many bytes a line may have to be looked at, with its newline. Lines of ours have at most [audit.MaxLine].
const MaxLine = 1 << 20

// blockSize is about how many bytes of lines are decoded at once.
const blockSize = 256 << 10

// chunk is some whole lines, or the last of a file without its newline.
type chunk struct {
	text []byte // the reader's, until it is asked for the next
	line int    // number of the first
	long int    // if not 0, there are none, and the line of this number was skipped
}

// lines cuts a file into chunks.
type lines struct {
	in   io.Reader
	buf  []byte // what was read; text of the last chunk, and then the beginning of a line
	used int    // bytes of buf that the last chunk had
	line int    // lines that were given or skipped
	err  error

	follow   bool // the end is not for good: next may be called again behind it, and the last line has a newline then
	skipping bool // what comes is the rest of a line that is too long
}

// next gives the next chunk. At the end the error is io.EOF; with another, what could be read was given before.
func (l *lines) next() (chunk, error) {
	l.buf = l.buf[:copy(l.buf, l.buf[l.used:])]
	l.used = 0
	if l.skipping {
		l.skip()
	}
	searched := 0
	for {
		if end := bytes.LastIndexByte(l.buf[searched:], '\n'); end >= 0 {
			return l.give(searched + end + 1), nil
		}
		searched = len(l.buf)
		switch {
		case l.ended() && (searched == 0 || l.follow):
			return chunk{}, l.end()
		case l.ended():
			return l.last(), nil
		case searched >= MaxLine:
			l.line++
			l.skipping = true
			l.skip()
			return chunk{long: l.line}, nil
		}
		l.fill()
	}
}

// fill reads once.
func (l *lines) fill() {
	const least = 64 << 10
	if free := cap(l.buf) - len(l.buf); free < least {
		grown := make([]byte, len(l.buf), max(blockSize, 2*cap(l.buf)))
		copy(grown, l.buf)
		l.buf = grown
	}
	n, err := l.in.Read(l.buf[len(l.buf):cap(l.buf)])
	l.buf, l.err = l.buf[:len(l.buf)+n], err
}

func (l *lines) give(n int) chunk {
	text := l.buf[:n]
	c := chunk{text: text, line: l.line + 1}
	l.line += bytes.Count(text, []byte{'\n'})
	l.used = n
	return c
}

func (l *lines) ended() bool { return l.err != nil }

// end is what next says of the end, behind which a file that is followed may be read on.
func (l *lines) end() error {
	err := l.err
	if l.follow && errors.Is(err, io.EOF) {
		l.err = nil
	}
	return err
}

// last gives what stands behind the last newline.
func (l *lines) last() chunk {
	c := l.give(len(l.buf))
	l.line++
	return c
}

// skip passes over the rest of a line that is too long, and keeps what comes behind.
func (l *lines) skip() {
	for l.err == nil {
		l.buf = l.buf[:0]
		l.fill()
		if end := bytes.IndexByte(l.buf, '\n'); end >= 0 {
			l.buf = l.buf[:copy(l.buf, l.buf[end+1:])]
			l.skipping = false
			return
		}
	}
	l.buf = l.buf[:0]
}

// failed is why the file ended early, or nil.
func (l *lines) failed() error {
	if errors.Is(l.err, io.EOF) {
		return nil
	}
	return l.err
}

// splitLines gives the lines of a text without their newlines.
func splitLines(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for text != "" {
			line, rest, _ := strings.Cut(text, "\n")
			if !yield(line) {
				return
			}
			text = rest
		}
	}
}
