package supervisor

import (
	"fmt"
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
	if got := out.String(); got != "codex-dnsvisor: denied a\ncodex-dnsvisor: denied b\n" {
		t.Errorf("%q", got)
	}
}

func TestNoticesAreBounded(t *testing.T) {
	var out strings.Builder
	n := newNotices(&out)
	for i := range 10 * maxNotices {
		n.once(fmt.Sprint(i), "denied %d", i)
	}
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
}
