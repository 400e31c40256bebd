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
				if *update {
					if err := os.WriteFile(o.file(), want, 0o644); err != nil {
						t.Fatal(err)
					}
					continue
				}
				if got, err := o.Program(); err != nil || !bytes.Equal(got, want) {
					t.Errorf("%s is not what the rules say (-update writes it): %v", o.file(), err)
				}
			}
		}
	}
}
