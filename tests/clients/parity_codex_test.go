//go:build clients

package clients

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// codexTable is how Codex's proxy reads the domains of a permission profile.
var codexTable = []patterns{
	{allow: list{"a.example"}, expected: expected{yes: "a.example A.EXAMPLE a.example.", no: "x.a.example example xa.example a.examplex"}},
	{allow: list{"A.Example."}, expected: expected{yes: "a.example A.example.", no: "x.a.example"}},
	{allow: list{"  a.example\t"}, expected: expected{yes: "a.example"}},
	{allow: list{"*.w.example"}, expected: expected{yes: "a.w.example b.a.w.example A.W.EXAMPLE. _a.w.example", no: "w.example aw.example"}},
	{allow: list{"*.W.Example."}, expected: expected{yes: "a.w.example", no: "w.example"}},
	{allow: list{"**.w.example"}, expected: expected{yes: "w.example a.w.example b.a.w.example A.W.EXAMPLE.", no: "aw.example"}},
	{allow: list{"**.W.Example."}, expected: expected{yes: "w.example a.w.example"}},
	{allow: list{"p.example:8443"}, expected: expected{yes: "p.example p.example:22", no: "a.p.example"}},
	{allow: list{"*.p.example:443"}, expected: expected{yes: "a.p.example a.p.example:80", no: "p.example"}},
	{allow: list{"**.p.example:443"}, expected: expected{yes: "p.example a.p.example"}},
	{allow: list{"p.example:"}, expected: expected{yes: "p.example"}},
	{allow: list{"p.example:x"}, expected: expected{yes: "p.example"}},
	{allow: list{"p.example.:1"}, expected: expected{yes: "p.example"}},
	{allow: list{"p.example:1:2"}, expected: expected{no: "p.example"}},
	{allow: list{"*"}, expected: expected{yes: "a.example x a.b.c.d.e xn--bcher-kva.example localhost !127.0.0.1 !10.0.0.7 ![::1]"}},
	{allow: list{"*:443"}, expected: expected{yes: "a.example x"}},
	{allow: list{"[*]"}, expected: expected{yes: "a.example x"}},
	{allow: list{"[*]:443"}, expected: expected{yes: "a.example"}},
	{allow: list{"*.*"}, expected: expected{yes: "a.example a.b.c", no: "x"}},
	{allow: list{"**.*"}, expected: expected{yes: "a.example a.b.c x"}},
	{allow: list{"*.com"}, expected: expected{yes: "example.com a.b.com", no: "com"}},
	{allow: list{"com"}, expected: expected{yes: "com", no: "example.com"}},
	{allow: list{"region*.v2.example"}, expected: expected{yes: "region1.v2.example region.v2.example region.a.b.v2.example REGION9.V2.EXAMPLE.", no: "xregion1.v2.example foo.region1.v2.example"}},
	{allow: list{"a?.example"}, expected: expected{yes: "ab.example", no: "a.example abc.example a.b.example"}},
	{allow: list{"a?b.example"}, expected: expected{yes: "axb.example a.b.example", no: "ab.example"}},
	{allow: list{"a.*.example"}, expected: expected{yes: "a.b.example a.b.c.example", no: "a.example"}},
	{allow: list{"a.*"}, expected: expected{yes: "a.example a.b.c", no: "a"}},
	{allow: list{"*a.example"}, expected: expected{yes: "a.example xa.example x.a.example", no: "a.example.org"}},
	{allow: list{"*.a*.example"}, expected: expected{yes: "x.ab.example x.a.example x.y.a.b.example", no: "ab.example"}},
	{allow: list{"**.a*.example"}, expected: expected{yes: "x.ab.example ab.example a.example", no: "b.example"}},
	{allow: list{"*.*.m.example"}, expected: expected{yes: "a.b.m.example a.b.c.m.example", no: "m.example a.m.example"}},
	{allow: list{"*.?.example"}, expected: expected{yes: "a.b.example a.b.c.example", no: "a.bc.example b.example"}},
	{allow: list{"?"}, expected: expected{yes: "x", no: "xy x.y"}},
	{allow: list{"a.example?"}, expected: expected{yes: "a.examples", no: "a.example"}},
	{allow: list{"*.d.example"}, deny: list{"x.d.example"}, expected: expected{yes: "a.d.example y.x.d.example", no: "x.d.example X.D.EXAMPLE. d.example"}},
	{allow: list{"x.d.example"}, deny: list{"*.d.example"}, expected: expected{no: "x.d.example a.d.example d.example"}},
	{allow: list{"**.d.example"}, deny: list{"**.s.d.example"}, expected: expected{yes: "d.example a.d.example", no: "s.d.example t.s.d.example"}},
	{allow: list{"*"}, deny: list{"bad.example", "ev?l.example"}, expected: expected{yes: "good.example a.bad.example", no: "bad.example evil.example"}},
	{allow: list{"a.example"}, deny: list{"*.*"}, expected: expected{no: "a.example"}},
	{allow: list{"*"}, deny: list{"*.example:22"}, expected: expected{yes: "a.test", no: "a.example"}},
	{deny: list{"ONLY.example"}, expected: expected{no: "only.example a.example"}},
	{expected: expected{no: "a.example"}},
	// Of domains that are one to Codex, the last of the sorted texts counts.
	{allow: list{"Same.example"}, deny: list{"same.example"}, expected: expected{no: "same.example"}},
	{allow: list{"same.example"}, deny: list{"Same.example"}, expected: expected{yes: "same.example"}},
	{allow: list{"same.example."}, deny: list{"same.example"}, expected: expected{yes: "same.example"}},
	{allow: list{"same.example"}, deny: list{"same.example."}, expected: expected{no: "same.example"}},
	{allow: list{"same.example:80"}, deny: list{"same.example"}, expected: expected{yes: "same.example"}},
	{allow: list{"*.same.example"}, deny: list{"*.Same.example"}, expected: expected{yes: "a.same.example"}},
	{allow: list{"**.same.example"}, deny: list{"*.same.example"}, expected: expected{yes: "same.example", no: "a.same.example"}},
	{allow: list{" same.example"}, deny: list{"same.example"}, expected: expected{no: "same.example"}},
	{allow: list{"same.example"}, deny: list{" same.example"}, expected: expected{yes: "same.example"}},
	// Names that are like addresses, and addresses.
	{allow: list{"localhost"}, expected: expected{yes: "localhost LOCALHOST.", no: "!a.localhost !127.0.0.1 ![::1]"}},
	{allow: list{"*.localhost"}, expected: expected{yes: "a.localhost", no: "!localhost"}},
	{allow: list{"127.0.0.1", "10.0.0.7", "8.8.8.8", "[2001:db8::1]:443", "2001:db8::2"}, expected: expected{yes: "!127.0.0.1 !127.0.0.1. !10.0.0.7 !8.8.8.8 ![2001:db8::1] ![2001:DB8:0::2]", no: "!127.1 !9.9.9.9 !localhost"}},
	{allow: list{"10.0.0.*"}, expected: expected{yes: "!10.0.0.7", no: "!10.0.1.7"}},
	// Letters beyond ASCII.
	{allow: list{"xn--bcher-kva.example"}, expected: expected{yes: "xn--bcher-kva.example XN--BCHER-KVA.example"}},
	{allow: list{"bücher.example"}, expected: expected{no: "xn--bcher-kva.example"}},
	{allow: list{"under_score.example"}, expected: expected{yes: "under_score.example"}},
	{allow: list{".lead.example"}, expected: expected{no: "lead.example a.lead.example"}},
	{allow: list{"a..example"}, expected: expected{no: "a.example"}},
	// What Codex does not take.
	{allow: list{""}, expected: expected{refused: "domain pattern is empty"}},
	{allow: list{"."}, expected: expected{refused: "domain pattern is empty"}},
	{allow: list{"*."}, expected: expected{refused: "domain pattern is empty"}},
	{allow: list{"**."}, expected: expected{refused: "domain pattern is empty"}},
	{allow: list{":443"}, expected: expected{refused: "domain pattern is empty"}},
	{allow: list{"**"}, expected: expected{refused: "unsupported repeated wildcard: **"}},
	{allow: list{"***"}, expected: expected{refused: "unsupported repeated wildcard: ***"}},
	{allow: list{"a**.example"}, expected: expected{refused: "unsupported repeated wildcard: a**.example"}},
	{allow: list{"*.**.example"}, expected: expected{refused: "unsupported repeated wildcard: *.**.example"}},
	{allow: list{"https://a.example"}, expected: expected{refused: "unsupported domain pattern syntax: https://a.example"}},
	{allow: list{"a.example/path"}, expected: expected{refused: "unsupported domain pattern syntax"}},
	{allow: list{"a.exa mple"}, expected: expected{refused: "unsupported domain pattern syntax"}},
	{allow: list{"a.exa\u00a0mple"}, expected: expected{refused: "unsupported domain pattern syntax"}},
	{allow: list{"{a,b}.example"}, expected: expected{refused: "unsupported domain pattern syntax"}},
	{allow: list{"a}.example"}, expected: expected{refused: "unsupported domain pattern syntax"}},
	{allow: list{`a\*.example`}, expected: expected{refused: "unsupported domain pattern syntax"}},
	{allow: list{"a[0-9].example"}, expected: expected{refused: "brackets are only supported for IPv6 literals or [*]"}},
	{allow: list{"[ab].example"}, expected: expected{refused: "brackets are only supported"}},
	{allow: list{"[a.example]"}, expected: expected{refused: "brackets are only supported"}},
	{allow: list{"[::1]x"}, expected: expected{refused: "brackets are only supported"}},
	{allow: list{"[::1"}, expected: expected{refused: "brackets are only supported"}},
	{allow: list{"[10.0.0.7]"}, expected: expected{refused: "brackets are only supported"}},
	{allow: list{"a].example"}, expected: expected{refused: "brackets are only supported"}},
	{deny: list{"*"}, expected: expected{refused: "invalid value for network.denied_domains: *"}},
	{allow: list{"a.example"}, deny: list{" * "}, expected: expected{refused: "invalid value for network.denied_domains"}},
	{allow: list{"a.example"}, deny: list{"*:443"}, expected: expected{refused: "invalid value for network.denied_domains"}},
	{allow: list{"a.example"}, deny: list{"[*]"}, expected: expected{refused: "invalid value for network.denied_domains"}},
	{allow: list{"a.example"}, deny: list{"**.*"}, expected: expected{refused: "invalid value for network.denied_domains"}},
	{allow: list{"a.example"}, deny: list{"**"}, expected: expected{refused: "unsupported repeated wildcard"}},
	{allow: list{"a.example"}, deny: list{""}, expected: expected{refused: "domain pattern is empty"}},
	{allow: list{"a.example"}, deny: list{"b{"}, expected: expected{refused: "unsupported domain pattern syntax"}},
}

