package doctor

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
)

// WriteText writes the findings for people: a line each, what to do below where there is something, and the verdict.
func WriteText(w io.Writer, findings []Finding) error {
	out := bufio.NewWriter(w) // it keeps the first error for Flush
	for _, f := range findings {
		fmt.Fprintf(out, "%-8s%-21s%s\n", f.Status, audit.Escape(f.Check), audit.Escape(f.Found)) //nolint:errcheck // Flush has it
		if f.Advice != "" {
			fmt.Fprintf(out, "%8s→ %s\n", "", audit.Escape(f.Advice)) //nolint:errcheck // Flush has it
		}
	}
	fmt.Fprintln(out, verdict(findings)) //nolint:errcheck // Flush has it
	return out.Flush()
}

func verdict(findings []Finding) string {
	untried := slices.ContainsFunc(findings, func(f Finding) bool { return f.Check == launchCheck && f.Status == Unknown })
	switch failures := count(findings, Failure); {
	case failures == 1:
		return "run cannot work here: 1 problem"
	case failures > 1:
		return fmt.Sprintf("run cannot work here: %d problems", failures)
	case untried:
		return "nothing found that keeps run from working here, but no launch was tried to the end"
	}
	return "run works here"
}

// jsonReport and jsonFinding are the shape of WriteJSON.
type jsonReport struct {
	OK     bool          `json:"ok"`
	Checks []jsonFinding `json:"checks"`
}

type jsonFinding struct {
	Check  string `json:"check"`
	Status string `json:"status"`
	Found  string `json:"found"`
	Advice string `json:"advice"`
	Kernel string `json:"kernel,omitempty"`
	Since  string `json:"since,omitempty"`
}

// WriteJSON writes the findings as one line with one object: ok (see Works), and checks, each with check, status
// (ok, warning, failure, unknown), found and advice, which are escaped as in the text; of kernel features kernel (yes, no, masked,
// unknown) and since as well.
func WriteJSON(w io.Writer, findings []Finding) error {
	report := jsonReport{OK: Works(findings), Checks: []jsonFinding{}}
	for _, f := range findings {
		report.Checks = append(report.Checks, jsonFinding{audit.Escape(f.Check), f.Status.String(), audit.Escape(f.Found), audit.Escape(f.Advice), f.Kernel, f.Since})
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(report)
}
