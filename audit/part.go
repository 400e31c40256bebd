package audit

import "slices"

// decided is what a line tells of the decision itself.
type decided struct {
	scope    Scope
	decision Decision
	source   string
	reason   string
	rule     string
	observed bool
}

// policyPart keeps the text of the decision that was written last.
type policyPart struct {
	of   decided
	text []byte
}

func (p *policyPart) appendTo(dst []byte, e *Event) []byte {
	d := decided{e.Scope, e.Decision, e.PolicySource, e.Reason, e.Rule, e.Observed}
	if d != p.of {
		l := line{p.text[:0]}
		l.string(`,"network.policy.scope":`, string(d.scope), MaxString)
		l.string(`,"network.policy.decision":`, string(d.decision), MaxString)
		l.string(`,"network.policy.source":`, d.source, MaxString)
		l.string(`,"network.policy.reason":`, d.reason, MaxString)
		l.string(`,"network.policy.rule":`, d.rule, MaxString)
		l.bool(`,"observed":`, d.observed)
		p.of, p.text = d, l.buf
	}
	return append(dst, p.text...)
}

// processPart keeps the text of the process that was written last.
type processPart struct {
	of   Process
	text []byte
}

func (p *processPart) appendTo(dst []byte, of *Process) []byte {
	if !p.of.equal(of) {
		l := line{p.text[:0]}
		l.number(`,"process.pid":`, int64(of.PID))
		l.number(`,"process.parent_pid":`, int64(of.ParentPID))
		l.string(`,"process.executable.path":`, of.Executable, MaxString)
		l.strings(`,"process.command_args":`, of.Args, MaxArgs, of.ArgsCut)
		p.of, p.text = *of, l.buf
		p.of.Args = slices.Clone(of.Args) // theirs may be used again
	}
	return append(dst, p.text...)
}

func (p *Process) equal(q *Process) bool {
	return p.PID == q.PID && p.ParentPID == q.ParentPID && p.Executable == q.Executable && p.ArgsCut == q.ArgsCut && slices.Equal(p.Args, q.Args)
}
