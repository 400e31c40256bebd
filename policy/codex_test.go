package policy

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// codexOf is a configuration of texts, the lowest layer first.
func codexOf(profile, requirements string, layers ...string) *Codex {
	c := &Codex{Profile: profile}
	for i, text := range layers {
		c.Config = append(c.Config, CodexFile{string(rune('a'+i)) + ".toml", []byte(text)})
	}
	if requirements != "" {
		c.Requirements = CodexFile{"requirements.toml", []byte(requirements)}
	}
	return c
}

// said writes rules as "pattern=effect@place".
func said(rules []Rule) string {
	var words []string
	for _, r := range rules {
		words = append(words, r.Pattern.String()+"="+r.Effect.String()+"@"+r.Origin.String())
	}
	return strings.Join(words, " ")
}

const (
	network = "[permissions.w.network]\nenabled = true\n"
	domains = network + "[permissions.w.network.domains]\n"
)

func TestCodexPolicy(t *testing.T) {
	for _, c := range []struct {
		name  string
		codex *Codex
		want  string
	}{
		{"default_permissions", codexOf("", "", `default_permissions = "w"`+"\n"+domains+`"A.test:1" = "allow"`), "a.test=allow@a.toml:5:1"},
		{"a profile that is asked for", codexOf("x", "", `default_permissions = "w"`+"\n"+domains+`"a" = "allow"`+"\n[permissions.x]\nnetwork = {enabled = true, domains = {b = \"deny\"}}"), "b=deny@a.toml:7:39"},
		{"the order of the file", codexOf("w", "", domains+"'b.test' = 'allow'\n'a.test' = 'deny'"), "b.test=allow@a.toml:4:1 a.test=deny@a.toml:5:1"},
		{"the same domain twice: the later of the sorted counts", codexOf("w", "", domains+"'a.test' = 'deny'\n'A.test' = 'allow'"), "a.test=deny@a.toml:4:1"},
		{"not enabled", codexOf("w", "", "[permissions.w.network.domains]\n'a.test' = 'allow'"), ""},
		{"a built-in profile", codexOf(":workspace", "", domains+"'a.test' = 'allow'"), ""},
		{"a higher layer adds, changes, and switches on", codexOf("w", "", "[permissions.w.network.domains]\n'a.test' = 'allow'\n'b.test' = 'allow'", domains+"'b.test' = 'deny'\n'c.test' = 'allow'"), "a.test=allow@a.toml:2:1 b.test=deny@b.toml:4:1 c.test=allow@b.toml:5:1"},
		{"a higher layer, of the same domain", codexOf("w", "", domains+"'a.test' = 'allow'\n'b.test' = 'allow'", domains+"'A.test:1' = 'deny'"), "b.test=allow@a.toml:5:1 a.test=deny@b.toml:4:1"},
		{"an empty table takes nothing away", codexOf("w", "", domains+"'a.test' = 'allow'", "[permissions.w.network]\ndomains = {}", "[permissions.w]\nnetwork = {}"), "a.test=allow@a.toml:4:1"},
		{"extends", codexOf("w", "", domains+"'A.test' = 'deny'\n[permissions.w]\nextends = 'p'\n[permissions.p]\nextends = ':read-only'\n[permissions.p.network.domains]\n'a.test:9' = 'allow'\n'b.test' = 'allow'"), "a.test=deny@a.toml:4:1 b.test=allow@a.toml:11:1"},
		{"requirements add", codexOf("w", "[experimental_network]\ndomains = {'m.test' = 'allow', 'n.test' = 'deny'}", domains+"'a.test' = 'allow'"), "m.test=allow@requirements.toml:2:12 n.test=deny@requirements.toml:2:32 a.test=allow@a.toml:4:1"},
		{"requirements in lists", codexOf("w", "[experimental_network]\nallowed_domains = ['m.test']\ndenied_domains = ['a.test']", domains+"'a.test' = 'allow'"), "m.test=allow@requirements.toml:2:1 a.test=deny@requirements.toml:3:1 a.test=allow@a.toml:4:1"},
		{"requirements alone allow", codexOf("w", "[experimental_network]\nmanaged_allowed_domains_only = true\ndomains = {'m.test' = 'allow'}", domains+"'a.test' = 'allow'\n'b.test' = 'deny'"), "m.test=allow@requirements.toml:3:12 b.test=deny@a.toml:5:1"},
		{"requirements switch off", codexOf("w", "[experimental_network]\nenabled = false", domains+"'a.test' = 'allow'"), ""},
		{"requirements under their other name", codexOf("w", "[permissions.network.domains]\n'a.test' = 'deny'\n[permissions.filesystem]", domains+"'a.test' = 'allow'"), "a.test=deny@requirements.toml:2:1 a.test=allow@a.toml:4:1"},
		{"the same domain twice in requirements: both count", codexOf("w", "[experimental_network.domains]\n'A.test' = 'deny'\n'a.test' = 'allow'", domains), "a.test=deny@requirements.toml:2:1 a.test=allow@requirements.toml:3:1"},
		{"a profile of requirements", codexOf("v", "[permissions.v]\nextends = 'w'\n[permissions.v.network.domains]\n'b.test' = 'allow'", domains+"'a.test' = 'allow'"), "a.test=allow@a.toml:4:1 b.test=allow@requirements.toml:4:1"},
		{"a profile of requirements alone", codexOf("w", domains+"'b.test' = 'allow'"), "b.test=allow@requirements.toml:4:1"},
		{"a default of requirements", codexOf("", "default_permissions = 'w'\nallowed_permission_profiles = {w = true}", domains+"'a.test' = 'allow'"), "a.test=allow@a.toml:4:1"},
		{"no default but the built-in one", codexOf("", "allowed_permission_profiles = {':workspace' = true, ':read-only' = true}", domains+"'a.test' = 'allow'"), ""},
		{"a profile that requirements do not allow", codexOf("v", "default_permissions = 'w'\nallowed_permission_profiles = {w = true, v = false}", domains+"'a.test' = 'allow'\n[permissions.v]"), "a.test=allow@a.toml:4:1"},
		{"what is not about names", codexOf("w", "", "model = 'x'\nn = [1, [2.5, 1979-05-27], {a = true}]\n[[hooks.x]]\na = 1\n[[hooks.x]]\na = 2\n[hooks.x.y]\n[[hooks.x.z]]\n[[hooks.x.z]]\n"+domains+"'a.test' = 'allow'"), "a.test=allow@a.toml:13:1"},
	} {
		p, err := c.codex.Policy()
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if got := said(p.Rules); got != c.want {
			t.Errorf("%s:\n%s, not\n%s", c.name, got, c.want)
		}
	}
}

