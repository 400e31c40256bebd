//go:build clients

package report

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/codex-dnsvisor/codex-dnsvisor/tests/ordinary"
)

// patience bounds whatever Chromium is asked for.
const patience = 3 * time.Minute

// browser is a Chromium without a network, driven by the DevTools protocol over a pair of pipes.
type browser struct {
	tb  testing.TB
	dir string // that it may read
	in  *os.File

	mu      sync.Mutex
	last    int
	waiting map[int]chan reply
	heard   []message // events, of all pages
	changed *sync.Cond
	gone    error
	ended   bool // by us
	early   bool // it was gone before
}

// message is one of the protocol's: a reply, or an event.
type message struct {
	ID        int             `json:"id"`
	Method    string          `json:"method"`
	SessionID string          `json:"sessionId"`
	Params    json.RawMessage `json:"params"`
	Result    json.RawMessage `json:"result"`
	Error     *struct {
		Message string `json:"message"`
	} `json:"error"`
}

type reply struct {
	result json.RawMessage
	err    error
}

// newBrowser starts one, which the test ends.
func newBrowser(tb testing.TB) *browser {
	tb.Helper()
	b := &browser{tb: tb, dir: tb.TempDir(), waiting: map[int]chan reply{}}
	b.changed = sync.NewCond(&b.mu)
	theirs, ours := pipe(tb)
	answers, theirOut := pipe(tb)
	b.in = ours
	home := filepath.Join(b.dir, "home")
	must(tb, os.Mkdir(home, 0o700))
	// A network namespace of its own has nobody to send anything to.
	c := exec.Command("unshare", "--user", "--map-current-user", "--net", "chromium", "--headless", "--remote-debugging-pipe", "--no-first-run",
		"--disable-gpu", "--disable-background-networking", "--disable-component-update", "--hide-scrollbars", "--window-size=1400,1000", "--user-data-dir="+home)
	c.Env = append(os.Environ(), "HOME="+home, "TMPDIR="+home)
	c.ExtraFiles = []*os.File{theirs, theirOut} // 3 and 4
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if os.Geteuid() == 0 {
		c.SysProcAttr.Credential = &syscall.Credential{Uid: ordinary.UID, Gid: ordinary.UID}
		must(tb, os.Chown(home, ordinary.UID, ordinary.UID))
		open(tb, b.dir)
	}
	errors, err := os.Create(filepath.Join(b.dir, "chromium.log"))
	must(tb, err)
	c.Stdout, c.Stderr = errors, errors
	must(tb, c.Start())
	for _, f := range []*os.File{theirs, theirOut, errors} {
		must(tb, f.Close())
	}
	done := make(chan struct{})
	go func() { defer close(done); b.listen(answers) }()
	tb.Cleanup(func() {
		b.mu.Lock()
		b.ended = true
		b.mu.Unlock()
		_ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
		_ = c.Wait()
		_ = ours.Close()
		_ = answers.Close()
		<-done
		if said, err := os.ReadFile(errors.Name()); err == nil && b.early {
			tb.Logf("Chromium said: %s", said)
		}
	})
	return b
}

// open lets everybody into the directories of a test, up to that for temporary files.
func open(tb testing.TB, dir string) {
	tb.Helper()
	for ; dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		must(tb, os.Chmod(dir, 0o755))
	}
}

func pipe(tb testing.TB) (r, w *os.File) {
	tb.Helper()
	r, w, err := os.Pipe()
	must(tb, err)
	return r, w
}

// listen takes messages, each of which ends in a NUL.
func (b *browser) listen(from *os.File) {
	r := bufio.NewReaderSize(from, 1<<20)
	for {
		text, err := r.ReadBytes(0)
		b.mu.Lock()
		if err != nil {
			b.gone, b.early = fmt.Errorf("Chromium is gone: %w", err), !b.ended
			for id, c := range b.waiting {
				c <- reply{err: b.gone}
				delete(b.waiting, id)
			}
			b.changed.Broadcast()
			b.mu.Unlock()
			return
		}
		var m message
		if err := json.Unmarshal(text[:len(text)-1], &m); err != nil {
			b.tb.Errorf("a message of Chromium: %v", err)
		}
		b.take(m)
		b.mu.Unlock()
	}
}

func (b *browser) take(m message) {
	if m.ID == 0 {
		b.heard = append(b.heard, m)
		b.changed.Broadcast()
		return
	}
	r := reply{result: m.Result}
	if m.Error != nil {
		r.err = errors.New(m.Error.Message)
	}
	if c := b.waiting[m.ID]; c != nil {
		c <- r
		delete(b.waiting, m.ID)
	}
}

