package doctor

// Status is how a check ended.
type Status int

// The statuses. The zero value claims nothing.
const (
	Unknown Status = iota // it could not be told
	OK
	Warning // a run works, with a loss
	Failure // a run cannot work
)

// String is the word for the status in both reports.
func (s Status) String() string {
	switch s {
	case OK:
		return "ok"
	case Warning:
		return "warning"
	case Failure:
		return "failure"
	case Unknown:
	}
	return "unknown"
}

// Finding is what one check found.
type Finding struct {
	Check  string // what was looked at: a few words, unique
	Status Status
	Found  string // as it stands; parts of it may come from a file and are not escaped
	Advice string // what to do, or what is lost; "" where there is nothing to do
	Kernel string // of a kernel feature, whether it is there: yes, no, masked, unknown; "" for other checks
	Since  string // of a kernel feature, the first Linux that has it; "" where its configuration decides
}

// Works says that no finding keeps a run from working. What could not be told does not.
func Works(findings []Finding) bool { return count(findings, Failure) == 0 }

func count(findings []Finding, status Status) int {
	n := 0
	for _, f := range findings {
		if f.Status == status {
			n++
		}
	}
	return n
}
