package suggest

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
	"github.com/codex-dnsvisor/codex-dnsvisor/policy"
)

// Reason is why something is set apart.
type Reason string

// The reasons, in the order in which they are told.
const (
	Data        Reason = "looks_like_data"
	Denied      Reason = "denied_by_rule"
	Local       Reason = "local_answers"
	Expanded    Reason = "search_list"
	Reverse     Reason = "name_of_an_answer"
	Unconfirmed Reason = "unconfirmed"
	Unnamed     Reason = "no_rule_can_name_it"
	Room        Reason = "no_room"
	Call        Reason = "no_dns"
)

var reasons = []Reason{Data, Denied, Local, Expanded, Reverse, Unconfirmed, Unnamed, Room, Call}

// headings say it to people, and what a detail of it means.
var headings = map[Reason][2]string{
	Data:        {"LOOKS LIKE DATA, and gets no rule: whoever answers for such a name reads what a program wrote in it", ""},
	Denied:      {"A rule denies these, which no rule that allows outweighs: remove that one, if they shall be allowed", "denied by "},
	Local:       {"Local addresses are what these lead to, or they are this machine: an exact rule lets them through", ""},
	Expanded:    {"Made by a search list, or asked for in the end: another name was meant", "beside "},
	Reverse:     {"Names of addresses, known for as long as an answer with the address holds: no rule is needed", ""},
	Unconfirmed: {`Names of addresses that do not lead back to them: [dns] ptr = "any" gives them all the same`, ""},
	Unnamed:     {"No rule can name these", ""},
	Room:        {"Asked for less often than those that fit into a policy file", ""},
	Call:        {"No DNS: no policy allows these; see --forward and --unix", ""},
}

// shown is how much of a group is written out for people.
const shown = 40

// Lines are the rules as lines of a policy file.
func (s *Suggestion) Lines() []policy.Line {
	lines := make([]policy.Line, len(s.Rules))
	for i := range s.Rules {
		lines[i] = s.Rules[i].line()
	}
	return lines
}

func (r *Rule) line() policy.Line { return policy.Line{Pattern: r.Pattern, Comment: r.String()} }

// TOML is a policy file, or a part of Codex's configuration, with the rules in a table.
func (s *Suggestion) TOML(table []string) (string, error) {
	rules, err := policy.Insert("", nil, table, s.Lines())
	if err != nil {
		return "", err
	}
	text := s.Head() + string(rules)
	if apart := s.Aside(); apart != "" {
		text += "\n" + apart
	}
	return text, nil
}

// SRT is sandbox-runtime's settings, which Claude Code has below "sandbox".
func (s *Suggestion) SRT() (string, error) {
	allowed := make([]string, len(s.Rules))
	for i, r := range s.Rules {
		allowed[i] = r.Pattern
	}
	network := map[string][]string{"allowedDomains": allowed, "deniedDomains": {}}
	text, err := json.MarshalIndent(map[string]any{"network": network}, "", "  ")
	return string(text) + "\n", err
}

// Head says in comments what the rules are.
func (s *Suggestion) Head() string {
	if s.Names == 0 {
		return "# No name was denied.\n"
	}
	text := fmt.Sprintf("# What would have allowed what was denied: %s for %s", count(len(s.Rules), "rule"), count(s.Names, "name"))
	if when := during(s.Seen.First, s.Seen.Last); when != "" {
		text += ", " + when + " UTC"
	}
	text += ".\n# Read each line before you keep it: what a rule allows, every program of the run may ask for.\n"
	if s.Left > 0 {
		text += fmt.Sprintf("# Too many names: %s more were not looked at.\n", count(int(s.Left), "event"))
	}
	return text
}

// Aside says in comments what was set apart.
func (s *Suggestion) Aside() string {
	var b strings.Builder
	for i, g := range s.Apart {
		if i > 0 {
			b.WriteString("#\n")
		}
		heading := headings[g.Reason]
		fmt.Fprintf(&b, "# %s:\n", heading[0])
		for _, a := range g.Names[:min(shown, len(g.Names))] {
			detail := ""
			if a.Why != "" {
				detail = " (" + heading[1] + audit.Show(a.Why) + ")"
			}
			fmt.Fprintf(&b, "#   %s%s: %s\n", first(audit.Show(a.Name), "(the root)"), detail, a.Seen.String())
		}
		if more := len(g.Names) - shown; more > 0 {
			fmt.Fprintf(&b, "#   and %d more\n", more)
		}
	}
	return b.String()
}

func first(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
