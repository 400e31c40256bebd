package policy

import "fmt"

// Effect is what a rule does with the names that it matches. The zero value denies.
type Effect uint8

// The effects of a rule.
const (
	Deny Effect = iota
	Allow
)

// String is the word of a policy file, "allow" or "deny".
func (e Effect) String() string {
	if e == Allow {
		return "allow"
	}
	return "deny"
}

// Origin says where something was written: a flag, or a place in a file. The zero value is nowhere.
type Origin struct {
	Flag   string // "--allow"; empty for a file
	File   string
	Line   int // from 1; 0 is the file as a whole
	Column int // in bytes, from 1
}

// String is the flag, or FILE:LINE:COL.
func (o Origin) String() string {
	switch {
	case o.Flag != "":
		return o.Flag
	case o.Line == 0:
		return o.File
	default:
		return fmt.Sprintf("%s:%d:%d", o.File, o.Line, o.Column)
	}
}

// Rule gives the names of a pattern an effect. The zero value matches nothing.
type Rule struct {
	Pattern Pattern
	Effect  Effect
	Origin  Origin
}

// Reason says why a name is denied, in the words of Codex's network events. It is empty for an allowed name.
type Reason string

// The reasons for denying a name.
const (
	ReasonDenied          Reason = "denied"            // a rule denies it
	ReasonNotAllowed      Reason = "not_allowed"       // no rule allows it
	ReasonNotAllowedLocal Reason = "not_allowed_local" // no rule allows it, and it is localhost or below (RFC 6761 section 6.3)
	ReasonBudget          Reason = "budget"            // a rule allows it, and has let too many names through lately; Decide never says so
)

// Decision is what is done with a name. The zero value denies.
type Decision struct {
	Effect  Effect
	Reason  Reason
	Rule    *Rule // the deciding rule, nil when none matched; shared, so not to be changed
	Service bool  // the rule is about the owner of the name's service label, not about the name

	Special Special // the zone of special use that the name is in
	Named   bool    // the name is in such a zone, and the rule chose names of it: foo.test and *.lab.test do; *.test and * do not
}
