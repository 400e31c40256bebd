package doctor

import (
	"fmt"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// check is one thing that a run wants.
type check struct {
	name     string
	since    version // of Linux; zero: not a matter of the kernel's release
	required bool    // without it a run cannot work; else it works, with a loss
	proven   bool    // where a launch worked, whatever the probe says does not stand in the way
	feature  bool    // of the table of kernel features
	advice   string  // for a no without advice of its own
	probe    func(*host) answer
}

// outcome is a probe's: only yes and no are knowledge.
type outcome int

const (
	cannotTell outcome = iota
	isThere
	isMissing
)

type answer struct {
	outcome       outcome
	found, advice string
	presence      sys.Presence // of a kernel feature
}

func yes(found string) answer { return answer{outcome: isThere, found: found} }
func no(found string) answer  { return answer{outcome: isMissing, found: found} }
func noBut(found, advice string) answer {
	return answer{outcome: isMissing, found: found, advice: advice}
}

func unknown(format string, a ...any) answer {
	return answer{outcome: cannotTell, found: fmt.Sprintf(format, a...)}
}

// examine probes, knowing whether a launch worked.
func (c *check) examine(h *host, launched bool) Finding {
	a := c.probe(h)
	f := c.settle(h, a, launched)
	if c.feature {
		f.Kernel = a.presence.String()
		if c.since != (version{}) {
			f.Since = c.since.String()
		}
	}
	return f
}

// settle turns an answer into a finding, knowing whether a launch worked.
func (c *check) settle(h *host, a answer, launched bool) Finding {
	f := Finding{Check: c.name, Found: a.found, Advice: a.advice}
	switch {
	case a.outcome == isThere:
		f.Status = OK
		return f
	case c.proven && launched && a.presence != sys.Masked:
		f.Status, f.Found, f.Advice = OK, a.found+"; a launch works all the same", ""
		return f
	case a.outcome == cannotTell:
		return f
	case c.required:
		f.Status = Failure
	default:
		f.Status = Warning
	}
	if f.Advice == "" {
		f.Advice = c.advice
	}
	if since := c.since; since != (version{}) && !h.kernel().atLeast(since) && a.presence != sys.Masked {
		f.Found += fmt.Sprintf(" (since Linux %s)", since)
	}
	return f
}
