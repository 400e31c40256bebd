package tests

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// version is a policy all of whose parts show k, from 1; see testdata/clients/reload.
func version(k int) string {
	var b strings.Builder
	b.WriteString(strings.Repeat("#\n", k-1))
	fmt.Fprintf(&b, "[network.domains]\n\"v%d.test\" = \"deny\"\n\"v%d.test\" = \"allow\"\n", (k+1)%2, k%2)
	for kind := range 4 {
		if kind != k%4 {
			fmt.Fprintf(&b, "\"mid%d.test\" = \"deny\"\n", kind)
		}
	}
	how := "nxdomain"
	if k%4 >= 2 {
		how = "refused"
	}
	fmt.Fprintf(&b, "[dns]\nupstreams = []\ndeny-with = %q\n[dns.records]\nzone = \"\"\"\n", how)
	fmt.Fprintf(&b, "v%d.test. CNAME mid%d.test.\nmid%d.test. A 10.%d.%d.%d\nv%d.test. A 11.0.0.1\n\"\"\"\n", k%2, k%4, k%4, k%4, k>>8, k&255, (k+1)%2)
	return b.String()
}

// While the policy changes 500 times, each of 50,000 questions is judged and answered by one version of it, and none by one older
// than that of a question before it; and it costs nothing that stays.
func TestReloadUnderLoad(t *testing.T) {
	const changes, least = 500, 50_000
	dir := t.TempDir()
	path := filepath.Join(dir, "policy.toml")
	write(t, path, version(1))
	f := follow(t, dir, "--quiet", "--", program("reload"), fmt.Sprint(least))
	await(t, f.stdout, "asking")
	var before used
	begin := time.Now()
	for k := 2; k <= changes+1; k++ {
		change := ways[[]string{"renamed over", "in place", "renamed over", "deleted and made again"}[k%4]]
		change(t, path, version(k))
		f.reloaded("applied")
		if k == changes/5 {
			before = usage(t, f.cmd.Process.Pid)
		}
	}
	after := usage(t, f.cmd.Process.Pid)
	rest := f.end()
	var asked int
	got := line(t, f.stdout)
	if _, err := fmt.Sscanf(got, "lost 0, mixed 0, back 0, asked %d", &asked); err != nil || asked < least {
		t.Errorf("%s\n%s", got, f.said())
	}
	t.Logf("%d changes in %s; after a fifth %+v, at the end %+v; %s", changes, time.Since(begin), before, after, got)
	if len(rest) > 0 || f.asked != asked {
		t.Errorf("the log has %d decisions, and more reloads than changes: %v", f.asked, rest)
	}
	if after.rss > before.rss*5/4+8<<10 || after.descriptors > before.descriptors+8 || after.threads > before.threads+8 {
		t.Errorf("after a fifth %+v, at the end %+v", before, after)
	}
}
