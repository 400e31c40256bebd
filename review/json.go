package review

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// slow reads a line of any of the forms, by encoding/json.
func (d *decoder) slow(line string, emit func(*Event)) error {
	object, err := parseObject([]byte(line))
	if err != nil {
		return err
	}
	switch {
	case object["resourceLogs"] != nil:
		return d.otlp(object["resourceLogs"], emit)
	case object["event.name"] != nil:
		return d.object(object, emit)
	case object["fields"] != nil:
		return d.fields(object, emit)
	}
	return errForeign
}

// parseObject reads a JSON object by one key and another. Of a key that is there twice the last counts.
func parseObject(text []byte) (map[string]json.RawMessage, error) {
	var object map[string]json.RawMessage
	err := json.Unmarshal(text, &object)
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind), err == nil && object == nil:
		return nil, errForeign
	case err != nil:
		return nil, fmt.Errorf("%w: %w", errNotJSON, err)
	}
	return object, nil
}

// object reads an event whose keys are the object's own.
func (d *decoder) object(object map[string]json.RawMessage, emit func(*Event)) error {
	*d.event = Event{}
	if err := d.event.fill(object, &d.clock); err != nil {
		return err
	}
	if !d.event.finish() {
		return errForeign
	}
	emit(d.event)
	return nil
}

// fields reads an event as tracing-subscriber prints it: its keys are those of "fields", its time may be the line's.
func (d *decoder) fields(line map[string]json.RawMessage, emit func(*Event)) error {
	object, err := parseObject(line["fields"])
	if err != nil {
		return err
	}
	if object["event.name"] == nil {
		return errForeign
	}
	if object["event.timestamp"] == nil && line["timestamp"] != nil {
		object["event.timestamp"] = line["timestamp"]
	}
	return d.object(object, emit)
}

// fill sets all keys of a name that is not an event of ours too, as long as they are what they should be.
func (e *Event) fill(object map[string]json.RawMessage, clock *clock) error {
	for key, raw := range object {
		if _, ok := e.set(key, rawValue(raw), clock); !ok {
			return fmt.Errorf("%s is not what it should be", key)
		}
	}
	return nil
}

// rawValue is a value of JSON that encoding/json has found to be sound. Null is as if the key were not there.
type rawValue json.RawMessage

func (v rawValue) null() bool { return bytes.Equal(v, []byte("null")) }

func (v rawValue) string() (s string, ok bool) { return s, json.Unmarshal(v, &s) == nil }

func (v rawValue) strings() (list []string, ok bool) {
	if v.null() {
		return nil, true
	}
	// A null among the strings would be read as an empty one.
	var all []any
	if json.Unmarshal(v, &all) != nil {
		return nil, false
	}
	list = make([]string, 0, len(all))
	for _, one := range all {
		s, ok := one.(string)
		if !ok {
			return nil, false
		}
		list = append(list, s)
	}
	return list, true
}

// number takes one in quotes, too: exporters differ.
func (v rawValue) number() (int64, bool) {
	if v.null() {
		return 0, true
	}
	s := string(v)
	if v[0] == '"' && json.Unmarshal(v, &s) != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

func (v rawValue) bool() (value, ok bool) {
	switch string(v) {
	case "true", `"true"`:
		return true, true
	case "false", `"false"`, "null":
		return false, true
	}
	return false, false
}

// otlpTime is a time of OTLP/JSON: nanoseconds, in quotes or without.
type otlpTime time.Time

func (t *otlpTime) UnmarshalJSON(text []byte) error {
	if at, ok := unixNano(string(bytes.Trim(text, `"`))); ok {
		*t = otlpTime(at)
	}
	return nil
}
