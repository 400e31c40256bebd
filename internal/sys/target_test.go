package sys

import "testing"

func TestOffsetLeavesTagsOut(t *testing.T) {
	for _, c := range []struct {
		arch          string
		address, want uint64
	}{
		{"arm64", 0xb400_ffff_8000_1238, 0x0000_ffff_8000_1238},
		{"arm64", 0x0000_ffff_8000_1238, 0x0000_ffff_8000_1238},
		{"amd64", 0x7ffc_1234_5678, 0x7ffc_1234_5678},
		{"amd64", 0xb400_7ffc_1234_5678, 0xb400_7ffc_1234_5678},
	} {
		if got := offset(c.arch, c.address); uint64(got) != c.want {
			t.Errorf("%s: %#x is at %#x, want %#x", c.arch, c.address, got, c.want)
		}
	}
}
