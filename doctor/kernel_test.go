package doctor

import (
	"testing"

	"pgregory.net/rapid"
)

func TestParseVersion(t *testing.T) {
	for release, want := range map[string]version{
		"6.18.44-fc-v669":                    {6, 18},
		"5.10.0-28-amd64":                    {5, 10},
		"4.18.0-553.el8_10.x86_64":           {4, 18},
		"5.15.153.1-microsoft-standard-WSL2": {5, 15},
		"6.1":                                {6, 1},
		"7.0-rc1":                            {7, 0},
		"6.10+":                              {6, 10},
		"":                                   {},
		"linux":                              {},
		"6":                                  {},
		"6.":                                 {},
		"6.x":                                {},
		"-6.1":                               {},
		"99999999999999999999.1":             {},
		"6.99999999999999999999999":          {},
	} {
		if got := parseVersion(release); got != want {
			t.Errorf("%q: %v, want %v", release, got, want)
		}
	}
}

func TestVersionsAreOrdered(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.IntRange(0, 70)
		a, b := version{part.Draw(t, "a"), part.Draw(t, "a2")}, version{part.Draw(t, "b"), part.Draw(t, "b2")}
		if !a.atLeast(b) && !b.atLeast(a) || a.atLeast(b) && b.atLeast(a) && a != b {
			t.Fatalf("%v and %v have no order", a, b)
		}
		if a != (version{}) && parseVersion(a.String()+".0-generic") != a {
			t.Fatalf("%v does not survive its own words", a)
		}
	})
}

func TestProbeKernel(t *testing.T) {
	expect(t, probeKernel(machine("6.18.44", nil)), isThere, "6.18.44 (5.10 or newer needed)")
	expect(t, probeKernel(machine("5.10.0-8", nil)), isThere, "5.10.0-8 (5.10 or newer needed)")
	expect(t, probeKernel(machine("5.9.16", nil)), isMissing, "5.9.16 (5.10 or newer needed)")
	expect(t, probeKernel(machine("Darwin", nil)), cannotTell, `a release that says no version: "Darwin"`)
}

func TestProbeArch(t *testing.T) {
	h := machine("6.1.0", nil)
	expect(t, probeArch(h), isThere, "amd64 (amd64 or arm64 needed)")
	h.arch = "riscv64"
	expect(t, probeArch(h), isMissing, "riscv64 (amd64 or arm64 needed)")
}
