package review

import (
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// resourceLogs is what OTLP/JSON logs have, as far as it is read (opentelemetry-proto, logs/v1).
type resourceLogs struct {
	ScopeLogs []struct {
		LogRecords []logRecord `json:"logRecords"`
	} `json:"scopeLogs"`
}

type logRecord struct {
	Time       otlpTime    `json:"timeUnixNano"`
	Observed   otlpTime    `json:"observedTimeUnixNano"`
	Attributes []attribute `json:"attributes"`
}

type attribute struct {
	Key   string    `json:"key"`
	Value otlpValue `json:"value"`
}

// otlpValue is one of the kinds of AnyValue, whose name says which; it is left as it is until a key wants it.
type otlpValue map[string]json.RawMessage

// otlp reads the records of our kinds in a line. Others, which Codex has many of, are passed over; a line without one of ours is foreign.
func (d *decoder) otlp(text json.RawMessage, emit func(*Event)) error {
	var all []resourceLogs
	if err := json.Unmarshal(text, &all); err != nil {
		return errForeign
	}
	found := false
	var errs []error
	for _, resource := range all {
		for _, scope := range resource.ScopeLogs {
			for i := range scope.LogRecords {
				ok, err := d.record(&scope.LogRecords[i])
				if err != nil {
					errs = append(errs, err)
				} else if ok {
					found = true
					emit(d.event)
				}
			}
		}
	}
	if !found && errs == nil {
		return errForeign
	}
	return errors.Join(errs...)
}

// record reads one record. False: it is about something else.
func (d *decoder) record(r *logRecord) (bool, error) {
	*d.event = Event{}
	object := make(map[string]json.RawMessage, len(r.Attributes))
	for _, a := range r.Attributes {
		if raw := a.Value.raw(); raw != nil {
			object[a.Key] = raw
		}
	}
	if name := string(object["event.name"]); !strings.HasPrefix(name, `"codex.dns.`) && name != `"`+string(CodexDecision)+`"` {
		return false, nil
	}
	if err := d.event.fill(object, &d.clock); err != nil {
		return false, err
	}
	for _, at := range []otlpTime{r.Time, r.Observed} {
		if d.event.Time.IsZero() {
			d.event.Time = time.Time(at)
		}
	}
	return d.event.finish(), nil
}

// raw is the value as plain JSON has it, or nil.
func (v otlpValue) raw() json.RawMessage {
	for _, kind := range []string{"stringValue", "intValue", "boolValue"} {
		if raw := v[kind]; raw != nil {
			return raw
		}
	}
	if v["arrayValue"] == nil {
		return nil
	}
	var array struct {
		Values []otlpValue `json:"values"`
	}
	if json.Unmarshal(v["arrayValue"], &array) != nil {
		return nil
	}
	list := make([]json.RawMessage, 0, len(array.Values))
	for _, one := range array.Values {
		list = append(list, one["stringValue"])
	}
	raw, err := json.Marshal(list)
	if err != nil {
		return nil
	}
	return raw
}
