package review

import (
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
	"time"
)

// WriteText writes the figures for people: tables of at most top rows each, 0 for all, and as wide as they are told, 0 for any width. What the policy was
// against comes first, since that is what the reader came for.
func (f *Figures) WriteText(w io.Writer, top, width int) error {
	t := &textReport{top: top, width: width}
	t.head(f)
	t.names("Denied names", &f.DeniedNames)
	t.calls("Refused and other calls", &f.CallsTo)
	t.domains(f)
	t.processes(f)
	t.texts("Rules", "rule", &f.Rules)
	t.unused(f)
	t.texts("Reasons", "reason", &f.Reasons)
	t.hours(f)
	t.names("Allowed names", &f.AllowedNames)
	t.forwards("Connections carried outside", &f.ForwardsTo)
	t.latency(f)
	_, err := w.Write(t.buf)
	return err
}

type textReport struct {
	buf        []byte
	top, width int
}

func (t *textReport) line(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if t.width > 0 {
		text = shorten(text, t.width)
	}
	t.buf = append(append(t.buf, text...), '\n')
}

func (t *textReport) head(f *Figures) {
	t.line("%s, %s, %s%s", plural(int64(f.Files), "file"), plural(int64(f.Lines), "line"), plural(int64(f.Sessions), "session"), span(f.First, f.Last))
	t.line("%s: %s", plural(f.Questions.total(), "question"), f.Questions)
	if f.Calls.total() > 0 {
		t.line("%s: %s", plural(f.Calls.total(), "call"), f.Calls)
	}
	if f.Forwards > 0 {
		t.line("%s carried outside", plural(f.Forwards, "connection"))
	}
	if f.Reloads > 0 {
		t.line("%s of the policy", plural(f.Reloads, "change"))
	}
	if c := f.Cache; c != nil {
		t.line("%.1f%% of %s came from the cache", 100*c.Share, plural(c.Hits+c.Misses, "answer"))
	}
}

func (c Counts) total() int64 { return c.Denied + c.Observed + c.Allowed }

// String says what was decided.
func (c Counts) String() string {
	text := fmt.Sprintf("%d denied, ", c.Denied)
	if c.Observed > 0 {
		text += fmt.Sprintf("%d would have been denied (observed), ", c.Observed)
	}
	return text + fmt.Sprintf("%d allowed", c.Allowed)
}

func plural(n int64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.FormatInt(n, 10) + " " + thing + "s"
}

func span(first, last *time.Time) string {
	if first == nil || last == nil {
		return ""
	}
	return ", " + minute(first) + " to " + minute(last) + " UTC"
}

func minute(at *time.Time) string {
	if at == nil {
		return ""
	}
	return at.Format("2006-01-02 15:04")
}

// table writes a heading and a grid, and what does not stand in it.
func (t *textReport) table(heading string, g *grid, all int, dropped, low int64) {
	if all == 0 {
		return
	}
	t.buf = append(t.buf, '\n')
	switch {
	case len(g.rows) < all:
		t.line("%s (%d of %d)", heading, len(g.rows), all)
	default:
		t.line("%s (%d)", heading, all)
	}
	t.buf = g.append(t.buf, t.width)
	if dropped > 0 {
		t.line("There were too many to keep: rare ones with %s in all are left out, and the others may count up to %d too few.", plural(dropped, "event"), low)
	}
}

// first is the part of a table's rows that is shown.
func first[R any](t *textReport, rows []R) []R {
	if t.top > 0 && len(rows) > t.top {
		return rows[:t.top]
	}
	return rows
}

