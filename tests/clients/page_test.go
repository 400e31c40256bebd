//go:build clients

package clients

import (
	"fmt"
	"regexp"
	"strings"
)

// row is what one client did. Times in ms, of its fastest run.
type row struct {
	client

	neither                 []string // names that it resolves neither inside nor in a plain namespace
	sawAbsent, sawDenied    string
	allowed, denied, normal float64
}

const head = `# Clients

Real programs, each with its own way to look names up, under codex-dnsvisor as an ordinary user. Written by ` + "`make docs-clients`" + `; ` + "`make test-clients`" + `
runs them all again and compares.

Each client is asked for five names: one with an IPv4 address, one with a CNAME, one with an IPv6 address only, one that is allowed and does not
exist, and one that exists and is denied. The first three resolve with every client below that resolves them in a plain network namespace with
dnsmasq: that is what the test fails on.

- **absent** and **denied** are the client's own words.
- **ms** is the look-up, or where the client does not tell its own time the whole run with the client's start: an allowed name, the denied
  one, and for comparison a name that does not exist in a plain network namespace with dnsmasq. The fastest of three runs. A denied name may cost
  at most 100 ms more than an allowed one.

| client | from | absent | denied | ms allowed / denied / plain absent |
|---|---|---|---|---|
`

// write returns the page.
func write(rows []row) string {
	var b strings.Builder
	b.WriteString(head)
	for _, r := range rows {
		saw := "the same"
		if r.sawDenied != r.sawAbsent {
			saw = code(r.sawDenied)
		}
		name := r.name
		if r.note != "" {
			name += " (" + r.note + ")"
		}
		if len(r.neither) > 0 {
			name += "; resolves neither here nor without us: " + strings.Join(r.neither, ", ")
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %.1f / %.1f / %.1f |\n", name, r.from, code(r.sawAbsent), saw, r.allowed, r.denied, r.normal)
	}
	b.WriteString(notHere)
	return b.String()
}

func code(s string) string { return "`" + strings.ReplaceAll(s, "|", `\|`) + "`" }

// times are the cells that change from run to run.
var times = regexp.MustCompile(`[0-9.]+ / [0-9.]+ / [0-9.]+ \|`)

func stable(page string) string { return times.ReplaceAllString(page, "|") }

// difference is the lines of which only one page has each.
func difference(want, got string) string {
	var b strings.Builder
	for line := range strings.Lines(want) {
		if !strings.Contains(got, line) {
			b.WriteString("- " + line)
		}
	}
	for line := range strings.Lines(got) {
		if !strings.Contains(want, line) {
			b.WriteString("+ " + line)
		}
	}
	return b.String()
}

const notHere = `
## Not here

- **.NET** is in none of Debian's suites, npm or the Go toolchain; Mono, above, is its relative that Debian has.
- **hickory** is trust-dns, above, under its newer name; Debian 12 has the older, and a later suite's crates want that suite's compiler.
- **adig** and **ahost** come with c-ares' sources, and Debian packages neither; Node's dns.resolve, aiodns and aria2 are over c-ares.
- **systemd-resolved** wants systemd itself; its module, nss-resolve, is tested with somebody else in its place, nscd and Avahi's modules as they are.
- **An i386 program** has no sockets inside (ENOSYS), and says that the name does not resolve.
- **curl with c-ares**: Debian builds curl with the threaded resolver, so there is none to run; aiodns and aria2 are over c-ares.
`
