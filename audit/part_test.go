package audit

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A line does not depend on those before it, whatever it shares with them, and however their strings are used again.
func TestPartsOfTheLineBefore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.SampledFrom([]string{"", "a", "b", "\xff"})
		kept := writer{opts: &named}
		args := []string{"", ""}
		for range rapid.IntRange(2, 10).Draw(t, "lines") {
			args[0], args[1] = word.Draw(t, "program"), word.Draw(t, "argument")
			number := rapid.IntRange(0, 1)
			e := Event{
				Name: PolicyDecision, Time: time.Unix(int64(number.Draw(t, "second")), 0),
				Scope: Scope(word.Draw(t, "scope")), Decision: Decision(word.Draw(t, "decision")), PolicySource: word.Draw(t, "source"),
				Reason: word.Draw(t, "reason"), Rule: word.Draw(t, "rule"), Observed: rapid.Bool().Draw(t, "observed"),
				Process: Process{
					PID: number.Draw(t, "pid"), ParentPID: number.Draw(t, "parent"), Executable: word.Draw(t, "executable"),
					Args: args[:rapid.IntRange(0, len(args)).Draw(t, "arguments")], ArgsCut: rapid.Bool().Draw(t, "cut"),
				},
			}
			fresh := writer{opts: &named}
			if got, want := string(kept.appendEvent(nil, &e, 1)), string(fresh.appendEvent(nil, &e, 1)); got != want {
				t.Fatalf("%s\nwant %s", got, want)
			}
		}
	})
}