func TestCodexLocalBinding(t *testing.T) {
	for _, c := range []struct {
		profile, requirements string
		deny                  bool
	}{
		{"", "", true},
		{"allow_local_binding = false\n", "", true},
		{"allow_local_binding = true\n", "", false},
		{"allow_local_binding = true\n", "[experimental_network]\nallow_local_binding = false", true},
		{"", "[experimental_network]\nallow_local_binding = true", false},
	} {
		p, err := codexOf("w", c.requirements, network+c.profile).Policy()
		if err != nil || p.DenyPrivate != c.deny {
			t.Errorf("%q and %q: %v, %v", c.profile, c.requirements, p, err)
		}
	}
}

func TestCodexWithoutItsProxy(t *testing.T) {
	const said = "a.toml:1:14: Codex leaves commands of the profile \"w\" in the host's network: [features] network_proxy is not true, and these rules count for nothing there"
	for _, c := range []struct {
		codex *Codex
		warns bool
	}{
		{codexOf("w", "", network), true},
		{codexOf("w", "", network+"[features]\nnetwork_proxy = false"), true},
		{codexOf("w", "", network+"[features.network_proxy]\nenabled = false"), true},
		{codexOf("w", "", network+"[features]\nnetwork_proxy = true"), false},
		{codexOf("w", "", network+"[features.network_proxy]\nenabled = true"), false},
		{codexOf("w", "[experimental_network]\nenabled = true", network), false},
		{codexOf(":workspace", "", network), false},
		{&Codex{Config: codexOf("", "", network).Config, Profile: "w", Proxied: true}, false},
	} {
		p, err := c.codex.Policy()
		if err != nil || c.warns != (len(p.Warnings) == 1 && p.Warnings[0].String() == said) || !c.warns && len(p.Warnings) > 0 {
			t.Errorf("%s: %v, %v", c.codex.Config[0].Data, p, err)
		}
	}
}

