package tests

import (
	"fmt"
	"strconv"
	"testing"
)

// TestRacer: a program that races addresses, questions and descriptors for seconds gets nothing out, and answers
// only for allowed names.
func TestRacer(t *testing.T) {
	o := newOutside(t)
	got := o.run("--quiet", "--allow", "host.example", "--record", "host.example. 60 IN A 192.0.2.1", "--", program("racer"), strconv.Itoa(scaled(10, 1, 2)))
	var calls, answers, leaks int
	if _, err := fmt.Sscanf(got.stdout, "calls %d answers %d leaks %d", &calls, &answers, &leaks); err != nil {
		t.Fatalf("%v: %+v", err, got)
	}
	if calls < scaled(1000, 1, 10) || answers < scaled(100, 1, 10) || leaks != 0 || got.status != 0 {
		t.Errorf("not a race that tells: %+v", got)
	}
	for _, packet := range o.captured() {
		t.Errorf("got out: %s", packet)
	}
	t.Logf("%d calls, %d answers, none of them for the denied name", calls, answers)
}