// codexProfile is a profile w, to which domains are added.
const codexProfile = `[features]
network_proxy = true
[permissions.w.filesystem]
":root" = "read"
[permissions.w.network]
enabled = true
allow_local_binding = true
[permissions.w.network.domains]
`

// config is Codex's, with the patterns in the profile.
func (p patterns) config() string {
	var text strings.Builder
	text.WriteString(codexProfile)
	for effect, patterns := range map[string]list{"allow": p.allow, "deny": p.deny} {
		for _, pattern := range patterns {
			fmt.Fprintf(&text, "%q = %q\n", pattern, effect)
		}
	}
	return text.String()
}

// TestCodexPatterns compares how we read the domains of Codex's configuration with the proxy of the released Codex.
func TestCodexPatterns(t *testing.T) {
	for _, p := range codexTable {
		t.Run(p.name(), func(t *testing.T) {
			o := newOutskirts(t)
			o.write("home/config.toml", p.config())
			o.compareCodex("w", "project", p.expected)
		})
	}
}

// compareCodex compares what both programs make of a profile of the files that are there: home is CODEX_HOME, and they run in dir.
// In project there is a repository. Without a name it is the default profile.
func (o *outskirts) compareCodex(profile, dir string, want expected) {
	o.t.Helper()
	asked, shared := want.names()
	var names []string
	for name := range asked {
		names = append(names, name)
	}
	theirs := o.codex(profile, dir, names)
	if want.refused != "" {
		shared = append(shared, "a.example")
	}
	args := []string{"explain", "--codex-profile", profile}
	if profile == "" {
		args = []string{"explain", "--codex-config", o.path("home/config.toml")}
	}
	agree(o.t, want, theirs, o.ours(o.at(dir, program("codex-dnsvisor"), args...), shared))
}

