package sys

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
)

// Feature is something that this program uses of the kernel, and that a kernel, or a seccomp profile around us, may lack.
type Feature struct {
	Name     string // as MaskVariable takes it
	Since    string // the first Linux that has it; "" where that is a matter of its configuration
	Required bool   // without it a run ends, and says so
	Use      string // what it is for
	Lost     string // what is lost without it; "" for nothing
	Fallback string // what is done instead

	// Probe asks the kernel, at most once where that gives knowledge. The error is why it is not there, or cannot be told.
	Probe func() (Presence, error)
}

// Presence is what a probe found.
type Presence int

// The zero value is no knowledge: the feature is used, and what uses it says why it could not be.
const (
	CannotTell Presence = iota
	There
	Missing
	Masked // by MaskVariable
)

// String is the word for it in reports.
func (p Presence) String() string {
	switch p {
	case There:
		return "yes"
	case Missing:
		return "no"
	case Masked:
		return "masked"
	case CannotTell:
	}
	return "unknown"
}

// ErrNotSupported is what every FeatureError is.
var ErrNotSupported = errors.New("not supported here")

// FeatureError says that something cannot be done without a feature.
type FeatureError struct {
	Name, Since string
	Err         error // the kernel's reason, or ErrMasked
}

// ErrMasked is the reason where MaskVariable is.
var ErrMasked = errors.New("masked by " + MaskVariable)

func (e *FeatureError) Error() string {
	text := e.Name + ": " + e.Err.Error()
	if e.Since != "" && !errors.Is(e.Err, ErrMasked) {
		text += " (Linux " + e.Since + " or newer has it)"
	}
	return text
}

// Unwrap gives the reason.
func (e *FeatureError) Unwrap() error { return e.Err }

// Is makes every FeatureError an ErrNotSupported.
func (e *FeatureError) Is(target error) bool { return target == ErrNotSupported }

// feature is a row of the table.
type feature int

const (
	userNotif feature = iota
	userNotifRun
	specAllow
	waitKillable
	syncWake
	addfdSend
	idValid
	notifSizes
	pidfdOpen
	pidfdGetfd
	pidfdThread
	kcmpFiles
	processVMReadv
	openat2
	mountID
	closeRange
	netnsCookie
	socketNetns
	procChildren
	ipv6
	seccompTSYNC
	landlock
	landlockScope
	landlockUnix
	features // how many
)

// known is what was found out of each: a Presence, and the reason where it is Missing. Mask puts it there as well.
var known [features]struct {
	presence atomic.Int32
	reason   atomic.Pointer[error]
}

// Features are the rows of the table, always the same in the same order.
func Features() []Feature {
	var out []Feature
	for f := range features {
		row := table[f].Feature
		row.Probe = f.probe
		out = append(out, row)
	}
	return out
}

// Mask makes the probes of the features that a list names, with commas between them, answer no: what falls back does so. It
// replaces what was masked before, and is for the start of a process and for tests. An error masks nothing.
func Mask(list string) error {
	var names []string
	for f := range features {
		names = append(names, f.row().Name)
	}
	var masked []feature
	for name := range strings.SplitSeq(list, ",") {
		name = strings.TrimSpace(name)
		f := slices.Index(names, name)
		if f < 0 && name != "" {
			return fmt.Errorf("%s: %q is none of %s", MaskVariable, name, strings.Join(names, ", "))
		}
		if f >= 0 {
			masked = append(masked, feature(f))
		}
	}
	for f := range features {
		known[f].presence.Store(int32(CannotTell))
	}
	for _, f := range masked {
		known[f].presence.Store(int32(Masked))
	}
	return nil
}

// MaskVariable is the environment variable whose value Mask is given.
const MaskVariable = "CODEX_DNSVISOR_MASK"

func (f feature) row() *row { return &table[f] }

// probe asks what is known, and else the kernel.
func (f feature) probe() (Presence, error) {
	switch p := f.presence(); p {
	case There:
		return p, nil
	case Missing:
		return p, *known[f].reason.Load()
	case Masked:
		return p, ErrMasked
	case CannotTell:
	}
	r := f.row()
	if r.try == nil {
		return f.judge(onListener(r.tryListener))
	}
	return f.judge(r.try())
}

// there says whether a feature is to be used; it is, too, where that cannot be told.
func (f feature) there() bool {
	p, _ := f.probe()
	return p == There || p == CannotTell
}

// thereOn is there for one that shows on a listener.
func (f feature) thereOn(listener int) bool {
	if f.masked() {
		return false
	}
	p, _ := f.judge(f.row().tryListener(listener))
	return p != Missing
}

func (f feature) masked() bool { return f.presence() == Masked }

func (f feature) presence() Presence { return Presence(known[f].presence.Load()) }

// judge turns what the kernel said into knowledge, and remembers it.
func (f feature) judge(err error) (Presence, error) {
	p := Missing
	switch {
	case err == nil:
		p = There
	case !slices.ContainsFunc(f.row().lacks, func(lack error) bool { return errors.Is(err, lack) }):
		return CannotTell, err
	}
	if p == Missing {
		known[f].reason.Store(&err)
	}
	known[f].presence.CompareAndSwap(int32(CannotTell), int32(p))
	return p, err
}

// lacking is the error of what cannot be done without the feature.
func (f feature) lacking() error {
	_, err := f.probe()
	if err == nil {
		err = ErrNotSupported
	}
	return &FeatureError{Name: f.row().Name, Since: f.row().Since, Err: err}
}

// require says which of the features that a run cannot do without is masked. One that the kernel lacks shows where it is used.
func require() error {
	for f := range features {
		if f.row().Required && f.masked() {
			return f.lacking()
		}
	}
	return nil
}
