package tests

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the tables of docs/conformance.md")

// TestConformance puts the messages of testdata/clients/conformance to the stub, to dnsmasq and to unbound, which have the same
// records. Ours has to answer as the RFCs require, the same by every way, and as docs/conformance.md says.
func TestConformance(t *testing.T) {
	o := newOutside(t)
	var ours []finding
	for i, way := range [][]string{{"sendto", "192.0.2.53"}, {"connect", "8.8.8.8"}, {"sendto", "2001:db8::53"}, {"connect", "2001:4860:4860::8888"}} {
		upstream := o.startConformanceUpstream(5300 + i)
		args := slices.Concat([]string{"--quiet", "--allow", "**.test", "--allow", "slow.test", "--allow", "release.test", "--upstream", "udp://" + upstream}, conformanceRecords(), []string{"--", program("conformance")}, way)
		got := findings(t, o.run(args...))
		if ours == nil {
			ours = got
		}
		for i, f := range got {
			if f != ours[i] {
				t.Errorf("%v: %s: %s; by %s", way, f.name, f.got, ours[i].got)
			}
		}
	}
	for _, f := range ours {
		if !f.holds() {
			t.Errorf("%s (RFC %s): %s, required %s", f.name, f.rfc, f.got, f.require)
		}
	}
	o.startConformanceDnsmasq("127.0.0.2", o.startConformanceUpstream(5310))
	o.startConformanceUnbound("127.0.0.3", o.startConformanceUpstream(5311))
	dnsmasq := findings(t, finish(t, o.enter(program("conformance"), "connect", "127.0.0.2")))
	unbound := findings(t, finish(t, o.enter(program("conformance"), "connect", "127.0.0.3")))
	compareTable(t, ours, dnsmasq, unbound)
}

// finding is one case and what came of it.
type finding struct{ name, rfc, require, got string }

func findings(t *testing.T, r result) []finding {
	t.Helper()
	if r.status != 0 {
		t.Fatalf("%+v", r)
	}
	var all []finding
	for line := range strings.Lines(r.stdout) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		all = append(all, finding{fields[0], fields[1], fields[2], fields[3]})
	}
	return all
}

// holds says whether every required word is there: see the client for what they mean.
func (f finding) holds() bool {
	words := strings.Fields(f.got)
	for require := range strings.FieldsSeq(f.require) {
		if limit, ok := strings.CutPrefix(require, "max"); ok {
			if !slices.ContainsFunc(words, func(w string) bool { return shortEnough(w, limit) }) {
				return false
			}
			continue
		}
		word, not := strings.CutPrefix(require, "-")
		found := slices.ContainsFunc(words, func(w string) bool { return slices.Contains(strings.Split(word, "|"), w) })
		if found == not {
			return false
		}
	}
	return true
}

func shortEnough(word, limit string) bool {
	text, ok := strings.CutPrefix(word, "length=")
	length, err := strconv.Atoi(text)
	most, _ := strconv.Atoi(limit)
	return ok && err == nil && length <= most
}

// verdict is a cell of the table: the words, without the length, and whether they are what is required.
func (f finding) verdict() string {
	words := slices.DeleteFunc(strings.Fields(f.got), func(w string) bool { return strings.HasPrefix(w, "length=") })
	cell := strings.Join(words, " ")
	if !f.holds() {
		cell = "**not as required:** " + cell
	}
	return cell
}

// conformanceDoc is docs/conformance.md, where the ordinary user's pass has it too. A table in it ends with an empty line.
const (
	conformanceDoc = "testdata/conformance.md"
	tableHead      = "| case | RFC | required | codex-dnsvisor | dnsmasq | unbound |\n|---|---|---|---|---|---|\n"
)

// compareTable compares our column of docs/conformance.md, or writes the table.
func compareTable(t *testing.T, ours, dnsmasq, unbound []finding) {
	t.Helper()
	if *update && os.Getenv(dirVar) == "" {
		compareText(t, tableHead, rows(ours, dnsmasq, unbound))
		return
	}
	_, table, _ := tables(t, tableHead)
	documented := strings.Split(table, "\n")
	for i, f := range ours {
		row := row(f)
		if i >= len(documented) || !strings.HasPrefix(documented[i], row) {
			t.Errorf("docs/conformance.md does not say %s\nwrite it with: go test ./tests -run TestConformance -update", row)
		}
	}
	if len(documented) > len(ours) {
		t.Errorf("docs/conformance.md has cases that are not tested: %v", documented[len(ours):])
	}
}

