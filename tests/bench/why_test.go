package main

import "testing"

// TestWhy: what is said to limit a row or a curve is said of one that there is.
func TestWhy(t *testing.T) {
	b := &bench{dir: t.TempDir(), scale: 1}
	jobs, err := b.jobs()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, j := range jobs {
		known[j.Work] = true
	}
	for _, c := range b.allCurves() {
		known[c.title] = true
	}
	for work := range why {
		if !known[work] {
			t.Errorf("nothing is measured of %q", work)
		}
	}
}
