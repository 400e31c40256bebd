package filter

import (
	"bytes"
	"os"
	"testing"
)

// What a command is given is what the rules say, for each value of each option.
func TestCommandIsCompiled(t *testing.T) {
	for _, arch := range []Arch{AMD64, ARM64} {
		for _, socks := range []Unix{UnixGuard, UnixNone, UnixInside} {
			for _, host := range []bool{false, true} {
				o := Options{Arch: arch, Unix: socks, Host: host}
				want := build(t, o).Bytes()
				checkCompiled(t, o.file(), want, o.Program)
			}
		}
	}
}

// checkCompiled compares a program that is part of the binary with what the rules give now, or writes it.
func checkCompiled(t *testing.T, file string, want []byte, program func() ([]byte, error)) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got, err := program(); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is not what the rules say (-update writes it): %v", file, err)
	}
}
