package supervisor

import (
	"fmt"
	"io"
	"strings"
	"testing"
)

func TestNoticesSayEachThingOnce(t *testing.T) {
	var out strings.Builder
	n := newNotices(&out)
	for range 3 {
		n.once("a", "denied %s", "a")
		n.once("b", "denied %s", "b")
	}
	n.close()
	if got := out.String(); got != "codex-dnsvisor: denied a\ncodex-dnsvisor: denied b\n" {
		t.Errorf("%q", got)
	}
}

func TestNoticesAreBounded(t *testing.T) {
	var out strings.Builder
	n := newNotices(&out)
	for i := range 2 * maxNotices {
		n.once(fmt.Sprint(i), "denied %d", i)
	}
	n.close()
	if got := strings.Count(out.String(), "\n"); got != maxNotices+1 {
		t.Errorf("%d lines", got)
	}
	if !strings.HasSuffix(out.String(), "--audit FILE has it all\n") {
		t.Error("the last line does not say that there is more")
	}
}

func TestQuietNoticesSayNothing(*testing.T) {
	n := newNotices(nil)
	n.once("a", "denied")
	n.line("denied")
	n.close()
}

// A full standard error holds nobody up.
func TestNoticesDoNotWait(t *testing.T) {
	r, w := io.Pipe()
	n := newNotices(w)
	for range 3 * maxUnsaid {
		n.line("denied")
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	n.close()
}
