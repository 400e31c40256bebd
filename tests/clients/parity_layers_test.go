//go:build clients

package clients

import (
	"fmt"
	"strings"
	"testing"
)

// layers are files of Codex's: home is CODEX_HOME, etc is /etc, and Codex runs in project. HERE is the directory that they are in.
type layers struct {
	name    string
	profile string // "": the default
	files   map[string]string
	expected
}

// profileOf is a profile with domains, whose network is on.
func profileOf(name string, domains ...string) string {
	text := fmt.Sprintf("[permissions.%s.filesystem]\n':root' = 'read'\n[permissions.%s.network]\nenabled = true\nallow_local_binding = true\n", name, name)
	return text + domainsOf(name, domains...)
}

// domainsOf adds domains to a profile.
func domainsOf(name string, domains ...string) string {
	return fmt.Sprintf("[permissions.%s.network.domains]\n%s\n", name, strings.Join(domains, "\n"))
}

// requirements are domains of /etc/codex/requirements.toml.
func requirements(keys string, domains ...string) string {
	return "[experimental_network]\n" + keys + "\n[experimental_network.domains]\n" + strings.Join(domains, "\n") + "\n"
}

const (
	feature   = "[features]\nnetwork_proxy = true\n"
	trusted   = "[projects.'HERE/project']\ntrust_level = 'trusted'\n"
	untrusted = "[projects.'HERE/project']\ntrust_level = 'untrusted'\n"
	aYes, aNo = `"a.example" = "allow"`, `"a.example" = "deny"`
	bYes, bNo = `"b.example" = "allow"`, `"b.example" = "deny"`
	cYes      = `"c.example" = "allow"`
	aloud     = `"A.Example" = "allow"`
	aloudNo   = `"A.Example" = "deny"`
)

