package main

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// fallbacks is the test that does without each feature of the kernel in turn.
const fallbacks = "TestFallbacks"

// finding is a check of doctor's; of a kernel feature, Kernel is whether the kernel has it.
type finding struct{ Check, Status, Found, Kernel string }

// amiss reads doctor's report: the checks that it does not call ok, and the features that the kernel lacks.
func amiss(report string) (names, absent []string) {
	var found struct{ Checks []finding }
	if err := json.Unmarshal([]byte(report), &found); err != nil {
		return []string{"doctor: " + err.Error()}, nil
	}
	for _, f := range found.Checks {
		if f.Kernel == "no" {
			absent = append(absent, f.Check)
		}
		if f.Status != "ok" || f.Kernel == "no" || f.Kernel == "masked" {
			names = append(names, f.Check)
		}
	}
	return names, absent
}

// absence is where a feature was done without: guests whose kernel has none, and guests where it was masked.
type absence struct{ absent, masked []string }

// doneWithout tells, for each feature, in which guests the test of the fallbacks passed without it.
func doneWithout(results []*result) map[string]*absence {
	done := map[string]*absence{}
	for _, res := range results {
		for _, o := range res.outcomes {
			if !o.ran[fallbacks] || o.status != 0 {
				continue
			}
			for _, f := range sys.Features() {
				if done[f.Name] == nil {
					done[f.Name] = &absence{}
				}
				if slices.Contains(res.absent[o.user], f.Name) {
					note(&done[f.Name].absent, res)
				}
				if o.succeeded[fallbacks+"/without_"+f.Name] {
					note(&done[f.Name].masked, res)
				}
			}
		}
	}
	return done
}

func note(guests *[]string, res *result) {
	if name := strings.TrimSpace(res.release + " " + res.row.condition.name); !slices.Contains(*guests, name) {
		*guests = append(*guests, name)
	}
}

// nowhere is an error that names the features that were done without nowhere in the matrix. What a run cannot do without ends it, which
// the test of the fallbacks wants to see too.
func nowhere(results []*result) error {
	done := doneWithout(results)
	var never []string
	for _, f := range sys.Features() {
		if a := done[f.Name]; a == nil || len(a.absent)+len(a.masked) == 0 {
			never = append(never, f.Name)
		}
	}
	if len(never) == 0 {
		return nil
	}
	return errors.New("no guest did without " + strings.Join(never, ", "))
}
