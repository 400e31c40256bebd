//go:build libc

package tests

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// glibc's sources, as scripts/debian-source unpacks them.
const glibcSource = "../.cache/libc/glibc"

// notRun are glibc's tests that say nothing about a resolver in the middle, and why.
var notRun = map[string]string{
	"tst-resolv-qtypes": "asks for 65535 types, each of which the servers answer with the same two octets, which are no record of most; takes a minute",
	"tst-resolv-rotate": "asserts that each of three servers is asked in turn, and a resolver in the middle is one; takes minutes",
}

// whys are the reasons for what fails. They are about codex-dnsvisor unless they name another.
var whys = map[string]string{
	"tst-bug18665-tcp":            "the servers' answers tell how often, by which transport and in which order they were asked, which is the resolver's affair",
	"tst-resolv-ai_idn":           "the servers answer by the letter case of the question, which is the resolver's own",
	"tst-resolv-ai_idn-latin1":    "as tst-resolv-ai_idn",
	"tst-resolv-ai_idn-nolibidn2": "as tst-resolv-ai_idn",
	"tst-resolv-aliases":          "chains of up to 60 CNAMEs: the limit is 12. dnsmasq fails at 47 with 60 addresses",
	"tst-resolv-binary":           "asks for TXT of names that no rule names",
	"tst-resolv-byaddr":           "an answer that is malformed is SERVFAIL, which glibc calls TRY_AGAIN; NO_RECOVERY is expected",
	"tst-resolv-canonname":        "the servers answer with an address of another name, without a CNAME that leads there: out of bailiwick, left aside",
	"tst-resolv-dns-section":      "as tst-resolv-byaddr",
	"tst-resolv-edns":             "the servers expect the client's own EDNS: nothing of a client's message is forwarded",
	"tst-resolv-invalid-cname":    "PTR by way of aliases that no host can have, which are left aside; the half that asks for addresses passes",
	"tst-resolv-invalid-ptr":      "names that no host can have are left out of answers; the test wants them, or an error",
	"tst-resolv-network":          "as tst-resolv-byaddr. With dnsmasq, too, TRY_AGAIN comes where NO_RECOVERY is expected",
	"tst-resolv-noaaaa-vc":        "counts the servers' questions: without a cache the answer that did not fit is asked for again, by TCP; with a cache it passes",
	"tst-resolv-search":           "dnsmasq says NXDOMAIN where the servers said SERVFAIL",
	"tst-resolv-semi-failure":     "dnsmasq is silent where a server says SERVFAIL or nothing, and the time is up",
	"tst-resolv-short-response":   "dnsmasq is silent where a server's response is short, and the time is up",
	"tst-resolv-trustad":          "AD is never set: signatures are not checked. dnsmasq clears it too",
}

// TestGlibc runs those of glibc's own tests that bring DNS servers: alone, through dnsmasq, and under codex-dnsvisor, whose upstreams
// their servers then are. What passes is as docs/conformance.md says, and what does not has a reason.
func TestGlibc(t *testing.T) {
	programs := filepath.Join(built, "libc")
	if os.Getenv(dirVar) == "" {
		if out, err := exec.Command("../scripts/glibc-tests", glibcSource, programs).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	t.Setenv("TIMEOUTFACTOR", "2") // 40 seconds for each, within the patience of this package
	t.Setenv("LOCPATH", filepath.Join(programs, "locale"))
	t.Setenv("LD_LIBRARY_PATH", programs)
	through, err := filepath.Abs("testdata/libc/through.py")
	must(t, err)
	o := newOutside(t)
	policy := o.path("libc.toml")
	must(t, os.WriteFile(policy, []byte("[network.domains]\n\"*\" = \"allow\"\n\"www.example\" = \"allow\"\n"+ // exactly, for TXT
		"\"**.192.in-addr.arpa\" = \"allow\"\n\"**.1.in-addr.arpa\" = \"allow\"\n\"**.8.b.d.0.1.0.0.2.ip6.arpa\" = \"allow\"\n[dns]\nptr = \"any\"\ncache-size = 0\n"+
		"upstreams = [\"udp://127.0.0.1:5301\", \"udp://127.0.0.1:5302\", \"udp://127.0.0.1:5303\"]\n[dns.budget]\nnames = 65536\nbytes = 16777216\ntotal-names = 65536\ntotal-bytes = 16777216\nquestions = 65536\n"), 0o644))
	all, err := filepath.Glob(filepath.Join(programs, "tst-*"))
	must(t, err)
	var rows []string
	for _, program := range all {
		name := filepath.Base(program)
		if notRun[name] != "" || filepath.Ext(name) == ".so" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			o := &outside{t: t, dir: o.dir, pid: o.pid, pcap: o.pcap}
			o.startThroughDnsmasq()
			alone := outcome(t, o.enter(program))
			dnsmasq := outcome(t, o.enter("python3", through, "127.0.0.11 127.0.0.12 127.0.0.13", program))
			ours := outcome(t, o.enter("env", "THROUGH_FOLD=1", "python3", through, "192.0.2.1 192.0.2.2 192.0.2.3", binary, "--quiet", "--policy", policy, "--", program))
			if failed := slices.Contains([]string{alone, dnsmasq, ours}, "fails"); failed != (whys[name] != "") {
				t.Errorf("alone it %s, with dnsmasq it %s, under codex-dnsvisor it %s; reason %q", alone, dnsmasq, ours, whys[name])
			}
			rows = append(rows, fmt.Sprintf("| %s | %s | %s | %s | %s |", name, alone, dnsmasq, ours, whys[name]))
		})
	}
	unbuilt, err := os.ReadFile(filepath.Join(programs, "unbuilt"))
	must(t, err)
	for line := range strings.Lines(string(unbuilt)) {
		name, why, _ := strings.Cut(strings.TrimSpace(line), ": ")
		rows = append(rows, fmt.Sprintf("| %s | not built | | | %s |", name, why))
	}
	for _, name := range slices.Sorted(maps.Keys(notRun)) {
		rows = append(rows, fmt.Sprintf("| %s | not run | | | %s |", name, notRun[name]))
	}
	compareText(t, libcHead, strings.Join(rows, "\n"))
}

const libcHead = "| test | alone | dnsmasq | codex-dnsvisor | why |\n|---|---|---|---|---|\n"

// outcome is how a test of glibc's ended, by its exit status.
func outcome(t *testing.T, c *exec.Cmd) string {
	t.Helper()
	got := finish(t, c)
	switch got.status {
	case 0:
		return "passes"
	case 77:
		return "says that it cannot run here"
	}
	t.Logf("%v: status %d\n%.600s%.600s", c.Args[5:], got.status, got.stdout, got.stderr)
	return "fails"
}

// startThroughDnsmasq starts a dnsmasq that asks the tests' servers in their order, as codex-dnsvisor does.
func (o *outside) startThroughDnsmasq() {
	o.t.Helper()
	log := startLines(o.t, o.enter("sh", "-c", `exec dnsmasq --keep-in-foreground --conf-file=/dev/null --user= --pid-file= --log-facility=- \
		--no-hosts --no-resolv --bind-interfaces --listen-address=127.0.0.11,127.0.0.12,127.0.0.13 --cache-size=0 \
		--strict-order --server=127.0.0.1#5301 --server=127.0.0.1#5302 --server=127.0.0.1#5303 2>&1`))
	await(o.t, log, "using nameserver 127.0.0.1#5303")
}