// codexLayers is how Codex merges its files and profiles.
var codexLayers = []layers{
	{
		"default_permissions", "",
		map[string]string{"home/config.toml": "default_permissions = 'w'\n" + feature + profileOf("w", aYes)},
		expected{yes: "a.example", no: "b.example"},
	},
	{
		"no default_permissions", "",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes)},
		expected{refused: "does not set `default_permissions`"},
	},
	{
		"a profile that is not there", "v",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes)},
		expected{refused: "undefined profile `v`"},
	},
	{
		"a default that is not there", "",
		map[string]string{"home/config.toml": "default_permissions = 'v'\n" + feature + profileOf("w", aYes)},
		expected{refused: "undefined profile `v`"},
	},
	{
		"a built-in profile that is not there", ":other",
		map[string]string{"home/config.toml": feature},
		expected{refused: "unknown built-in profile `:other`"},
	},
	{
		"a profile named as if built in", ":mine",
		map[string]string{"home/config.toml": feature + "[permissions.':mine']\n"},
		expected{refused: "reserved built-in profile prefix"},
	},
	{
		"another profile has bad domains", "w",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes) + profileOf("v", `"**" = "allow"`)},
		expected{yes: "a.example", no: "b.example"},
	},
	{
		"a value that is no effect", "w",
		map[string]string{"home/config.toml": feature + profileOf("w", `"a.example" = "permit"`)},
		expected{refused: "expected `allow` or `deny`"},
	},
	{
		"an effect in capitals", "w",
		map[string]string{"home/config.toml": feature + profileOf("w", `"a.example" = "Allow"`)},
		expected{refused: "expected `allow` or `deny`"},
	},
	{
		"an effect that is a boolean", "w",
		map[string]string{"home/config.toml": feature + profileOf("w", `"a.example" = true`)},
		expected{refused: "expected string or map"},
	},
	{
		"a name without quotes", "w",
		map[string]string{"home/config.toml": feature + profileOf("w", `a.example = "allow"`)},
		expected{refused: "expected `allow` or `deny`"},
	},
	{
		"a domain twice", "w",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes, aNo)},
		expected{refused: "duplicate key"},
	},
	{
		"domains in a list", "w",
		map[string]string{"home/config.toml": feature + "[permissions.w.network]\nenabled = true\ndomains = ['a.example']\n"},
		expected{refused: "invalid type: sequence"},
	},
	{
		"enabled is a string", "w",
		map[string]string{"home/config.toml": feature + "[permissions.w.network]\nenabled = 'yes'\n"},
		expected{refused: "expected a boolean"},
	},
	{
		"an unknown mode", "w",
		map[string]string{"home/config.toml": feature + "[permissions.w.network]\nenabled = true\nmode = 'none'\n"},
		expected{refused: "expected `limited` or `full`"},
	},
	{
		"the limited mode", "w",
		map[string]string{"home/config.toml": feature + strings.Replace(profileOf("w", aYes), "enabled", "mode = 'limited'\nenabled", 1)},
		expected{yes: "a.example", no: "b.example"},
	},
	{
		"unknown keys", "w",
		map[string]string{"home/config.toml": feature + strings.Replace(profileOf("w", aYes), "enabled", "bogus = 1\nallowed_domains = ['b.example']\nenabled", 1)},
		expected{yes: "a.example", no: "b.example"},
	},
	{
		"no network but for its domains", "w",
		map[string]string{"home/config.toml": feature + "[permissions.w.filesystem]\n':root' = 'read'\n" + domainsOf("w", aYes)},
		expected{no: "a.example"},
	},
	{
		"network off", "w",
		map[string]string{"home/config.toml": feature + strings.Replace(profileOf("w", aYes), "enabled = true", "enabled = false", 1)},
		expected{no: "a.example"},
	},
	{
		"a profile without network", "w",
		map[string]string{"home/config.toml": feature + "[permissions.w.filesystem]\n':root' = 'read'\n"},
		expected{no: "a.example"},
	},
	{
		"the workspace profile", ":workspace",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes)},
		expected{no: "a.example"},
	},
	{
		"the read-only profile", ":read-only",
		map[string]string{"home/config.toml": feature},
		expected{no: "a.example"},
	},
	{
		"extends", "v",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes) + "[permissions.v]\nextends = 'w'\n" + domainsOf("v", bYes)},
		expected{yes: "a.example b.example", no: "c.example"},
	},
	{
		"extends in two steps", "u",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes) + "[permissions.v]\nextends = 'w'\n" + domainsOf("v", bYes) + "[permissions.u]\nextends = 'v'\n" + domainsOf("u", bNo)},
		expected{yes: "a.example", no: "b.example"},
	},
	{
		"extends, and denies the same", "v",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes, bYes) + "[permissions.v]\nextends = 'w'\n" + domainsOf("v", aloudNo)},
		expected{yes: "b.example", no: "a.example"},
	},
	{
		"extends, and allows the same", "v",
		map[string]string{"home/config.toml": feature + profileOf("w", aNo) + "[permissions.v]\nextends = 'w'\n" + domainsOf("v", aloud)},
		expected{yes: "a.example"},
	},
	{
		"extends, and switches off", "v",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes) + "[permissions.v]\nextends = 'w'\n[permissions.v.network]\nenabled = false\n"},
		expected{no: "a.example"},
	},
	{
		"extends a built-in one", "v",
		map[string]string{"home/config.toml": feature + "[permissions.v]\nextends = ':workspace'\n" + strings.Replace(profileOf("v", aYes), "[permissions.v.filesystem]\n':root' = 'read'\n", "", 1)},
		expected{yes: "a.example", no: "b.example"},
	},
	{
		"extends one that is not there", "v",
		map[string]string{"home/config.toml": feature + "[permissions.v]\nextends = 'w'\n"},
		expected{refused: "extends undefined profile `w`"},
	},
	{
		"extends itself", "v",
		map[string]string{"home/config.toml": feature + "[permissions.v]\nextends = 'v'\n"},
		expected{refused: "inheritance cycle"},
	},
	{
		"extends full access", "v",
		map[string]string{"home/config.toml": feature + "[permissions.v]\nextends = ':danger-full-access'\n"},
		expected{refused: "cannot extend unsupported built-in profile"},
	},

	{
		"the machine's file counts less", "w",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes), "etc/codex/config.toml": domainsOf("w", aloudNo, bYes)},
		expected{yes: "a.example b.example", no: "c.example"},
	},
	{
		"the managed file counts most", "w",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes) + trusted, "project/.codex/config.toml": domainsOf("w", aYes), "etc/codex/managed_config.toml": domainsOf("w", aloudNo, bYes)},
		expected{yes: "b.example", no: "a.example"},
	},
	{
		"a managed file at home is nothing", "w",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes), "home/managed_config.toml": domainsOf("w", aNo, bYes)},
		expected{yes: "a.example", no: "b.example"},
	},
	{
		"a project that nobody trusts", "w",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes), "project/.codex/config.toml": domainsOf("w", aNo, bYes)},
		expected{yes: "a.example", no: "b.example"},
	},
	{
		"a project that is not trusted", "w",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes) + untrusted, "project/.codex/config.toml": domainsOf("w", aNo, bYes)},
		expected{yes: "a.example", no: "b.example"},
	},
	{
		"a project that is trusted", "w",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes) + trusted, "project/.codex/config.toml": domainsOf("w", aloudNo, bYes)},
		expected{yes: "b.example", no: "a.example"},
	},
	{
		"a trusted project's default", "",
		map[string]string{"home/config.toml": "default_permissions = 'w'\n" + feature + profileOf("w", aYes) + trusted, "project/.codex/config.toml": "default_permissions = 'v'\n" + profileOf("v", bYes)},
		expected{yes: "b.example", no: "a.example"},
	},
	{
		"a trusted project that says the same twice", "w",
		map[string]string{"home/config.toml": feature + profileOf("w", aNo) + trusted, "project/.codex/config.toml": domainsOf("w", aloudNo, aYes)},
		expected{yes: "a.example"},
	},
	{
		"a trusted project with an empty table", "w",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes) + trusted, "project/.codex/config.toml": "[permissions.w.network]\ndomains = {}\n"},
		expected{yes: "a.example", no: "b.example"},
	},
	{
		"a trusted project with an empty network", "w",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes) + trusted, "project/.codex/config.toml": "[permissions.w]\nnetwork = {}\n"},
		expected{yes: "a.example", no: "b.example"},
	},
	{
		"a trusted project that switches off", "w",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes) + trusted, "project/.codex/config.toml": "[permissions.w]\nnetwork = {enabled = false}\n"},
		expected{no: "a.example"},
	},
	{
		"a trusted project with bad domains", "w",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes) + trusted, "project/.codex/config.toml": domainsOf("w", `"a[.example" = "allow"`)},
		expected{refused: "brackets are only supported"},
	},

	{
		"requirements", "w",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes), "etc/codex/requirements.toml": requirements("enabled = true", aNo, bYes)},
		expected{yes: "b.example", no: "a.example"},
	},
	{
		"requirements and the default", "",
		map[string]string{"home/config.toml": "default_permissions = 'w'\n" + feature + profileOf("w", aYes), "etc/codex/requirements.toml": requirements("enabled = true", aNo, bYes)},
		expected{yes: "b.example", no: "a.example"},
	},
	{
		"requirements without enabled", "w",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes), "etc/codex/requirements.toml": requirements("", bYes)},
		expected{yes: "a.example b.example", no: "c.example"},
	},
	{
		"requirements in lists", "w",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes), "etc/codex/requirements.toml": "[experimental_network]\nenabled = true\nallowed_domains = ['b.example']\ndenied_domains = ['a.example']\n"},
		expected{yes: "b.example", no: "a.example c.example"},
	},
	{
		"requirements that alone allow", "w",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes, `"d.example" = "deny"`), "etc/codex/requirements.toml": requirements("enabled = true\nmanaged_allowed_domains_only = true", bYes, `"*.example.org" = "allow"`)},
		expected{yes: "b.example a.example.org", no: "a.example d.example"},
	},
	{
		"requirements that alone allow, and allow nothing", "w",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes), "etc/codex/requirements.toml": "[experimental_network]\nenabled = true\nmanaged_allowed_domains_only = true\n"},
		expected{no: "a.example"},
	},
	{
		"requirements do not take a denial back", "w",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes, bNo), "etc/codex/requirements.toml": requirements("enabled = true", bYes)},
		expected{yes: "a.example", no: "b.example"},
	},
	{
		"requirements with a bad pattern", "w",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes), "etc/codex/requirements.toml": requirements("enabled = true", `"**" = "allow"`)},
		expected{refused: "unsupported repeated wildcard"},
	},
	{
		"requirements that allow everything", "w",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes), "etc/codex/requirements.toml": requirements("enabled = true", `"*" = "allow"`)},
		expected{refused: "invalid value for network.allowed_domains"},
	},
	{
		"requirements that define the same profile", "w",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes), "etc/codex/requirements.toml": domainsOf("w", bYes)},
		expected{refused: "conflicts with a config-defined profile"},
	},
	{
		"requirements that define another profile", "v",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes), "etc/codex/requirements.toml": "[permissions.v]\nextends = 'w'\n" + domainsOf("v", bYes)},
		expected{yes: "a.example b.example", no: "c.example"},
	},
	{
		"requirements under their other name", "w",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes), "etc/codex/requirements.toml": "[permissions.network]\nmanaged_allowed_domains_only = true\n" + "[permissions.network.domains]\n" + bYes + "\n"},
		expected{yes: "b.example", no: "a.example"},
	},
	{
		"requirements under both names", "w",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes), "etc/codex/requirements.toml": requirements("", aYes) + "[permissions.network.domains]\n" + bYes + "\n"},
		expected{refused: "through exactly one surface"},
	},
	{
		"requirements with domains and lists", "w",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes), "etc/codex/requirements.toml": requirements("denied_domains = []", bYes)},
		expected{refused: "cannot be combined with legacy"},
	},
	{
		"requirements that allow everything, with a port", "w",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes), "etc/codex/requirements.toml": requirements("", `"*:443" = "allow"`)},
		expected{refused: "invalid value for network.allowed_domains"},
	},
	{
		"requirements that allow everything in a list", "w",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes), "etc/codex/requirements.toml": "[experimental_network]\nallowed_domains = ['*']\n"},
		expected{refused: "invalid value for network.allowed_domains"},
	},
	{
		"requirements that allow all with a dot", "w",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes), "etc/codex/requirements.toml": requirements("", `"*.*" = "allow"`)},
		expected{yes: "a.example b.example", no: "x"},
	},
	{
		"requirements that deny everything", "w",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes), "etc/codex/requirements.toml": requirements("", `"*" = "deny"`)},
		expected{refused: "invalid value for network.denied_domains"},
	},
	{
		"requirements that say the same twice", "w",
		map[string]string{"home/config.toml": feature + profileOf("w"), "etc/codex/requirements.toml": requirements("", aloudNo, aYes)},
		expected{no: "a.example"},
	},
	{
		"requirements with an unknown key", "w",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes), "etc/codex/requirements.toml": requirements("bogus = 1", bYes)},
		expected{yes: "a.example b.example"},
	},
	{
		"requirements that forbid local binding", "w",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes, `"public.example" = "allow"`), "etc/codex/requirements.toml": "[experimental_network]\nallow_local_binding = false\n"},
		expected{yes: "public.example", no: "!a.example"},
	},
	{
		"requirements that allow the profile", "w",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes), "etc/codex/requirements.toml": "default_permissions = 'w'\n[allowed_permission_profiles]\nw = true\n"},
		expected{yes: "a.example", no: "b.example"},
	},
	{
		"requirements that allow another profile", "w",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes) + profileOf("v", bYes), "etc/codex/requirements.toml": "default_permissions = 'v'\n[allowed_permission_profiles]\nv = true\nw = false\n"},
		expected{yes: "b.example", no: "a.example"},
	},
	{
		"requirements that allow a built-in profile", "w",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes), "etc/codex/requirements.toml": "default_permissions = ':workspace'\n[allowed_permission_profiles]\n':workspace' = true\n"},
		expected{no: "a.example"},
	},
	{
		"requirements that allow both built-in profiles", "w",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes), "etc/codex/requirements.toml": "[allowed_permission_profiles]\n':workspace' = true\n':read-only' = true\n"},
		expected{no: "a.example"},
	},
	{
		"requirements with a default", "",
		map[string]string{"home/config.toml": "default_permissions = ':workspace'\n" + feature + profileOf("w", aYes), "etc/codex/requirements.toml": "default_permissions = 'w'\n[allowed_permission_profiles]\nw = true\n"},
		expected{yes: "a.example", no: "b.example"},
	},
	{
		"requirements with a default alone", "w",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes), "etc/codex/requirements.toml": "default_permissions = 'w'\n"},
		expected{refused: "default_permissions requires allowed_permission_profiles"},
	},
	{
		"requirements without a default", "w",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes), "etc/codex/requirements.toml": "[allowed_permission_profiles]\nw = true\n"},
		expected{refused: "default_permissions must be set"},
	},
	{
		"requirements with a default that they do not allow", "w",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes), "etc/codex/requirements.toml": "default_permissions = 'w'\n[allowed_permission_profiles]\n':workspace' = true\n"},
		expected{refused: "must be allowed by allowed_permission_profiles"},
	},
	{
		"requirements about a profile that is not there", "w",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes), "etc/codex/requirements.toml": "default_permissions = 'w'\n[allowed_permission_profiles]\nw = true\nv = false\n"},
		expected{refused: "refers to undefined profile `v`"},
	},
	{
		"requirements for a profile without network", "w",
		map[string]string{"home/config.toml": feature + "[permissions.w.filesystem]\n':root' = 'read'\n", "etc/codex/requirements.toml": requirements("enabled = true\nallow_local_binding = true", bYes)},
		expected{yes: "b.example", no: "a.example"},
	},

	// Without allow_local_binding, Codex looks a name up before it allows it, and we look at the answer.
	{
		"no local binding", "w",
		map[string]string{"home/config.toml": feature + strings.Replace(profileOf("w", `"*" = "allow"`), "binding = true", "binding = false", 1)},
		expected{yes: "public.example !8.8.8.8", no: "!private.example !unresolvable.example !localhost !127.0.0.1 !10.0.0.7 ![::1]"},
	},
	{
		"no local binding, exact", "w",
		map[string]string{"home/config.toml": feature + strings.Replace(profileOf("w", `"localhost" = "allow"`, `"127.0.0.1" = "allow"`, `"10.0.0.*" = "allow"`), "binding = true", "binding = false", 1)},
		expected{yes: "localhost !127.0.0.1", no: "!127.0.0.2 !10.0.0.7 ![::1]"},
	},
}

// TestCodexLayers compares how we merge Codex's files and profiles with the released Codex.
func TestCodexLayers(t *testing.T) {
	for _, l := range codexLayers {
		t.Run(l.name, func(t *testing.T) {
			o := newOutskirts(t)
			o.layers(l.files)
			o.compareCodex(l.profile, "project", l.expected)
		})
	}
}

func (o *outskirts) layers(files map[string]string) {
	o.t.Helper()
	for file, text := range files {
		o.write(file, strings.ReplaceAll(text, "HERE", o.dir))
	}
}
