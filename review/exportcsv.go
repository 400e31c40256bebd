package review

import (
	"encoding/csv"
	"io"
	"regexp"
	"sync"
)

// csvColumns are the keys that a row has, in this order, behind the time.
var csvColumns = []string{
	"event.name", "conversation.id", "session.id", "network.policy.decision", "observed", "network.policy.source", "network.policy.reason", "network.policy.rule",
	"network.policy.override", "network.transport.protocol", "server.address", "server.port", "client.address", "http.request.method", "dns.question.type", "dns.response_code",
	"dns.answer.source", "dns.answers", "dns.resolver.address", "network.peer.address", "network.peer.port", "client.bytes", "server.bytes", "error.type",
	"duration_us", "syscall.name", "process.pid", "process.parent_pid", "process.executable.path", "process.command_args", "count",
	"policy.file", "policy.result", "policy.reason", "policy.digest", "service.version", "network.local.address",
	"process.exit.code", "process.exit.signal", "error.message", "session.events", "chain.sequence", "file", "line",
}

// asCSV writes events as rows of RFC 4180.
type asCSV struct {
	w      *csv.Writer
	titled bool
	values []value
	row    []string
	place  map[string]int
}

// NewCSV makes an exporter of CSV with a line of titles. Cells are printable, and none is a formula for a spreadsheet: what would be one has an
// apostrophe before it, which spreadsheets take for the mark of text.
func NewCSV(w io.Writer) Exporter {
	c := &asCSV{w: csv.NewWriter(w), place: map[string]int{}, row: make([]string, 1+len(csvColumns))}
	for i, key := range csvColumns {
		c.place[key] = 1 + i
	}
	return c
}

func (c *asCSV) title() error {
	if c.titled {
		return nil
	}
	c.titled = true
	return c.w.Write(append([]string{"event.timestamp"}, csvColumns...))
}

// Write writes a row.
func (c *asCSV) Write(e *Event) error {
	if err := c.title(); err != nil {
		return err
	}
	clear(c.row)
	if !e.Time.IsZero() {
		c.row[0] = e.Time.UTC().Format(written)
	}
	c.values = append(e.values(c.values[:0]), value{key: "file", kind: 's', text: e.File}, value{key: "line", kind: 'n', n: int64(e.Line)})
	for i := range c.values {
		v := &c.values[i]
		if at, ok := c.place[v.key]; ok {
			c.row[at] = csvCell(v.String())
		}
	}
	return c.w.Write(c.row)
}

// Close writes the titles where there was no event.
func (c *asCSV) Close() error {
	if err := c.title(); err != nil {
		return err
	}
	c.w.Flush()
	return c.w.Error()
}

// formula is where a spreadsheet may find a formula: at the beginning of a cell, or of what it takes for a cell when it separates by other
// characters than the comma. The wide forms are taken for the others in some languages.
var formula = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(^|[;,|"])([ "]*[=+\-@\x{ff1d}\x{ff0b}\x{ff0d}\x{ff20}])`)
})

// csvCell makes a text of what may be a formula.
func csvCell(s string) string { return formula().ReplaceAllString(s, "$1'$2") }