// at is a command in a directory, for which home is CODEX_HOME.
func (o *outskirts) at(dir, name string, args ...string) *exec.Cmd {
	c := exec.Command(name, args...)
	c.Dir, c.Env = o.path(dir), []string{"CODEX_HOME=" + o.path("home")} // not below TMPDIR, where Codex does not take it
	return c
}

// codex is what the released Codex makes of a profile.
func (o *outskirts) codex(profile, dir string, names []string) verdict {
	o.t.Helper()
	o.write("project/.git/HEAD", "ref: refs/heads/main\n")
	must(o.t, os.MkdirAll(o.path(dir), 0o755))
	args := []string{"sandbox"}
	if profile != "" {
		args = append(args, "--permission-profile", profile, "--include-managed-config")
	}
	args = append(args, "--", "/usr/bin/python3", program("testdata/connect.py"))
	codex := program("cache/node_modules/@openai/codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex")
	output, failure := o.run(o.at(dir, codex, args...), strings.Join(names, "\n"))
	if failure != "" && !strings.Contains(failure, "there is no proxy, and no network") {
		return verdict{refused: failure}
	}
	v := verdict{allowed: judged(o.t, output)}
	if failure != "" {
		for _, name := range names {
			v.allowed[name] = false
		}
	}
	return v
}
