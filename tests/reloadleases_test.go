package tests

import "testing"

// What an allowed name led to is denied from the reload on that denies it, or the name that it began with.
func TestReloadEndsLeases(t *testing.T) {
	o := newOutside(t)
	path := o.path("policy.toml")
	policy := func(rules string) string {
		return "[network.domains]\n" + rules + "[dns]\nupstreams = [\"udp://127.0.0.1\"]\n"
	}
	const alias = "\"alias.corp.example\" = \"allow\"\n"
	write(t, path, policy(alias))
	f := followIn(t, o.dir, o.enter, "--quiet", "--", "/usr/bin/python3", "-c", look)
	for _, step := range []struct{ rules, name, want string }{
		{"", "backend.corp.example", "fails"},
		{"", "alias.corp.example", "192.0.2.10"},
		{"", "backend.corp.example", "192.0.2.10"},
		{alias + "\"backend.corp.example\" = \"deny\"\n", "backend.corp.example", "fails"},
		{alias, "backend.corp.example", "192.0.2.10"},
		{"\"a.corp.example\" = \"allow\"\n", "backend.corp.example", "fails"},
		{"\"**.corp.example\" = \"allow\"\n\"middle.corp.example\" = \"deny\"\n", "alias.corp.example", "fails"},
	} {
		if step.rules != "" {
			write(t, path, policy(step.rules))
			f.reloaded("applied")
		}
		if got := f.address(step.name); got != step.want {
			t.Errorf("%s with %q: %s, want %s", step.name, step.rules, got, step.want)
		}
	}
	f.end()
}