func TestCodexRefuses(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"a = ", "a.toml:1:4: TOML: "},
		{"a = 1\na = 2", "a.toml:2:1: a is already defined"},
		{"[a]\n[a]", "a.toml:2:2: a is already defined"},
		{"[a]\n[[a]]", "a.toml:2:3: a is already defined"},
		{"[[a]]\n[a]", "a.toml:2:2: a is already defined"},
		{"[[a]]\nb = 1\nb = 2", "a.toml:3:1: a.1.b is already defined"},
		{"[a.b]\n[[a]]", "a.toml:2:3: a is already defined"},
		{"a = []\n[[a]]", "a.toml:2:3: a is already defined"},
		{"permissions = 1", "a.toml:1:1: permissions must be a table, not an integer"},
		{"[permissions]\nw = 'x'", "a.toml:2:1: permissions.w must be a table, not a string"},
		{"[permissions.':w']", `a.toml:1:14: the profile ":w": names that begin with a colon are Codex's own`},
		{"[permissions.w]\nnetwork = true", "a.toml:2:1: network must be a table, not a boolean"},
		{"[permissions.w]\nextends = 1", "a.toml:2:1: extends must be a string, not an integer"},
		{"[permissions.w]\nextends = 'v'", `a.toml:2:1: there is no profile "v" to extend`},
		{"[permissions.w]\nextends = 'v'\n[permissions.v]\nextends = 'w'", `a.toml:4:1: the profile "w" extends itself`},
		{"[permissions.w]\nextends = ':danger-full-access'", `a.toml:2:1: there is no profile ":danger-full-access" to extend`},
		{"[permissions.w]\n[permissions.v.network]\nenabled = 'yes'", "a.toml:3:1: enabled must be a boolean, not a string"},
		{network + "mode = 'some'", `a.toml:3:1: "some" is no mode`},
		{network + "domains = ['a.test']", "a.toml:3:1: domains must be a table, not an array"},
		{domains + "'a.test' = true", `a.toml:4:1: "a.test" must be a string, not a boolean`},
		{domains + "'a.test' = 'ask'", `a.toml:4:1: "ask" is neither allow nor deny`},
		{domains + "'*' = 'deny'", `a.toml:4:1: pattern "*": everything cannot be denied`},
		{domains + "'a[' = 'allow'", `a.toml:4:1: pattern "a[": brackets are for an IPv6 address, or for [*]`},
		{domains + "'' = 'deny'\n'a.test' = 'allow'", `a.toml:4:1: pattern "": it is empty`},
		{"[permissions.v]", `--codex-profile: there is no profile "w"`},
		{strings.Repeat("a.", deepestCodex) + "a = 1", "a.toml:1:1: nested more than 80 deep"},
		{"a = " + strings.Repeat("[", deepestCodex+1) + strings.Repeat("]", deepestCodex+1), "a.toml:1:1: nested more than 80 deep"},
	} {
		_, err := codexOf("w", "", c.text).Policy()
		if _, ok := errors.AsType[*Error](err); !ok || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%q: %v, not %s", c.text, err, c.want)
		}
	}
	for _, c := range []struct {
		codex *Codex
		want  string
	}{
		{codexOf("", "", domains), "a.toml: it has no default_permissions"},
		{codexOf("", "", "default_permissions = 1"), "a.toml:1:1: default_permissions must be a string, not an integer"},
		{codexOf(":danger-full-access", "", domains), "--codex-profile: :danger-full-access has no rules about names"},
		{codexOf("w", "default_permissions = 'w'", domains), "requirements.toml:1:1: default_permissions needs a table allowed_permission_profiles"},
		{codexOf("w", "default_permissions = 1", domains), "requirements.toml:1:1: default_permissions must be a string, not an integer"},
		{codexOf("w", "allowed_permission_profiles = ['w']", domains), "requirements.toml:1:1: allowed_permission_profiles must be a table, not an array"},
		{codexOf("w", "[allowed_permission_profiles]\nw = 'yes'", domains), "requirements.toml:2:1: w must be a boolean, not a string"},
		{codexOf("w", "[allowed_permission_profiles]\nv = false", domains), `requirements.toml:2:1: there is no profile "v"`},
		{codexOf("w", "[allowed_permission_profiles]\nw = true", domains), "requirements.toml:1:2: it has no default_permissions"},
		{codexOf("w", "default_permissions = 'w'\n[allowed_permission_profiles]", domains), `requirements.toml:1:1: allowed_permission_profiles does not allow "w"`},
		{codexOf("w", domains, domains), `requirements.toml:1:14: the profile "w" is one of a.toml:1:14, too`},
		{codexOf("w", "permissions = 1", domains), "requirements.toml:1:1: permissions must be a table, not an integer"},
		{codexOf("w", "[permissions.network]\n[experimental_network]", domains), "requirements.toml:1:14: requirements.toml:2:2 says what the network is, too"},
		{codexOf("w", "[experimental_network]\ndenied_domains = []\ndomains = {}", domains), "requirements.toml:2:1: requirements.toml:3:1 says which the domains are, too"},
		{codexOf("w", "[experimental_network]\nallowed_domains = ['*']", domains), "requirements.toml:2:1: requirements cannot allow everything"},
		{codexOf("w", "[experimental_network]\ndomains = {'**.*' = 'allow'}", domains), "requirements.toml:2:12: requirements cannot allow everything"},
		{codexOf("w", "[experimental_network]\nenabled = 1", domains), "requirements.toml:2:1: enabled must be a boolean, not an integer"},
		{codexOf("w", "[experimental_network]\nallowed_domains = [1]", domains), "requirements.toml:2:1: a domain must be a string, not an integer"},
		{codexOf("w", "x", domains), "requirements.toml:1:1: TOML: "},
	} {
		if _, err := c.codex.Policy(); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%v, not %s", err, c.want)
		}
	}
}

