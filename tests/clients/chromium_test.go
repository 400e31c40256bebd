//go:build clients

package clients

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
)

// Chromium's renderers are confined by its own sandbox as they are without us, while it gets the page by its name.
func TestChromiumsSandbox(t *testing.T) {
	w := newWorld(t, "files dns", "")
	for _, wrap := range []func(...string) []string{bare, inside} {
		browser := chromium("--enable-features=AsyncDns")
		browser[len(browser)-1] = "http://" + host + ":8080/"
		c := w.enter(wrap(slices.Concat([]string{"/usr/bin/python3", program("testdata/renderer.py")}, browser)...)...)
		var stdout, stderr bytes.Buffer
		c.Stdout, c.Stderr = &stdout, &stderr
		must(t, c.Start())
		timer := time.AfterFunc(patience, func() { _ = c.Process.Kill() })
		_ = c.Wait() // what it printed tells
		timer.Stop()
		if !strings.Contains(stdout.String(), ">2 pid namespaces and 1 filters more<") {
			t.Errorf("%v: %s\n%s", c.Args, stdout.String(), stderr.String())
		}
	}
}