// call asks for something, and waits for it.
func (b *browser) call(session, method string, params, result any) {
	b.tb.Helper()
	c := make(chan reply, 1)
	b.mu.Lock()
	b.last++
	id := b.last
	b.waiting[id] = c
	gone := b.gone
	b.mu.Unlock()
	if gone != nil {
		b.tb.Fatal(gone)
	}
	text, err := json.Marshal(map[string]any{"id": id, "method": method, "sessionId": session, "params": params})
	must(b.tb, err)
	if session == "" {
		text, err = json.Marshal(map[string]any{"id": id, "method": method, "params": params})
		must(b.tb, err)
	}
	_, err = b.in.Write(append(text, 0))
	must(b.tb, err)
	select {
	case r := <-c:
		if r.err != nil {
			b.tb.Fatalf("%s: %v", method, r.err)
		}
		if result != nil {
			must(b.tb, json.Unmarshal(r.result, result))
		}
	case <-time.After(patience):
		b.tb.Fatalf("%s: no answer in %s", method, patience)
	}
}

// page is a tab.
type page struct {
	*browser
	session string
}

// open opens a tab, which listens to all that a page may do before it goes anywhere.
func (b *browser) page() *page {
	b.tb.Helper()
	var target struct{ TargetID string }
	b.call("", "Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.call("", "Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	p := &page{b, attached.SessionID}
	for _, domain := range []string{"Page", "Runtime", "Network", "Log", "Audits", "Performance"} {
		p.do(domain+".enable", nil, nil)
	}
	return p
}

func (p *page) do(method string, params, result any) {
	p.tb.Helper()
	if params == nil {
		params = map[string]any{}
	}
	p.call(p.session, method, params, result)
}

// show opens a file, and waits until it is painted.
func (p *page) show(file string) {
	p.tb.Helper()
	before := len(p.said("Page.loadEventFired"))
	p.do("Page.navigate", map[string]any{"url": "file://" + file}, nil)
	p.await("Page.loadEventFired", before+1)
	p.settle()
}

// await waits until n events of a kind have been heard.
func (p *page) await(method string, n int) {
	p.tb.Helper()
	timer := time.AfterFunc(patience, func() {
		p.mu.Lock()
		p.gone = fmt.Errorf("%s did not come in %s", method, patience)
		p.changed.Broadcast()
		p.mu.Unlock()
	})
	defer timer.Stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.count(method) < n {
		if p.gone != nil {
			p.tb.Fatal(p.gone)
		}
		p.changed.Wait()
	}
}

// count is how many events of a kind were heard; the lock is held.
func (p *page) count(method string) int {
	n := 0
	for _, m := range p.heard {
		if m.Method == method && m.SessionID == p.session {
			n++
		}
	}
	return n
}

// said are the events of a kind.
func (p *page) said(method string) []message {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []message
	for _, m := range p.heard {
		if m.Method == method && m.SessionID == p.session {
			all = append(all, m)
		}
	}
	return all
}

// settle waits until what was done is painted.
func (p *page) settle() {
	p.tb.Helper()
	p.eval("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))", nil)
}

// eval runs an expression in the page, as DevTools' console does.
func (p *page) eval(expression string, result any) {
	p.tb.Helper()
	var got struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct {
			Text      string
			Exception struct{ Description string }
		}
	}
	p.do("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true}, &got)
	if e := got.ExceptionDetails; e != nil {
		p.tb.Fatalf("%s: %s %s", expression, e.Text, e.Exception.Description)
	}
	if result != nil {
		if err := json.Unmarshal(got.Result.Value, result); err != nil {
			p.tb.Fatalf("%s: %v: %s", expression, err, got.Result.Value)
		}
	}
}

// text is an expression's value, which is a string.
func (p *page) text(expression string) string {
	p.tb.Helper()
	var s string
	p.eval("String("+expression+")", &s)
	return s
}

// click clicks into the middle of an element, as a mouse does.
func (p *page) click(selector string) {
	p.tb.Helper()
	var at struct{ X, Y float64 }
	p.eval(`(() => { const e = document.querySelector(`+strconv.Quote(selector)+`); e.scrollIntoView({block: "center"}); const b = e.getBoundingClientRect(); return {X: b.x + b.width / 2, Y: b.y + b.height / 2}; })()`, &at)
	for _, kind := range []string{"mousePressed", "mouseReleased"} {
		p.do("Input.dispatchMouseEvent", map[string]any{"type": kind, "x": at.X, "y": at.Y, "button": "left", "clickCount": 1}, nil)
	}
	p.settle()
}

// press presses a key.
func (p *page) press(key string) {
	p.tb.Helper()
	codes := map[string]int{"ArrowDown": 40, "ArrowUp": 38, "ArrowRight": 39, "ArrowLeft": 37, "End": 35, "Home": 36, "PageDown": 34, "PageUp": 33, "Enter": 13, "Tab": 9}
	for _, kind := range []string{"rawKeyDown", "keyUp"} {
		p.do("Input.dispatchKeyEvent", map[string]any{"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": codes[key]}, nil)
	}
	p.settle()
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