// write puts texts into files below dir.
func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCodexFiles(t *testing.T) {
	dir := t.TempDir()
	trust := func(path, level string) string {
		return "\n[projects.'" + filepath.Join(dir, path) + "']\ntrust_level = '" + level + "'\n"
	}
	write(t, dir, map[string]string{
		"etc/config.toml":              domains + "'machine.test' = 'allow'",
		"etc/managed_config.toml":      domains + "'project.test' = 'deny'",
		"etc/requirements.toml":        "[experimental_network]\ndomains = {'required.test' = 'deny'}",
		"home/config.toml":             "default_permissions = 'w'\n" + domains + "'user.test' = 'allow'" + trust("repo", "trusted") + trust("repo/no", "untrusted"),
		"repo/.git/HEAD":               "",
		"repo/.codex/config.toml":      domains + "'project.test' = 'allow'",
		"repo/no/.codex/config.toml":   domains + "'no.test' = 'allow'",
		"repo/no/a/.codex/config.toml": domains + "'below.test' = 'allow'",
		"repo/.git/worktrees/x/gitdir": filepath.Join(dir, "tree/.git") + "\n",
		"tree/.git":                    "gitdir: ../repo/.git/worktrees/x\n",
		"false/.git":                   "gitdir: ../repo/.git/worktrees/x\n",
		"false/.codex/config.toml":     domains + "'false.test' = 'allow'",
		"tree/.codex/config.toml":      domains + "'worktree.test' = 'allow'",
		"loose/.codex/config.toml":     domains + "'loose.test' = 'allow'",
	})
	patterns := func(f *CodexFiles) string {
		t.Helper()
		codex, err := f.Load("")
		if err != nil {
			t.Fatal(err)
		}
		p, err := codex.Policy()
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, r := range p.Rules {
			names = append(names, r.Pattern.String()+"="+r.Effect.String())
		}
		slices.Sort(names)
		return strings.Join(names, " ")
	}
	in := func(path string) *CodexFiles {
		return &CodexFiles{Config: filepath.Join(dir, "home/config.toml"), System: filepath.Join(dir, "etc"), Dir: filepath.Join(dir, path)}
	}
	const always = "machine.test=allow project.test=deny required.test=deny user.test=allow"
	for path, want := range map[string]string{
		"loose":     always,
		"repo":      always,
		"repo/no":   always,
		"repo/no/a": "below.test=allow " + always,
		"tree":      always + " worktree.test=allow",
		"false":     always,
	} {
		if got := patterns(in(path)); got != want {
			t.Errorf("in %s: %s, not %s", path, got, want)
		}
	}

	tree := in("tree")
	first := patterns(tree)
	write(t, dir, map[string]string{"tree/.codex/config.toml": domains + "'chosen-inside.test' = 'allow'"})
	if again := patterns(tree); again != first {
		t.Errorf("a project's file was read again: %s", again)
	}

	if _, err := (&CodexFiles{Config: filepath.Join(dir, "none")}).Load("w"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	if _, err := (&CodexFiles{Config: filepath.Join(dir, "none"), Optional: true}).Load("w"); err != nil {
		t.Errorf("a file that need not be there: %v", err)
	}
}

// TestCodexRoundTrip writes what Codex's patterns come to as our policy file, which decides the same.
func TestCodexRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.StringMatching(`(\*\*?\.)?[ab.?-]?(\*?[abü.?-]){0,4}\*?(:1)?`)
		table := rapid.MapOf(key, rapid.SampledFrom([]string{"allow", "deny"})).Draw(t, "domains")
		var text strings.Builder
		text.WriteString(domains)
		for pattern, effect := range table {
			text.WriteString(quote(pattern) + " = " + quote(effect) + "\n")
		}
		codex, err := codexOf("w", "", text.String()).Policy()
		if err != nil {
			t.Skip("Codex refuses it, too")
		}
		names := rapid.SliceOfN(rapid.StringMatching(`[ab-]{1,3}(\.[ab-]{1,3}){0,2}`), 20, 20).Draw(t, "names")
		checkShown(t, &File{Rules: codex.Rules, DNS: DNS{DenyPrivate: codex.DenyPrivate}}, names)
	})
}

func FuzzParseCodex(f *testing.F) {
	f.Add([]byte(domains + "'*.a.test:443' = 'allow'\n'x?.*.test' = 'deny'"))
	f.Add([]byte("default_permissions = 'w'\n[[a]]\nb = [{c = 1}]\n[a.d]\n[permissions.w]\nextends = ':workspace'"))
	f.Fuzz(func(t *testing.T, data []byte) {
		codex, err := (&Codex{Config: []CodexFile{{"fuzz", data}}, Profile: "w"}).Policy()
		if err != nil {
			if _, ok := errors.AsType[*Error](err); !ok || err.Error() == "" {
				t.Errorf("%#v", err)
			}
			return
		}
		for _, r := range codex.Rules {
			if r.Origin.Line < 1 {
				t.Errorf("%s has no place", r.Pattern)
			}
		}
		if _, err := Parse("shown", []byte((&File{Rules: codex.Rules}).TOML())); err != nil {
			t.Error(err)
		}
	})
}
