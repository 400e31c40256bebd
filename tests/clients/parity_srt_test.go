//go:build clients

package clients

import (
	"encoding/json"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// srtTable is how sandbox-runtime reads the domains of its settings.
var srtTable = []patterns{
	{allow: list{"a.example"}, expected: expected{yes: "a.example A.EXAMPLE a.example.", no: "x.a.example example xa.example a.example.org"}},
	{allow: list{"A.Example"}, expected: expected{yes: "a.example A.EXAMPLE."}},
	{allow: list{"*.w.example"}, expected: expected{yes: "a.w.example b.a.w.example A.W.EXAMPLE. _a.w.example", no: "w.example aw.example w.example.org"}},
	{allow: list{"*.W.Example"}, expected: expected{yes: "a.w.example", no: "w.example"}},
	{allow: list{"*.w.example"}, deny: list{"x.w.example"}, expected: expected{yes: "a.w.example y.x.w.example", no: "x.w.example X.W.EXAMPLE."}},
	{allow: list{"*.w.example"}, deny: list{"*.x.w.example"}, expected: expected{yes: "x.w.example", no: "y.x.w.example z.y.x.w.example"}},
	{allow: list{"x.w.example"}, deny: list{"*.w.example"}, expected: expected{no: "x.w.example a.w.example"}},
	{allow: list{"a.example"}, deny: list{"A.EXAMPLE"}, expected: expected{no: "a.example"}},
	{allow: list{"a.example", "*.w.example"}, deny: list{"*"}, expected: expected{no: "a.example b.w.example !localhost"}},
	{deny: list{"a.example"}, expected: expected{no: "a.example b.example"}},
	{expected: expected{no: "a.example"}},
	{allow: list{"p.example:443"}, expected: expected{yes: "p.example", no: "!p.example:22 q.example"}},
	{allow: list{"p.example:22"}, expected: expected{yes: "p.example:22", no: "!p.example"}},
	{allow: list{"*.p.example:22"}, expected: expected{yes: "a.p.example:22", no: "!a.p.example p.example:22"}},
	{allow: list{"p.example"}, deny: list{"p.example:22"}, expected: expected{yes: "p.example", no: "!p.example:22"}},
	{allow: list{"p.example"}, deny: list{"*:22"}, expected: expected{yes: "p.example", no: "!p.example:22"}},
	{allow: list{"p.example:65535"}, expected: expected{yes: "p.example:65535"}},
	{allow: list{"localhost"}, expected: expected{yes: "localhost LOCALHOST.", no: "!a.localhost !127.0.0.1 !127.1"}},
	{allow: list{"a.example"}, expected: expected{no: "!localhost"}},
	{allow: list{"10.0.0.7", "[2001:db8::7]", "[2001:db8:0::8]:443"}, expected: expected{yes: "!10.0.0.7 !0x0a.0.0.7 ![2001:db8::7] ![2001:DB8:0::7] ![2001:db8::8]", no: "!10.0.0.8 ![2001:db8::9]"}},
	{allow: list{"*.0.0.7"}, expected: expected{no: "!10.0.0.7"}},
	{allow: list{"xn--bcher-kva.example"}, expected: expected{yes: "xn--bcher-kva.example XN--Bcher-KVA.example"}},
	{allow: list{"bücher.example"}, expected: expected{no: "xn--bcher-kva.example"}},
	{allow: list{"[ab].example"}, expected: expected{no: "a.example b.example"}},
	{allow: list{"[a.example]"}, expected: expected{yes: "a.example"}},
	{allow: list{"[a.example.]:443"}, expected: expected{yes: "a.example"}},
	{allow: list{"[*.a.example]"}, expected: expected{yes: "b.a.example", no: "a.example"}},
	{allow: list{"[a.example"}, expected: expected{no: "a.example"}},
	{allow: list{"127.1"}, expected: expected{no: "!127.0.0.1 !127.1 localhost.example"}},
	{allow: list{"a.example"}, deny: list{"*:443"}, expected: expected{yes: "a.example:22", no: "!a.example"}},
	{allow: list{"LOCALHOST"}, expected: expected{refused: "allowedDomains.0"}},
	{allow: list{"*.localhost"}, expected: expected{refused: "allowedDomains.0"}},
	{allow: list{"10.0.0.0/8"}, expected: expected{refused: "allowedDomains.0"}},
	{allow: list{"a.example:443:80"}, expected: expected{refused: "allowedDomains.0"}},
	{allow: list{"a.example", "b.example:x"}, expected: expected{refused: "allowedDomains.1"}},
	{allow: list{"a?.example"}, expected: expected{no: "ab.example"}},
	{allow: list{"under_score.example"}, expected: expected{yes: "under_score.example"}},
	{allow: list{"a..example"}, expected: expected{no: "a.example"}},
	{allow: list{"a.example "}, expected: expected{no: "a.example"}},
	{allow: list{"*.co.uk"}, expected: expected{yes: "a.co.uk"}},
	{allow: list{"a.example:080"}, expected: expected{refused: "allowedDomains.0"}},
	{allow: list{"a.example:0"}, expected: expected{refused: "allowedDomains.0"}},
	{allow: list{"a.example:65536"}, expected: expected{refused: "allowedDomains.0"}},
	{allow: list{"a.example:"}, expected: expected{refused: "allowedDomains.0"}},
	{allow: list{"*"}, expected: expected{refused: "allowedDomains.0"}},
	{allow: list{"*:443"}, expected: expected{refused: "allowedDomains.0"}},
	{allow: list{"*.com"}, expected: expected{refused: "allowedDomains.0"}},
	{allow: list{"com"}, expected: expected{refused: "allowedDomains.0"}},
	{allow: list{""}, expected: expected{refused: "allowedDomains.0"}},
	{allow: list{"*."}, expected: expected{refused: "allowedDomains.0"}},
	{allow: list{"**.a.example"}, expected: expected{refused: "allowedDomains.0"}},
	{allow: list{"*.*.example"}, expected: expected{no: "a.b.example"}},
	{allow: list{"a*.example"}, expected: expected{refused: "allowedDomains.0"}},
	{allow: list{"a.example."}, expected: expected{refused: "allowedDomains.0"}},
	{allow: list{"*.a.example."}, expected: expected{refused: "allowedDomains.0"}},
	{allow: list{".a.example"}, expected: expected{refused: "allowedDomains.0"}},
	{allow: list{"*.a..example"}, expected: expected{refused: "allowedDomains.0"}},
	{allow: list{"https://a.example"}, expected: expected{refused: "allowedDomains.0"}},
	{allow: list{"a.example/path"}, expected: expected{refused: "allowedDomains.0"}},
	{allow: list{"2001:db8::1"}, expected: expected{refused: "allowedDomains.0"}},
	{allow: list{"[::1]x"}, expected: expected{refused: "allowedDomains.0"}},
	{allow: list{"[::1"}, expected: expected{refused: "allowedDomains.0"}},
	{allow: list{"a.example"}, deny: list{"com"}, expected: expected{refused: "deniedDomains.0"}},
	{allow: list{"a.example"}, deny: list{"*.com"}, expected: expected{refused: "deniedDomains.0"}},
	{allow: list{"a.example"}, deny: list{"**"}, expected: expected{refused: "deniedDomains.0"}},
	{allow: list{"a.example"}, deny: list{"b.example:0"}, expected: expected{refused: "deniedDomains.0"}},
}

// srtPolicy is what srt.mjs reads, and srtVerdict what it prints.
type (
	srtPolicy struct {
		Settings any      `json:"settings"`
		Names    []string `json:"names"`
	}
	srtVerdict struct {
		Refused string
		Answers []answer
	}
)

// settings are those of sandbox-runtime.
func (p patterns) settings() any {
	return map[string]any{
		"network":    map[string]list{"allowedDomains": append(list{}, p.allow...), "deniedDomains": append(list{}, p.deny...)},
		"filesystem": map[string]list{"denyRead": {}, "allowWrite": {}, "denyWrite": {}},
	}
}

// TestSandboxRuntime compares how we read sandbox-runtime's settings with the proxy of the released sandbox-runtime.
func TestSandboxRuntime(t *testing.T) {
	o := newOutskirts(t)
	var names [][]string
	for _, p := range srtTable {
		want, _ := p.names()
		names = append(names, slices.Collect(maps.Keys(want)))
	}
	theirs := o.srt(srtTable, names)
	for i, p := range srtTable {
		t.Run(p.name(), func(t *testing.T) {
			o := newOutskirts(t)
			o.write("srt.json", string(settingsText(t, p)))
			_, asked := p.names()
			if p.refused != "" {
				asked = append(asked, "a.example")
			}
			agree(t, p.expected, theirs[i], o.ours(exec.Command(program("codex-dnsvisor"), "explain", "--srt-settings", o.path("srt.json")), asked))
		})
	}
}

func settingsText(t *testing.T, p patterns) []byte {
	t.Helper()
	text, err := json.Marshal(p.settings())
	must(t, err)
	return text
}

// srt is what the released sandbox-runtime makes of each policy, with the names for each; nil: it is only asked whether it
// takes them.
func (o *outskirts) srt(table []patterns, names [][]string) []verdict {
	o.t.Helper()
	var policies []srtPolicy
	for i, p := range table {
		policy := srtPolicy{Settings: p.settings(), Names: []string{}}
		if names != nil {
			policy.Names = append(policy.Names, names[i]...)
		}
		policies = append(policies, policy)
	}
	input, err := json.Marshal(policies)
	must(o.t, err)
	c := exec.Command("node", program("testdata/srt.mjs"))
	// Its UNIX sockets' paths, of 107 bytes at most, lie below TMPDIR: what is there in run's own mount namespace alone.
	c.Env = []string{"TMPDIR=/tmp", "SRT=" + program("cache/node_modules/@anthropic-ai/sandbox-runtime/dist/index.js"), "CONNECT=" + program("testdata/connect.py")}
	output, failure := o.run(c, string(input))
	if failure != "" {
		o.t.Fatal(failure)
	}
	var verdicts []verdict
	for decoder := json.NewDecoder(strings.NewReader(output)); decoder.More(); {
		var said srtVerdict
		must(o.t, decoder.Decode(&said))
		v := verdict{refused: said.Refused, allowed: map[string]bool{}}
		for _, a := range said.Answers {
			v.allowed[a.Name] = a.allowed(o.t)
		}
		verdicts = append(verdicts, v)
	}
	if len(verdicts) != len(table) {
		o.t.Fatalf("sandbox-runtime judged %d of %d policies", len(verdicts), len(table))
	}
	return verdicts
}
