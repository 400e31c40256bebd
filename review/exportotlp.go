package review

import (
	"bufio"
	"io"
	"strconv"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
)

// Exporter writes events in another format. Close writes what is left, and closes nothing else.
type Exporter interface {
	Write(e *Event) error
	Close() error
}

// What one request has at most: records, and about how many bytes.
const (
	otlpBatch = 500
	otlpBytes = MaxLine / 2
)

// otlp writes events as log records of OTLP/JSON: a line is one ExportLogsServiceRequest, as the collector's otlpjsonfile
// receiver reads it and its HTTP receiver takes it.
type otlp struct {
	w      *bufio.Writer
	line   []byte
	values []value
	n      int
}

// NewOTLP makes an exporter of OTLP/JSON. What it writes can be read by a [Reader].
func NewOTLP(w io.Writer) Exporter { return &otlp{w: bufio.NewWriter(w)} }

// Write adds an event to the request. Keys are attributes of the same name; the body is the line that audit tail prints.
func (o *otlp) Write(e *Event) error {
	if o.n == 0 {
		o.line = append(o.line[:0], `{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"codex-dnsvisor"}}]},`+
			`"scopeLogs":[{"scope":{"name":"codex-dnsvisor/audit"},"logRecords":[`...)
	} else {
		o.line = append(o.line, ',')
	}
	o.record(e)
	if o.n++; o.n < otlpBatch && len(o.line) < otlpBytes {
		return nil
	}
	return o.end()
}

func (o *otlp) end() error {
	if o.n == 0 {
		return nil
	}
	o.n = 0
	o.line = append(o.line, "]}]}]}\n"...)
	_, err := o.w.Write(o.line)
	return err
}

// Close ends the request.
func (o *otlp) Close() error {
	if err := o.end(); err != nil {
		return err
	}
	return o.w.Flush()
}

func (o *otlp) record(e *Event) {
	o.line = append(o.line, '{')
	if !e.Time.IsZero() {
		nano := strconv.FormatInt(e.Time.UnixNano(), 10)
		o.line = append(o.line, `"timeUnixNano":"`+nano+`","observedTimeUnixNano":"`+nano+`",`...)
	}
	// SEVERITY_NUMBER_INFO and _WARN of the logs data model.
	severity := `"severityNumber":9,"severityText":"INFO"`
	if e.Denied() || e.Observed && e.Decision == audit.Allow {
		severity = `"severityNumber":13,"severityText":"WARN"`
	}
	o.line = append(append(o.line, severity...), `,"eventName":`...)
	o.line = appendQuoted(o.line, string(e.Name))
	o.line = append(o.line, `,"body":{"stringValue":`...)
	o.line = append(appendQuoted(o.line, plain(e)), `},"attributes":[`...)
	o.values = e.values(o.values[:0])
	for i := range o.values {
		if i > 0 {
			o.line = append(o.line, ',')
		}
		o.attribute(&o.values[i])
	}
	o.line = append(o.line, "]}"...)
}

func (o *otlp) attribute(v *value) {
	o.line = append(append(append(o.line, `{"key":"`...), v.key...), `","value":{`...)
	switch v.kind {
	case 's':
		o.line = appendQuoted(append(o.line, `"stringValue":`...), v.text)
	case 'n':
		o.line = append(strconv.AppendInt(append(o.line, `"intValue":"`...), v.n, 10), '"')
	case 'b':
		o.line = append(o.line, `"boolValue":true`...)
	case 'l':
		o.line = append(o.line, `"arrayValue":{"values":[`...)
		for i, s := range v.list {
			if i > 0 {
				o.line = append(o.line, ',')
			}
			o.line = append(appendQuoted(append(o.line, `{"stringValue":`...), s), '}')
		}
		o.line = append(o.line, "]}"...)
	}
	o.line = append(o.line, "}}"...)
}
