package policy

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
)

// Rules come after those that are there, in their way, and nothing else changes.
func TestInsert(t *testing.T) {
	two := []Line{{"b.test", "twice, by curl"}, {"*.c.test", ""}}
	for name, c := range map[string]struct {
		table    []string
		in, want string
	}{
		"after the last rule": {
			DomainsTable, "# mine\n[network.domains]\n\t\"a.test\" = \"allow\" # why\n\n# of dns\n[dns]\nprivate = \"deny\"\n",
			"# mine\n[network.domains]\n\t\"a.test\" = \"allow\" # why\n\t\"b.test\" = \"allow\" # twice, by curl\n\t\"*.c.test\" = \"allow\"\n\n# of dns\n[dns]\nprivate = \"deny\"\n",
		},
		"a file without an end of line": {
			DomainsTable, `[network.domains]
"a.test" = "allow"`, `[network.domains]
"a.test" = "allow"
"b.test" = "allow" # twice, by curl
"*.c.test" = "allow"
`,
		},
		"an empty table":        {DomainsTable, "[network.domains] # none\n[dns]\n", "[network.domains] # none\n\"b.test\" = \"allow\" # twice, by curl\n\"*.c.test\" = \"allow\"\n[dns]\n"},
		"an empty file":         {DomainsTable, "", "[network.domains]\n\"b.test\" = \"allow\" # twice, by curl\n\"*.c.test\" = \"allow\"\n"},
		"no table":              {DomainsTable, "[dns]\r\nprivate = \"deny\"\r\n", "[dns]\r\nprivate = \"deny\"\r\n\r\n[network.domains]\r\n\"b.test\" = \"allow\" # twice, by curl\r\n\"*.c.test\" = \"allow\"\r\n"},
		"keys with dots":        {DomainsTable, "[network]\n  domains . 'a.test' = \"deny\"\n[dns]\n", "[network]\n  domains . 'a.test' = \"deny\"\n  domains . \"b.test\" = \"allow\" # twice, by curl\n  domains . \"*.c.test\" = \"allow\"\n[dns]\n"},
		"braces":                {DomainsTable, "[network]\ndomains = {\"a.test\" = \"allow\"} # one line\n", "[network]\ndomains = { \"b.test\" = \"allow\", \"*.c.test\" = \"allow\",\"a.test\" = \"allow\"} # one line\n"},
		"empty braces":          {DomainsTable, "network = { domains = {} }\n", "network = { domains = { \"b.test\" = \"allow\", \"*.c.test\" = \"allow\" } }\n"},
		"braces above":          {DomainsTable, "network = {}\n", "network = { domains.\"b.test\" = \"allow\", domains.\"*.c.test\" = \"allow\" }\n"},
		"the table comes first": {DomainsTable, "[network.domains]\n'a.test' = 'allow'\n[dns.records]\nzone = '''\n[network.domains]\n'''\n", "[network.domains]\n'a.test' = 'allow'\n\"b.test\" = \"allow\" # twice, by curl\n\"*.c.test\" = \"allow\"\n[dns.records]\nzone = '''\n[network.domains]\n'''\n"},
		"a profile": {
			CodexDomainsTable("my work"), "[permissions.\"my work\".network]\nenabled = true\n[[projects]]\nx = [1]\n",
			"[permissions.\"my work\".network]\nenabled = true\n[[projects]]\nx = [1]\n\n[permissions.\"my work\".network.domains]\n\"b.test\" = \"allow\" # twice, by curl\n\"*.c.test\" = \"allow\"\n",
		},
	} {
		got, err := Insert("policy.toml", []byte(c.in), c.table, two)
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %v\n%s\nwant\n%s", name, err, got, c.want)
		}
	}
}

