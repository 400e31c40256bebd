package tests

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// version is a policy all of whose parts show k, from 1; see testdata/clients/reload.
func version(k int) string {
	var b strings.Builder
	b.WriteString(strings.Repeat("#\n", k-1))
	allowed, denied := k%2, (k+1)%2
	fmt.Fprintf(&b, "[network.domains]\n\"v%d.test\" = \"deny\"\n\"u%d.example\" = \"deny\"\n", denied, denied)
	fmt.Fprintf(&b, "\"v%d.test\" = \"allow\"\n\"u%d.example\" = \"allow\"\n", allowed, allowed)
	for kind := range 4 {
		if kind != k%4 {
			fmt.Fprintf(&b, "\"mid%d.test\" = \"deny\"\n", kind)
		}
	}
	how := "nxdomain"
	if k%4 >= 2 {
		how = "refused"
	}
	fmt.Fprintf(&b, "[dns]\nupstreams = [\"udp://127.0.0.1:530%d\"]\ncache-size = 0\ndeny-with = %q\n[dns.budget]\nquestions = 10000\n[dns.records]\nzone = \"\"\"\n", k%2, how)
	fmt.Fprintf(&b, "v%d.test. CNAME mid%d.test.\nmid%d.test. A 10.%d.%d.%d\nv%d.test. A 11.0.0.1\n\"\"\"\n", allowed, k%4, k%4, k%4, k>>8, k&255, denied)
	return b.String()
}

// telling are two upstreams, each with an address of its own for all names.
const telling = `import selectors, socket
waiting = selectors.DefaultSelector()
for i in range(2):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("127.0.0.1", 5300 + i))
    waiting.register(s, selectors.EVENT_READ, i)
print("bound", flush=True)
while True:
    for key, _ in waiting.select():
        q, who = key.fileobj.recvfrom(4096)
        end = q.index(b"\0", 12) + 5
        key.fileobj.sendto(q[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + q[12:end] + b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4\xc6\x33\x64" + bytes([key.data]), who)
`

// While the policy changes 500 times, each of 50,000 questions is judged and answered by one version of it, and none by one older
// than that of a question before it; and it costs nothing that stays.
func TestReloadUnderLoad(t *testing.T) {
	const changes, least = 500, 50_000
	o := newOutside(t)
	await(t, startLines(t, o.enter("/usr/bin/python3", "-c", telling)), "bound")
	path := o.path("policy.toml")
	write(t, path, version(1))
	f := followIn(t, o.dir, o.enter, "--quiet", "--", program("reload"), fmt.Sprint(least))
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
