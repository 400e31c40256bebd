package resolve

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// Post is where who asks is waited for meanwhile. A goroutine that serves a socket can have an upstream asked in its own place, in which no
// other has to be woken for the question and none for its reply: it waits for both, and somebody else takes the post as soon as there
// is something to do at it, or something else to wait for than one upstream's datagram. nil is no post.
type Post struct {
	fd      int
	relieve func() // nil: somebody else has it
	begun   bool   // its one question
	after   func() // the answer
}

// NewPost makes one of a descriptor; relieve has somebody else serve it, and does not wait.
func NewPost(fd int, relieve func()) *Post { return &Post{fd: fd, relieve: relieve} }

// Held says that nobody else has taken it.
func (p *Post) Held() bool { return p != nil && p.relieve != nil }

// Leave has somebody else take it, before something is waited for.
func (p *Post) Leave() {
	if p.Held() {
		relieve := p.relieve
		p.relieve = nil
		relieve()
	}
}

// later has something done after the answer, or where that is not waited for at the post, something else now.
func (p *Post) later(after, now func()) {
	if !p.Held() {
		now()
		return
	}
	p.after = after
}

// Answered is told that the answer has been sent, or that there is none.
func (p *Post) Answered() {
	if p.after != nil {
		p.after()
	}
}

type postKey struct{}

// AtPost is a context for a [Resolver.Lookup] by who holds a post.
func AtPost(ctx context.Context, p *Post) context.Context {
	return context.WithValue(ctx, postKey{}, p)
}

// PostOf is the post of a context; nil: it has none.
func PostOf(ctx context.Context) *Post {
	p, _ := ctx.Value(postKey{}).(*Post)
	return p
}

// begin says whether a question may be asked by who holds the post: the first of a Lookup, which has all of its time. Else it is left.
func (p *Post) begin() bool {
	if !p.Held() {
		return false
	}
	if p.begun {
		p.Leave()
	}
	p.begun = true
	return p.Held()
}

// await waits for a descriptor. False: somebody else has the post by now, or the time is up.
func (p *Post) await(fd int, end time.Time) bool {
	for p.Held() {
		left := time.Until(end)
		if left <= 0 {
			return false
		}
		fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}, {Fd: int32(p.fd), Events: unix.POLLIN}}
		_, err := unix.Poll(fds, int(left/time.Millisecond)+1)
		switch {
		case errors.Is(err, unix.EINTR):
		case err == nil && fds[0].Revents != 0:
			return true
		case err != nil || fds[1].Revents != 0:
			p.Leave()
		}
	}
	return false
}
