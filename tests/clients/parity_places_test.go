//go:build clients

package clients

import "testing"

// codexPlaces is which projects' files Codex reads, by the directory that it runs in.
var codexPlaces = []struct {
	name, dir string
	files     map[string]string
	expected
}{
	{
		"a directory of a project", "project/sub",
		map[string]string{"project/.codex/config.toml": domainsOf("w", aNo, bYes), "project/sub/.codex/config.toml": domainsOf("w", bNo, cYes)},
		expected{yes: "c.example", no: "a.example b.example"},
	},
	{
		"a directory of a project, not trusted itself", "project/no/sub",
		map[string]string{"project/.codex/config.toml": domainsOf("w", aNo), "project/no/.codex/config.toml": domainsOf("w", bYes), "project/no/sub/.codex/config.toml": domainsOf("w", cYes)},
		expected{yes: "c.example", no: "a.example b.example"},
	},
	{
		"the directory that is not trusted", "project/no",
		map[string]string{"project/.codex/config.toml": domainsOf("w", aNo), "project/no/.codex/config.toml": domainsOf("w", bYes)},
		expected{no: "a.example b.example"},
	},
	{
		"a directory without a repository", "bare",
		map[string]string{"bare/.codex/config.toml": domainsOf("w", bYes)},
		expected{yes: "a.example b.example"},
	},
	{
		"a directory below one without a repository", "bare/sub",
		map[string]string{"bare/.codex/config.toml": domainsOf("w", bYes), "bare/sub/.codex/config.toml": domainsOf("w", cYes)},
		expected{yes: "a.example", no: "b.example"},
	},
	{
		"a repository within a trusted one", "project/inner",
		map[string]string{"project/.codex/config.toml": domainsOf("w", aNo), "project/inner/.git/HEAD": "ref: refs/heads/main\n", "project/inner/.codex/config.toml": domainsOf("w", bYes)},
		expected{yes: "a.example", no: "b.example"},
	},
	{
		"a work tree of a trusted repository", "tree",
		map[string]string{
			"project/.git/worktrees/tree/HEAD": "ref: refs/heads/tree\n", "project/.git/worktrees/tree/commondir": "../..\n", "project/.git/worktrees/tree/gitdir": "HERE/tree/.git\n",
			"tree/.git": "gitdir: HERE/project/.git/worktrees/tree\n", "tree/.codex/config.toml": domainsOf("w", bYes),
		},
		expected{yes: "a.example b.example"},
	},
	{
		"what says that it is a work tree of a trusted repository", "tree",
		map[string]string{"tree/.git": "gitdir: HERE/project/.git/worktrees/tree\n", "tree/.codex/config.toml": domainsOf("w", bYes)},
		expected{yes: "a.example", no: "b.example"},
	},
	{
		"what says that it is another's work tree", "tree",
		map[string]string{
			"project/.git/worktrees/tree/HEAD": "ref: refs/heads/tree\n", "project/.git/worktrees/tree/commondir": "../..\n", "project/.git/worktrees/tree/gitdir": "HERE/another/.git\n",
			"tree/.git": "gitdir: HERE/project/.git/worktrees/tree\n", "tree/.codex/config.toml": domainsOf("w", bYes),
		},
		expected{yes: "a.example", no: "b.example"},
	},
	{
		"a work tree with a relative link", "tree/sub",
		map[string]string{
			"project/.git/worktrees/tree/HEAD": "ref: refs/heads/tree\n", "project/.git/worktrees/tree/commondir": "../..\n", "project/.git/worktrees/tree/gitdir": "../../../../tree/.git\n",
			"tree/.git": "gitdir: ../project/.git/worktrees/tree\n", "tree/.codex/config.toml": domainsOf("w", bYes),
		},
		expected{yes: "a.example b.example"},
	},
	{
		"other markers", "project/sub",
		map[string]string{
			"home/config.toml":               "project_root_markers = ['mark']\n" + feature + profileOf("w", aYes) + trusted,
			"project/.codex/config.toml":     domainsOf("w", bYes),
			"project/sub/mark":               "",
			"project/sub/.codex/config.toml": domainsOf("w", cYes),
		},
		expected{yes: "a.example c.example", no: "b.example"},
	},
	{
		"no markers", "project/sub",
		map[string]string{
			"home/config.toml":               "project_root_markers = []\n" + feature + profileOf("w", aYes) + trusted,
			"project/.codex/config.toml":     domainsOf("w", bYes),
			"project/sub/.codex/config.toml": domainsOf("w", cYes),
		},
		expected{yes: "a.example c.example", no: "b.example"},
	},
	{
		"only a directory is trusted", "project/sub",
		map[string]string{
			"home/config.toml":               feature + profileOf("w", aYes) + "[projects.'HERE/project/sub']\ntrust_level = 'trusted'\n",
			"project/.codex/config.toml":     domainsOf("w", bYes),
			"project/sub/.codex/config.toml": domainsOf("w", cYes),
		},
		expected{yes: "a.example c.example", no: "b.example"},
	},
	{
		"an unknown level of trust", "project",
		map[string]string{"home/config.toml": feature + profileOf("w", aYes) + "[projects.'HERE/project']\ntrust_level = 'some'\n"},
		expected{refused: "trust_level"},
	},
	{
		"a project that says that it is trusted", "other",
		map[string]string{
			"other/.git/HEAD":          "ref: refs/heads/main\n",
			"other/.codex/config.toml": domainsOf("w", bYes) + "[projects.'HERE/other']\ntrust_level = 'trusted'\n",
		},
		expected{yes: "a.example", no: "b.example"},
	},
	{
		"a project whose file is no TOML", "other",
		map[string]string{"other/.git/HEAD": "ref: refs/heads/main\n", "other/.codex/config.toml": "a = "},
		expected{yes: "a.example"},
	},
	{
		"a trusted project whose file is no TOML", "project",
		map[string]string{"project/.codex/config.toml": "a = "},
		expected{refused: "config.toml"},
	},
	{
		"a repository of nobody's", "other",
		map[string]string{"other/.git/HEAD": "ref: refs/heads/main\n", "other/.codex/config.toml": domainsOf("w", bYes)},
		expected{yes: "a.example", no: "b.example"},
	},
}

// TestCodexPlaces compares which projects' files we read with the released Codex.
func TestCodexPlaces(t *testing.T) {
	const trust = trusted + "[projects.'HERE/project/no']\ntrust_level = 'untrusted'\n[projects.'HERE/bare']\ntrust_level = 'trusted'\n"
	for _, p := range codexPlaces {
		t.Run(p.name, func(t *testing.T) {
			o := newOutskirts(t)
			o.layers(map[string]string{"home/config.toml": feature + profileOf("w", aYes) + trust})
			o.layers(p.files)
			o.compareCodex("w", p.dir, p.expected)
		})
	}
}
