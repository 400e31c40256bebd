package ascii

import "testing"

func TestLower(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "a.test": "a.test", "aB.TEST": "ab.test", "@AZ[`az{": "@az[`az{",
		"\u212aA\xff\xc1": "\u212aa\xff\xc1", "ÄA": "Äa",
	} {
		if got := Lower(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if n := testing.AllocsPerRun(100, func() { Lower("a.test") }); n != 0 {
		t.Errorf("%v allocations for nothing", n)
	}
}
