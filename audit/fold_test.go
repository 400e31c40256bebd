package audit

import (
	"fmt"
	"maps"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// pass lets the bubble's clock run, and the timers that it meets with.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestFold(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(ask func(name string))
		want string // before Close
		end  string // after
	}{
		{"one is written at once", func(ask func(string)) {
			ask("a")
		}, "a", "a"},
		{"retries wait for the window", func(ask func(string)) {
			ask("a")
			ask("a")
			ask("A.")
			pass(DefaultWindow - 1)
		}, "a", "a a*3"},
		{"the timer ends the window", func(ask func(string)) {
			ask("a")
			ask("a")
			pass(DefaultWindow)
		}, "a a*2", "a a*2"},
		{"a retry does not lengthen it", func(ask func(string)) {
			ask("a")
			pass(9 * time.Second)
			ask("a")
			pass(time.Second)
			ask("a")
		}, "a a*2 a", "a a*2 a"},
		{"two windows", func(ask func(string)) {
			ask("a")
			pass(4 * time.Second)
			ask("b")
			ask("b")
			ask("a")
			pass(6 * time.Second)
			ask("b")
			pass(4 * time.Second)
		}, "a b a*2 b*3", "a b a*2 b*3"},
		{"only later windows hold counts", func(ask func(string)) {
			ask("a")
			pass(4 * time.Second)
			ask("b")
			ask("b")
			pass(DefaultWindow)
		}, "a b b*2", "a b b*2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l, file := openTemp(t, Options{})
				tt.do(func(name string) { mustRecord(t, l, question(name)) })
				if got := names(readLines(t, file)); got != tt.want {
					t.Errorf("before Close: %q, want %q", got, tt.want)
				}
				mustClose(t, l)
				if got := names(readLines(t, file)); got != tt.end {
					t.Errorf("after Close: %q, want %q", got, tt.end)
				}
			})
		})
	}
}

func TestNoKeyNoFold(t *testing.T) {
	l, file := openTemp(t, Options{})
	e := question("a")
	e.Key = RetryKey{}
	mustRecord(t, l, e)
	mustRecord(t, l, e)
	if got := names(readLines(t, file)); got != "a a" {
		t.Errorf("%q", got)
	}
}

func TestFoldedLineIsTheLastOne(t *testing.T) {
	l, file := openTemp(t, Options{})
	for i, code := range []string{"SERVFAIL", "SERVFAIL", "NOERROR"} {
		e := question("a")
		e.ResponseCode, e.Time = code, time.Unix(int64(i), 0)
		mustRecord(t, l, e)
	}
	mustClose(t, l)
	last := readLines(t, file)[1]
	if last["dns.response_code"] != "NOERROR" || last["event.timestamp"] != "1970-01-01T00:00:02.000Z" || last["count"] != 3.0 {
		t.Errorf("%v", last)
	}
}

func TestNegativeWindowFoldsNothing(t *testing.T) {
	l, file := openTemp(t, Options{Window: -1})
	mustRecord(t, l, question("a"))
	mustRecord(t, l, question("a"))
	if got := names(readLines(t, file)); got != "a a" {
		t.Errorf("%q", got)
	}
}

// The oldest key gives way in a full table, and its count is written, not lost.
func TestFullTable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, file := openTemp(t, Options{})
		for i := range MaxFolded {
			mustRecord(t, l, question(fmt.Sprint(i)))
		}
		mustRecord(t, l, question("0"))
		mustRecord(t, l, question("new"))
		mustRecord(t, l, question("1"))
		mustRecord(t, l, question("0"))
		if n := l.fold.keys.Len(); n != MaxFolded {
			t.Errorf("%d keys", n)
		}
		lines := readLines(t, file)
		if got := names(lines[MaxFolded:]); got != "0*2 new 1*2 0" {
			t.Errorf("%q", got)
		}
	})
}

// Whatever comes when, every event is in the log: once alone, or in one count.
func TestNoEventIsLost(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		steps := rapid.SliceOfN(rapid.IntRange(0, 9), 0, 60).Draw(rt, "steps")
		got, want := map[string]int{}, map[string]int{}
		synctest.Test(t, func(t *testing.T) {
			l, file := openTemp(t, Options{})
			for _, s := range steps {
				if s > 5 {
					pass(time.Duration(s-5) * 3 * time.Second)
					continue
				}
				name := string(rune('a' + s))
				mustRecord(t, l, question(name))
				want[name]++
			}
			mustClose(t, l)
			for _, line := range readLines(t, file) {
				name := line["server.address"].(string)
				got[name]++
				if n, ok := line["count"].(float64); ok {
					got[name] += int(n) - 2 // neither the first, which has its own line, nor this line
				}
			}
		})
		if !maps.Equal(got, want) {
			rt.Fatalf("%v, want %v", got, want)
		}
	})
}

func TestKeys(t *testing.T) {
	base := func() Event {
		e := question("a.test")
		e.ClientAddress, e.ServerPort, e.Syscall = netip.MustParseAddrPort("127.0.0.1:4000"), 53, "sendto"
		return e
	}
	for _, tt := range []struct {
		name           string
		change         func(e *Event)
		question, call bool // still the same
	}{
		{"nothing", func(*Event) {}, true, true},
		{"time, answer", func(e *Event) { e.Time, e.ResponseCode = time.Now(), "NOERROR" }, true, true},
		{"letter case", func(e *Event) { e.ServerAddress = "A.tesT." }, true, false},
		{"name", func(e *Event) { e.ServerAddress = "b.test" }, false, false},
		{"process", func(e *Event) { e.Process.PID++ }, false, false},
		{"client", func(e *Event) { e.ClientAddress = netip.MustParseAddrPort("127.0.0.1:4001") }, false, true},
		{"type", func(e *Event) { e.QuestionType = "AAAA" }, false, true},
		{"transport", func(e *Event) { e.Transport = TransportDNSTCP }, false, false},
		{"decision", func(e *Event) { e.Decision = Allow }, false, false},
		{"syscall", func(e *Event) { e.Syscall = "connect" }, true, false},
		{"port", func(e *Event) { e.ServerPort++ }, true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, b := base(), base()
			tt.change(&b)
			if got := QuestionKey(&a, 1) == QuestionKey(&b, 1); got != tt.question {
				t.Errorf("same question: %v", got)
			}
			if got := CallKey(&a) == CallKey(&b); got != tt.call {
				t.Errorf("same call: %v", got)
			}
		})
	}
	a := base()
	if QuestionKey(&a, 1) == QuestionKey(&a, 2) {
		t.Error("the message id does not matter")
	}
	if QuestionKey(&a, 0) == CallKey(&a) {
		t.Error("a question and a call are one")
	}
}
