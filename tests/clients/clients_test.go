//go:build clients

package clients

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// rounds is how often each client is run for each name; its fastest run counts.
const rounds = 3

// bound is how much longer than an allowed name a denied one may take, in ms.
const bound = 100

// addresses are how a client tells that a name resolved.
var addresses = map[string]*regexp.Regexp{
	host:  regexp.MustCompile(`\b127\.0\.0\.2\b`),
	alias: regexp.MustCompile(`\b127\.0\.0\.3\b`),
	six:   regexp.MustCompile(`(?m)(?:^|[^0-9a-f:])(?:::1|(?:0{1,4}:){7}0{0,3}1)(?:$|[^0-9a-f:])`),
}

// secret is what no client may learn of the denied name.
var secret = regexp.MustCompile(`\b127\.0\.0\.4\b`)

// TestClients runs every client of the table, and compares what it saw with docs/clients.md.
func TestClients(t *testing.T) {
	w := newWorld(t, "files dns", "")
	var rows []row
	for _, c := range table() {
		t.Run(c.name, func(t *testing.T) { rows = append(rows, w.row(t, c)) })
	}
	if t.Failed() {
		t.Fatal("the page needs all of them")
	}
	page := filepath.Join(built, "clients.md")
	if *update {
		must(t, os.WriteFile(page, []byte(write(rows)), 0o644))
		return
	}
	committed, err := os.ReadFile(page)
	must(t, err)
	if want, got := stable(string(committed)), stable(write(rows)); want != got {
		t.Errorf("docs/clients.md says otherwise; make docs-clients writes it anew\n%s", difference(want, got))
	}
}

// row runs one client, inside and in a plain namespace with dnsmasq.
func (w *world) row(t *testing.T, c client) row {
	t.Helper()
	found, said := w.ask(inside, c.command, rounds, host, alias, six, absent, denied)
	normal, _ := w.ask(bare, c.command, rounds, host, alias, six, absent)
	r := row{client: c}
	for name, address := range addresses {
		switch {
		case address.MatchString(found[name].output):
		case address.MatchString(normal[name].output):
			t.Errorf("%s does not resolve:\n%s", name, found[name].output)
		default:
			r.neither = append(r.neither, strings.TrimSuffix(name, ".clients.example"))
		}
	}
	if secret.MatchString(found[denied].output) {
		t.Errorf("the denied name resolves:\n%s", found[denied].output)
	}
	if !strings.Contains(said, "codex-dnsvisor: denied "+denied) {
		t.Errorf("codex-dnsvisor does not say what it denied: %q", said)
	}
	// A busy machine delays a client's start more than anything else: what seems slow is tried again.
	for try := 0; try < 5 && found[denied].millis > found[host].millis+bound; try++ {
		again, _ := w.ask(inside, c.command, rounds, host, denied)
		for name, o := range again {
			o.millis = min(o.millis, found[name].millis)
			found[name] = o
		}
	}
	r.allowed, r.denied, r.normal = found[host].millis, found[denied].millis, normal[absent].millis
	r.sawAbsent, r.sawDenied = c.sees(t, found[absent].output, absent), c.sees(t, found[denied].output, denied)
	if saw := c.sees(t, normal[absent].output, absent); saw != r.sawAbsent {
		t.Errorf("an absent name: inside %q, in a plain namespace %q", r.sawAbsent, saw)
	}
	if r.denied > r.allowed+bound && r.denied > r.normal+bound {
		t.Errorf("a denied name took %.1f ms; an allowed one %.1f ms, and a missing one with dnsmasq %.1f ms", r.denied, r.allowed, r.normal)
	}
	t.Logf("allowed %.1f, denied %.1f, normal %.1f ms; absent %q, denied %q", r.allowed, r.denied, r.normal, r.sawAbsent, r.sawDenied)
	return r
}

// sees returns the line that tells a client's user that a name does not resolve, with what changes between runs put out.
func (c client) sees(t *testing.T, output, name string) string {
	t.Helper()
	line := regexp.MustCompile(`(?m)` + c.saw).FindString(output)
	if line == "" {
		t.Errorf("%s: nothing like %q in\n%s", name, c.saw, output)
	}
	line = changing.ReplaceAllString(strings.ReplaceAll(line, name, "NAME"), "…")
	return strings.TrimPrefix(strings.TrimSpace(line), "error: ")
}

// changing are process ids, object addresses and times of day.
var changing = regexp.MustCompile(`0x[0-9a-f]+|\b\d\d:\d\d:\d\d\b|\(process \d+\)|process \d+`)