// What has no place, or is there already, is refused, and a comment is one line whatever it holds.
func TestInsertRefuses(t *testing.T) {
	for name, in := range map[string]string{
		"no TOML": "[network.domains", "another kind": "[network]\ndomains = 7\n", "an array": "[[network.domains]]\n", "there already": "[network.domains]\n\"b.test\" = \"deny\"\n",
		"larger than a policy": "# " + strings.Repeat("x", MaxFile),
	} {
		got, err := Insert("policy.toml", []byte(in), DomainsTable, []Line{{Pattern: "b.test"}})
		if _, ok := errors.AsType[*Error](err); !ok || got != nil {
			t.Errorf("%s: %v %q", name, err, got)
		}
	}
	if _, err := Insert("policy.toml", []byte("# "+strings.Repeat("x", MaxFile-10)), DomainsTable, []Line{{Pattern: "b.test"}}); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("it becomes too large: %v", err)
	}
	if _, err := Insert("policy.toml", nil, DomainsTable, []Line{{Pattern: "b.test"}, {Pattern: "b.test"}}); err == nil {
		t.Error("one pattern twice")
	}
	got, err := Insert("policy.toml", nil, DomainsTable, []Line{{"b.test", "x\n\"*\" = \"allow\"\u2028\r\x00\xff"}})
	if err != nil {
		t.Fatal(err)
	}
	if f, err := Parse("policy.toml", got); err != nil || len(f.Rules) != 1 || f.Rules[0].Pattern.String() != "b.test" {
		t.Errorf("%q: %v, %v", got, f, err)
	}
}

// Whatever the file and the pattern: all bytes of the file are there, in their order, and it says what it said, and the rules.
func FuzzInsert(f *testing.F) {
	for _, seed := range []string{
		"", "[network.domains]\n", "[network.domains]\n\"a.test\" = \"allow\" # x\n[dns]\n", "network.domains.a = 'deny'", "[network]\ndomains = { }\r\n", "network = { domains = {\"a\"='allow'}}",
		"network = {\n # x\n domains = {},\n}", "[a]\nnetwork.domains.x = 1\n[network]\n", "[ network . \"domains\" ]#\n", "[dns.records]\nzone='''\n[network.domains]\n'''", "\ufeff[network.domains]\n", "[network]\ndomains.\"a\" = \"allow\"\ndomains.\"b\"=\"deny\"",
	} {
		f.Add([]byte(seed), "b.test", "by curl")
	}
	f.Add([]byte("[network.domains]\n"), "x\"\n= ]", "a\nb")
	f.Fuzz(func(t *testing.T, data []byte, pattern, comment string) {
		lines := []Line{{pattern, comment}, {pattern + ".more", ""}}
		before, bad := Parse("p", data)
		got, err := Insert("p", data, DomainsTable, lines)
		if err != nil {
			if _, ok := errors.AsType[*Error](err); !ok {
				t.Fatalf("%T %v", err, err)
			}
			return
		}
		rest := got
		for i := range data {
			at := bytes.IndexByte(rest, data[i])
			if at < 0 {
				t.Fatalf("%q is not all of %q", got, data)
			}
			rest = rest[at+1:]
		}
		if bad != nil {
			return
		}
		after, err := Parse("p", got)
		for _, l := range lines {
			if _, bad := ParsePattern(l.Pattern); bad != nil {
				return // no rule, which whoever asks has to know
			}
		}
		if twice := patterns(before); err != nil {
			p, _ := ParsePattern(pattern)
			q, _ := ParsePattern(pattern + ".more")
			if !twice[p] && !twice[q] && p != q {
				t.Fatalf("%q: %v", got, err)
			}
			return
		}
		if len(after.Rules) != len(before.Rules)+2 {
			t.Fatalf("%q: %d rules of %d", got, len(after.Rules), len(before.Rules))
		}
		for _, r := range before.Rules {
			if !slices.ContainsFunc(after.Rules, func(o Rule) bool { return o.Pattern == r.Pattern && o.Effect == r.Effect }) {
				t.Fatalf("%q: without %v", got, r)
			}
		}
	})
}

func patterns(f *File) map[Pattern]bool {
	all := map[Pattern]bool{}
	for _, r := range f.Rules {
		all[r.Pattern] = true
	}
	return all
}
