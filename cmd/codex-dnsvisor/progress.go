package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// progress is a bar on a terminal, which appears where something takes long.
type progress struct {
	quit    chan struct{}
	running sync.WaitGroup
}

// startProgress shows how much is done of all; 0 of all is not known. It shows nothing in the first second, and where to is no terminal.
func startProgress(to io.Writer, done func() (done, total int64)) *progress {
	p := &progress{quit: make(chan struct{})}
	if screenOf(to).width > 0 {
		p.running.Go(func() { p.show(to, done) })
	}
	return p
}

// stop takes the bar away. Later calls do nothing.
func (p *progress) stop() {
	select {
	case <-p.quit:
	default:
		close(p.quit)
	}
	p.running.Wait()
}

func (p *progress) show(to io.Writer, done func() (done, total int64)) {
	const first, every = time.Second, 200 * time.Millisecond
	start := time.Now()
	timer := time.NewTimer(first)
	defer timer.Stop()
	shown := false
	for {
		select {
		case <-p.quit:
			if shown {
				_, _ = io.WriteString(to, "\r\x1b[K") // nobody hears that the terminal is gone
			}
			return
		case <-timer.C:
			d, total := done()
			_, _ = fmt.Fprintf(to, "\r%s\x1b[K", progressLine(d, total, time.Since(start)))
			shown = true
			timer.Reset(every)
		}
	}
}

// progressLine is short enough for any terminal.
func progressLine(done, total int64, spent time.Duration) string {
	const mib, width = 1 << 20, 30
	speed := float64(done) / mib / spent.Seconds()
	if total <= 0 {
		return fmt.Sprintf("%d MiB, %.0f MiB/s", done/mib, speed)
	}
	done = min(done, total)
	full := int(done * width / total)
	left := ""
	if done > 0 {
		left = ", " + time.Duration(float64(spent)*float64(total-done)/float64(done)).Round(time.Second).String() + " left"
	}
	return fmt.Sprintf("[%s%s] %3d%% of %d MiB, %.0f MiB/s%s", strings.Repeat("=", full), strings.Repeat(" ", width-full), done*100/total, total/mib, speed, left)
}