func number(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// figuresOf are the columns that each table has.
func figuresOf(more ...column) []column {
	return append([]column{{title: "denied", right: true}, {title: "observed", right: true}, {title: "allowed", right: true}}, more...)
}

func (c Counts) cells(more ...string) []string {
	return append([]string{number(c.Denied), number(c.Observed), number(c.Allowed)}, more...)
}

func (t *textReport) names(heading string, table *Table[NameFigures]) {
	g := grid{columns: figuresOf(column{title: "name", flex: true}, column{title: "reason"}, column{title: "first"}, column{title: "last"}, column{title: "asked by"}, column{title: "looks like data"})}
	for _, r := range first(t, table.Rows) {
		by := ""
		if r.Program != "" {
			by = path.Base(r.Program)
		}
		if r.Others {
			by += " and others"
		}
		g.rows = append(g.rows, r.cells(r.Name, r.Reason, minute(r.First), minute(r.Last), by, r.Data))
	}
	t.table(heading, &g, len(table.Rows), table.DroppedEvents, table.Low)
}

func (t *textReport) calls(heading string, table *Table[CallFigures]) {
	g := grid{columns: figuresOf(column{title: "to", flex: true}, column{title: "first"}, column{title: "last"})}
	for _, r := range first(t, table.Rows) {
		g.rows = append(g.rows, r.cells(strings.TrimSpace(r.Transport+" "+to(r.Address, r.Port)), minute(r.First), minute(r.Last)))
	}
	t.table(heading, &g, len(table.Rows), table.DroppedEvents, table.Low)
}

func to(address string, port int) string {
	if port == 0 {
		return address
	}
	if strings.ContainsRune(address, ':') {
		address = "[" + address + "]"
	}
	return address + ":" + strconv.Itoa(port)
}

func (t *textReport) forwards(heading string, table *Table[CallFigures]) {
	g := grid{columns: []column{{title: "connections", right: true}, {title: "failed", right: true}, {title: "bytes out", right: true}, {title: "bytes in", right: true}}}
	g.columns = append(g.columns, column{title: "from"}, column{title: "to", flex: true}, column{title: "first"}, column{title: "last"})
	for _, r := range first(t, table.Rows) {
		g.rows = append(g.rows, []string{number(r.total()), number(r.Failed), number(r.Out), number(r.In), to(r.Address, r.Port), to(r.Peer, r.PeerPort), minute(r.First), minute(r.Last)})
	}
	t.table(heading, &g, len(table.Rows), table.DroppedEvents, table.Low)
}

func (t *textReport) domains(f *Figures) {
	g := grid{columns: figuresOf(column{title: "names", right: true}, column{title: "registrable domain", flex: true}, column{title: "first"}, column{title: "last"})}
	for _, r := range first(t, f.Domains.Rows) {
		g.rows = append(g.rows, r.cells(number(r.Names), r.Domain, minute(r.First), minute(r.Last)))
	}
	t.table("Domains", &g, len(f.Domains.Rows), f.Domains.DroppedEvents, f.Domains.Low)
}

func (t *textReport) processes(f *Figures) {
	g := grid{columns: figuresOf(column{title: "processes", right: true}, column{title: "executable, below its parent where that asked too", flex: true}, column{title: "first"}, column{title: "last"})}
	for _, r := range first(t, f.Processes.Rows) {
		name := r.Executable
		if name == "" {
			name = "(unknown)"
		}
		g.rows = append(g.rows, r.cells(number(int64(r.Processes)), strings.Repeat("  ", r.Depth)+name, minute(r.First), minute(r.Last)))
	}
	t.table("Process tree", &g, len(f.Processes.Rows), f.Processes.DroppedEvents, f.Processes.Low)
}

func (t *textReport) texts(heading, title string, table *Table[TextFigures]) {
	g := grid{columns: figuresOf(column{title: title, flex: true}, column{title: "first"}, column{title: "last"})}
	for _, r := range first(t, table.Rows) {
		text := r.Text
		if text == "" {
			text = "(none)"
		}
		g.rows = append(g.rows, r.cells(text, minute(r.First), minute(r.Last)))
	}
	t.table(heading, &g, len(table.Rows), table.DroppedEvents, table.Low)
}

// hours shows the last of them.
func (t *textReport) hours(f *Figures) {
	g := grid{columns: figuresOf(column{title: "hour (UTC)", flex: true})}
	rows := f.Hours.Rows
	for _, r := range rows[len(rows)-len(first(t, rows)):] {
		g.rows = append(g.rows, r.cells(r.Text))
	}
	t.table("Hours", &g, len(rows), f.Hours.DroppedEvents, f.Hours.Low)
}

func (t *textReport) unused(f *Figures) {
	if f.UnusedRules == nil {
		return
	}
	if len(f.UnusedRules) == 0 {
		t.buf = append(t.buf, '\n')
		t.line("Every rule of the policy was used.")
		return
	}
	g := grid{columns: []column{{title: "effect"}, {title: "rule", flex: true}, {title: "where"}}}
	for _, r := range first(t, f.UnusedRules) {
		g.rows = append(g.rows, []string{r.Effect, r.Pattern, r.Origin})
	}
	t.table("Rules that nothing used", &g, len(f.UnusedRules), 0, 0)
	if f.Rules.DroppedEvents > 0 {
		t.line("Some of them may have been: not all rules of the log could be kept.")
	}
}

func (t *textReport) latency(f *Figures) {
	g := grid{columns: []column{{title: "answers", right: true}, {title: "p50", right: true}, {title: "p90", right: true}, {title: "p99", right: true}, {title: "longest", right: true}, {title: "from", flex: true}}}
	duration := func(us int64) string { return (time.Duration(us) * time.Microsecond).String() }
	for _, l := range f.Latency {
		source := l.Source
		if source == "" {
			source = "all"
		}
		g.rows = append(g.rows, []string{number(l.Count), duration(l.P50), duration(l.P90), duration(l.P99), duration(l.Longest), source})
	}
	t.table("Latency of answers", &g, len(g.rows), 0, 0)
}
