package review

import (
	"errors"
	"fmt"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
)

// MaxProblems is how many problems are kept to be shown.
const MaxProblems = 10

// Problem is a line that no event was read from.
type Problem struct {
	File string
	Line int
	Err  error
}

// String is one printable line: file, line and what is wrong.
func (p Problem) String() string {
	return audit.Escape(fmt.Sprintf("%s:%d: %v", p.File, p.Line, p.Err))
}

// Problems are the lines that no events were read from.
type Problems struct {
	First   []Problem // at most [MaxProblems], in the order of the lines
	Damaged int       // lines that are no JSON, or have another thing in a key than belongs there
	Foreign int       // lines that are something else's
	Long    int       // lines of more than [MaxLine]
}

// Count is how many there are.
func (p *Problems) Count() int { return p.Damaged + p.Foreign + p.Long }

func (p *Problems) add(file string, line int, err error) {
	switch {
	case errors.Is(err, errForeign):
		p.Foreign++
	case errors.Is(err, errLong):
		p.Long++
	default:
		p.Damaged++
	}
	if len(p.First) < MaxProblems {
		p.First = append(p.First, Problem{file, line, err})
	}
}

// join adds those of lines that come behind.
func (p *Problems) join(more *Problems) {
	p.Damaged += more.Damaged
	p.Foreign += more.Foreign
	p.Long += more.Long
	p.First = append(p.First, more.First[:min(len(more.First), MaxProblems-len(p.First))]...)
}