// tables is the document before, in and behind the table with the head.
func tables(t *testing.T, head string) (before, table, after string) {
	t.Helper()
	text, err := os.ReadFile(conformanceDoc)
	must(t, err)
	before, rest, ok := strings.Cut(string(text), head)
	table, after, end := strings.Cut(rest, "\n\n")
	if !ok || !end {
		t.Fatalf("docs/conformance.md has no table %q", head)
	}
	return before, table, after
}

// compareText compares a table with the document's, or writes it there.
func compareText(t *testing.T, head, table string) {
	t.Helper()
	before, documented, after := tables(t, head)
	if *update && os.Getenv(dirVar) == "" {
		must(t, os.WriteFile(conformanceDoc, []byte(before+head+table+"\n\n"+after), 0o644))
	} else if documented != table {
		t.Errorf("docs/conformance.md says\n%s\nand it is\n%s", documented, table)
	}
}

// row is a row as far as it is ours.
func row(f finding) string {
	return fmt.Sprintf("| %s | %s | `%s` | %s |", f.name, f.rfc, strings.ReplaceAll(f.require, "|", "/"), f.verdict())
}

func rows(ours, dnsmasq, unbound []finding) string {
	var lines []string
	for i, f := range ours {
		lines = append(lines, fmt.Sprintf("%s %s | %s |", row(f), dnsmasq[i].verdict(), unbound[i].verdict()))
	}
	return strings.Join(lines, "\n")
}

// conformanceNames are the names and addresses that all three serve.
func conformanceNames() [][2]string {
	label := strings.Repeat("x", 63)
	names := [][2]string{
		{"a.test", "192.0.2.1"},
		{"a.test", "2001:db8::1"},
		{"only6.test", "2001:db8::6"},
		{strings.Join([]string{label, label, label, label[:56], "test"}, "."), "192.0.2.255"},
	}
	for i := range 120 {
		names = append(names, [2]string{"huge.test", fmt.Sprintf("198.51.100.%d", i)})
		if i < 42 {
			names = append(names, [2]string{"big.test", fmt.Sprintf("203.0.113.%d", i)})
		}
	}
	return names
}

// conformanceLines are the same as records in zone file form.
func conformanceLines() []string {
	var lines []string
	for _, n := range conformanceNames() {
		kind := "A"
		if strings.Contains(n[1], ":") {
			kind = "AAAA"
		}
		lines = append(lines, fmt.Sprintf("%s. 60 IN %s %s", n[0], kind, n[1]))
	}
	return lines
}

func conformanceRecords() []string {
	var args []string
	for _, line := range conformanceLines() {
		args = append(args, "--record", line)
	}
	return args
}

// startConformanceUpstream starts what the three forward to, and returns its address.
func (o *outside) startConformanceUpstream(port int) string {
	o.t.Helper()
	address := fmt.Sprintf("127.0.0.1:%d", port)
	await(o.t, startLines(o.t, o.enter(program("conformance"), "upstream", address)), "serving")
	return address
}

func (o *outside) startConformanceDnsmasq(address, upstream string) {
	o.t.Helper()
	var hosts strings.Builder
	for _, n := range conformanceNames() {
		fmt.Fprintln(&hosts, n[1], n[0])
	}
	must(o.t, os.WriteFile(o.path("hosts"), []byte(hosts.String()), 0o644))
	log := startLines(o.t, o.enter("sh", "-c", `exec dnsmasq --keep-in-foreground --conf-file=/dev/null --user= --pid-file= --log-facility=- \
		--no-hosts --addn-hosts="$2" --no-resolv --bind-interfaces --listen-address="$0" \
		--server="$1" --local=/test/ --server="/slow.test/release.test/$1" 2>&1`, address, strings.Replace(upstream, ":", "#", 1), o.path("hosts")))
	await(o.t, log, "hosts - ")
}

func (o *outside) startConformanceUnbound(address, upstream string) {
	o.t.Helper()
	var data strings.Builder
	for _, line := range conformanceLines() {
		fmt.Fprintf(&data, "\tlocal-data: %q\n", line)
	}
	forward := strings.Replace(upstream, ":", "@", 1)
	must(o.t, os.WriteFile(o.path("conformance.conf"), []byte(`server:
	interface: `+address+`
	port: 53
	username: ""
	chroot: ""
	directory: "`+o.dir+`"
	pidfile: ""
	use-syslog: no
	verbosity: 1
	do-daemonize: no
	do-not-query-localhost: no
	module-config: "iterator"
	local-zone: "test." static
	local-zone: "slow.test." transparent
	local-zone: "release.test." transparent
`+data.String()+`remote-control:
	control-enable: no
forward-zone:
	name: "."
	forward-addr: `+forward+"\n"), 0o644))
	log := startLines(o.t, o.enter("sh", "-c", "exec unbound -d -c conformance.conf 2>&1"))
	await(o.t, log, "start of service")
}
