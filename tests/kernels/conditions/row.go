package conditions

// InGuest is in the command line of a guest's kernel.
const InGuest = "dnsvisor.guest=1"

// Row is one condition.
type Row struct {
	Name string
	Set  string // what is set, in words
	// Boot is the kernel's parameter that makes the condition; CPUs are the machine's, where they are not zero. A row with either has a guest
	// of its own.
	Boot       string
	CPUs       int
	Alone      bool              // cannot be taken back: a guest of its own
	Left       int               // MiB that the kernel has left to promise (CommitLimit)
	Sysctls    map[string]string // below /proc/sys
	Needs      string            // a file without which the condition is not to be had, such as a sysctl that the kernel lacks
	Around     []string          // a program around codex-dnsvisor, run as root: "sh -c" and more
	Root, User Sight
}

// Shared says whether one guest can have the condition and others after it.
func (r Row) Shared() bool { return r.Boot == "" && r.CPUs == 0 && !r.Alone }

// Sight is what a run and doctor say.
type Sight struct {
	Says    string // of the run's standard error; "": it works
	Hint    string // of its hint
	Finding string // of doctor's finding; "": doctor says that runs work
}

// Works says whether the command runs.
func (s Sight) Works() bool { return s.Says == "" }

func filters(many string) []string { return []string{"/tests/conditions.test", "filters", many} }

// shell runs a script in a mount namespace of its own, and then the command unless the script has.
func shell(script string) []string {
	return []string{"unshare", "--mount", "--propagation", "private", "sh", "-ec", script + "\nexec \"$@\"", "sh"}
}
