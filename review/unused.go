package review

import (
	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
	"github.com/codex-dnsvisor/codex-dnsvisor/policy"
)

// UnusedRule is a rule that decided nothing.
type UnusedRule struct {
	Pattern string `json:"pattern"`
	Effect  string `json:"effect"`
	Origin  string `json:"origin"`
}

// Unused gives the rules that no event names as what decided. Where the table of rules was cut, some may have decided all the same.
func (f *Figures) Unused(rules []policy.Rule) []UnusedRule {
	used := map[string]bool{}
	for _, r := range f.Rules.Rows {
		used[r.Text] = true
	}
	unused := []UnusedRule{}
	for _, r := range rules {
		if text := audit.Escape(r.Pattern.String()); !used[text] {
			unused = append(unused, UnusedRule{text, r.Effect.String(), audit.Escape(r.Origin.String())})
		}
	}
	return unused
}
