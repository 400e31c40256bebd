package policy

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/pelletier/go-toml/v2/unstable"
)

// CodexRequirements reads the rules of the text of a requirements.toml by itself; false where it is none, by its name and by what
// it has. Which of its profiles counts, and of those that it names, is for the other files to say. The error is an [*Error].
func CodexRequirements(name string, data []byte) ([]Rule, bool, error) {
	tree, err := codexTree(name, data)
	named := filepath.Base(name) == "requirements.toml"
	if err != nil {
		return nil, named, err
	}
	if !named && tree.child("experimental_network") == nil && tree.child("allowed_permission_profiles") == nil {
		return nil, false, nil
	}
	m := &codexMerge{config: newCodexTable(Origin{}), requirements: tree}
	for _, check := range []func() error{m.addProfiles, m.checkProfiles} {
		if err := check(); err != nil {
			return nil, true, err
		}
	}
	managed, err := m.managed()
	if err != nil {
		return nil, true, err
	}
	rules, err := managed.rulesOfRequirements()
	return rules, true, err
}

// preset is the profile that counts where the machine's requirements do not allow the one that is asked for.
func (m *codexMerge) preset() string {
	if node := m.requirements.child("default_permissions"); node != nil {
		return node.text
	}
	return ":workspace"
}

// allowed are the profiles that the machine's requirements allow, or nil: all.
func (m *codexMerge) allowed() *codexNode { return m.requirements.child("allowed_permission_profiles") }

// defined reports whether there is a profile, Codex's own ones among them.
func (m *codexMerge) defined(name string) bool {
	return name == ":danger-full-access" || name == ":read-only" || name == ":workspace" || m.config.child("permissions", name) != nil
}

// checkAllowed refuses requirements about profiles that Codex would refuse.
func (m *codexMerge) checkAllowed() error {
	allowed, preset := m.allowed(), m.requirements.child("default_permissions")
	switch {
	case allowed == nil && preset == nil:
		return nil
	case preset != nil && preset.kind != unstable.String:
		return preset.wrong("default_permissions", "a string")
	case allowed == nil:
		return &Error{Origin: preset.origin, Msg: "default_permissions needs a table allowed_permission_profiles"}
	case allowed.table == nil:
		return allowed.wrong("allowed_permission_profiles", "a table")
	}
	for _, name := range slices.Sorted(maps.Keys(allowed.table)) {
		switch node := allowed.table[name]; {
		case node.kind != unstable.Bool:
			return node.wrong(name, "a boolean")
		case !m.defined(name):
			return &Error{Origin: node.origin, Msg: fmt.Sprintf("there is no profile %q", cut(name)), Accepted: m.names()}
		}
	}
	switch {
	case preset == nil && (allowed.child(":workspace").no() || allowed.child(":read-only").no()):
		return &Error{Origin: allowed.origin, Msg: "it has no default_permissions, and does not allow both :workspace and :read-only"}
	case preset != nil && allowed.child(preset.text).no():
		return &Error{Origin: preset.origin, Msg: fmt.Sprintf("allowed_permission_profiles does not allow %q", cut(preset.text))}
	}
	return nil
}

// addProfiles adds the profiles of the machine's requirements, beside which "network" and "filesystem" are none.
func (m *codexMerge) addProfiles() error {
	own, permissions := m.requirements.child("permissions"), m.config.child("permissions")
	if own == nil || permissions != nil && permissions.table == nil {
		return nil
	}
	if own.table == nil {
		return own.wrong("permissions", "a table")
	}
	merged := newCodexTable(own.origin)
	if permissions != nil {
		maps.Copy(merged.table, permissions.table)
	}
	for _, name := range slices.Sorted(maps.Keys(own.table)) {
		if name == "network" || name == "filesystem" {
			continue
		}
		if other := merged.table[name]; other != nil {
			return &Error{Origin: own.table[name].origin, Msg: fmt.Sprintf("the profile %q is one of %s, too", cut(name), other.origin)}
		}
		merged.table[name] = own.table[name]
	}
	m.config.table["permissions"] = merged
	return nil
}

// managed is what the machine's requirements say of the network, under either of its names, or nil.
func (m *codexMerge) managed() (*codexNode, error) {
	other, managed := m.requirements.child("permissions", "network"), m.requirements.child("experimental_network")
	if other != nil && managed != nil {
		return nil, &Error{Origin: other.origin, Msg: fmt.Sprintf("%s says what the network is, too", managed.origin)}
	}
	managed = cmp.Or(managed, other)
	if managed == nil {
		return nil, nil
	}
	if err := checkNetwork(managed, requirementKinds); err != nil {
		return nil, err
	}
	if list := cmp.Or(managed.table["allowed_domains"], managed.table["denied_domains"]); list != nil && managed.table["domains"] != nil {
		return nil, &Error{Origin: list.origin, Msg: fmt.Sprintf("%s says which the domains are, too", managed.table["domains"].origin)}
	}
	return managed, nil
}

// rulesOfRequirements are those of a table of domains, or of the lists of an older form. Unlike those of a profile they may
// not allow everything, and of the same domain a denial outweighs.
func (n *codexNode) rulesOfRequirements() ([]Rule, error) {
	if n == nil {
		return nil, nil
	}
	domains, err := n.requiredDomains()
	if err != nil {
		return nil, err
	}
	var rules []Rule
	for _, d := range domains {
		rule, err := codexRule(d.text, d.effect, d.origin)
		if err != nil {
			return nil, err
		}
		if d.effect == Allow && codexEverything(d.text) {
			return nil, &Error{Origin: d.origin, Msg: "requirements cannot allow everything"}
		}
		rules = append(rules, rule)
	}
	slices.SortStableFunc(rules, compareOrigins)
	return rules, nil
}

// codexDomain is a pattern and what is said of it.
type codexDomain struct {
	text   string
	effect Effect
	origin Origin
}

func (n *codexNode) requiredDomains() ([]codexDomain, error) {
	var domains []codexDomain
	if table := n.table["domains"]; table != nil {
		for key, node := range table.table {
			effect := Deny
			if node.text == Allow.String() {
				effect = Allow
			}
			domains = append(domains, codexDomain{key, effect, node.origin})
		}
	}
	for key, effect := range map[string]Effect{"allowed_domains": Allow, "denied_domains": Deny} {
		list := n.table[key]
		if list == nil {
			continue
		}
		for _, item := range list.items {
			if item.kind != unstable.String {
				return nil, item.wrong("a domain", "a string")
			}
			domains = append(domains, codexDomain{item.text, effect, item.origin})
		}
	}
	return domains, nil
}
