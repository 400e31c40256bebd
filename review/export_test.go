package review

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
)

// exported writes the events of a text, and gives what was written and the events.
func exported(t *testing.T, text string, to func(*strings.Builder) Exporter) (string, []*Event) {
	t.Helper()
	var out strings.Builder
	x := to(&out)
	events := readAll(t, text)
	for _, e := range events {
		must(t, x.Write(e))
	}
	must(t, x.Close())
	return out.String(), events
}

func readAll(t *testing.T, text string) (all []*Event) {
	t.Helper()
	r := Open([]Source{{Name: "-"}}, Options{Stdin: strings.NewReader(text)})
	for e := range r.Events() {
		all = append(all, e.Clone())
	}
	if r.Problems().Count() > 0 || r.Err() != nil {
		t.Error(r.Problems(), r.Err())
	}
	return all
}

func toOTLP(b *strings.Builder) Exporter { return NewOTLP(b) }
func toCSV(b *strings.Builder) Exporter  { return NewCSV(b) }

// What is exported as OTLP reads back as it was, whatever a target chose, and a terminal interprets nothing of it.
func TestOTLP(t *testing.T) {
	text := hostileLines(t) + strings.Join(readLines(t, "testdata/codex.jsonl"), "\n") + "\n" +
		`{"event.name":"codex.dns.session_end","process.exit.code":0,"session.events":3,"observed":true,"network.policy.decision":"allow"}` + "\n"
	out, events := exported(t, text, toOTLP)
	wantPrintable(t, "OTLP", out)
	for line := range strings.Lines(out) {
		if !json.Valid([]byte(line)) || len(line) > MaxLine {
			t.Errorf("no JSON: %.200s", line)
		}
	}
	back := readAll(t, out)
	for i, e := range back {
		e.File, e.Line = events[i].File, events[i].Line
	}
	if diff := cmp.Diff(events, back); diff != "" {
		t.Error(diff)
	}
	if out, _ := exported(t, strings.Repeat(asked("a.test"), otlpBatch+1), toOTLP); strings.Count(out, "\n") != 2 {
		t.Errorf("%d requests", strings.Count(out, "\n"))
	}
	if out, _ := exported(t, "", toOTLP); out != "" {
		t.Errorf("of nothing: %q", out)
	}
}

// No cell is a formula, however a spreadsheet separates cells, and none is interpreted by a terminal.
func TestCSV(t *testing.T) {
	text := hostileLines(t)
	for _, s := range []string{"=1+1", "a;=1", `a"=1`, `a;"=1"`, "x,+1", " =1", "＝1", "a| @x"} {
		text += fmt.Sprintf(`{"event.name":"codex.dns.policy_decision","server.address":%q,"process.command_args":["x",%q]}`, s, s) + "\n"
	}
	out, events := exported(t, text, toCSV)
	wantPrintable(t, "CSV", out)
	for _, comma := range []rune{',', ';', '|'} {
		r := csv.NewReader(strings.NewReader(out))
		r.Comma, r.LazyQuotes, r.FieldsPerRecord = comma, true, -1
		rows, err := r.ReadAll()
		must(t, err)
		for i, row := range rows {
			for _, cell := range row {
				if cell = strings.TrimLeft(cell, ` "`); cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") || strings.HasPrefix(cell, "＝") {
					t.Errorf("%c, row %d: %q", comma, i, cell)
				}
			}
		}
		if comma == ',' && (len(rows) != 1+len(events) || len(rows[1]) != 1+len(csvColumns)) {
			t.Errorf("%d rows of %d", len(rows), len(events))
		}
	}
	out, _ = exported(t, asked("a.test"), toCSV)
	if want := "2026-01-02T03:04:05.678Z,codex.dns.policy_decision,,,deny,"; !strings.HasPrefix(strings.Split(out, "\n")[1], want) || !strings.HasPrefix(out, "event.timestamp,event.name,") {
		t.Error(out)
	}
	if out, _ := exported(t, "", toCSV); strings.Count(out, "\n") != 1 {
		t.Errorf("of nothing: %q", out)
	}
}

// Every key that is read is exported.
func TestEveryKeyExported(t *testing.T) {
	text := strings.TrimSpace(write(t, audit.Options{Conversation: "c1"}, every))
	for line := range strings.SplitSeq(text, "\n") {
		var object map[string]any
		must(t, json.Unmarshal([]byte(line), &object))
		events, err := decodeAll(line, (*decoder).decode)
		must(t, err)
		for _, v := range events[0].values(nil) {
			delete(object, v.key)
		}
		for _, known := range []string{"event.timestamp", "chain.start", "chain.hash"} {
			delete(object, known)
		}
		if len(object) > 0 {
			t.Errorf("left out: %v", object)
		}
	}
	for _, v := range append(wantEvery().values(nil), (&Event{Version: "1", Override: true, Listen: "x", ExitCode: new(int), ExitSignal: "x", Message: "x", Lines: 1, Sequence: 1, Method: "x", PolicyDigest: "x", Count: 2}).values(nil)...) {
		if v.key != "network.policy.scope" && !slices.Contains(csvColumns, v.key) {
			t.Errorf("%s has no column", v.key)
		}
	}
}
