package supervisor

import (
	"context"
	"errors"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
)

// Watch follows what the rules were made of until ctx is done, and tells what becomes of its changes, one after another.
type Watch func(ctx context.Context, tell func(Reload))

// Reload is what became of a change.
type Reload struct {
	File  string // whose change it was
	Rules Rules  // what questions are judged and answered by from now on, unless there is an Err
	Err   error  // why the change is refused and the old rules stay; a Hint() of it is said too
	// Late, where it is not nil, is all that there is to tell: why changes to come may be noticed late.
	Late error
}

// reload takes in a change, between two questions. Those in work are answered by the rules that judged them.
func (d *desk) reload(r Reload) {
	switch {
	case r.Late != nil:
		d.notices.line("policy files are looked at every few seconds only: %s; hint: raise fs.inotify.max_user_watches and max_user_instances", audit.Escape(r.Late.Error()))
		return
	case r.Err != nil:
		d.refuse(r)
		return
	}
	d.budget.SetLimits(r.Rules.Budget)
	d.rules.Store(&r.Rules)
	if d.log != nil {
		d.write(audit.Event{Name: audit.PolicyReload, PolicyFile: r.File, PolicyResult: audit.ReloadApplied, PolicyDigest: r.Rules.Digest})
	}
	d.notices.line("%s has changed: the new policy decides", audit.Escape(r.File))
}

// refuse says why a change is not taken in.
func (d *desk) refuse(r Reload) {
	if d.log != nil {
		d.write(audit.Event{Name: audit.PolicyReload, PolicyFile: r.File, PolicyResult: audit.ReloadRefused, PolicyReason: r.Err.Error()})
	}
	for _, err := range each(r.Err) {
		hint := ""
		if hinted, ok := errors.AsType[interface {
			error
			Hint() string
		}](err); ok && hinted.Hint() != "" {
			hint = "; hint: " + audit.Escape(hinted.Hint())
		}
		d.notices.line("%s has changed, but the old policy stays: error: %s%s", audit.Escape(r.File), audit.Escape(err.Error()), hint)
	}
}

// each takes errors apart that are joined.
func each(err error) []error {
	if all, ok := err.(interface{ Unwrap() []error }); ok {
		return all.Unwrap()
	}
	return []error{err}
}
