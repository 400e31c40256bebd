package sys

import (
	"errors"
	"os"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Both ways of reading a target's memory give the same, wherever it is and whatever may be read there.
func TestReadMemoryBothWays(t *testing.T) {
	page := os.Getpagesize()
	// Four pages: readable, readable but of another mapping, not readable, not mapped.
	area, err := unix.Mmap(-1, 0, 4*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	for i := range area {
		area[i] = byte(i % 251)
	}
	base := uint64(uintptr(unsafe.Pointer(unsafe.SliceData(area))))
	for _, err := range []error{
		unix.Mprotect(area[page:2*page], unix.PROT_READ), unix.Mprotect(area[2*page:3*page], unix.PROT_NONE),
		unix.MunmapPtr(unsafe.Pointer(&area[3*page]), uintptr(page)),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	defer func() { _ = unix.MunmapPtr(unsafe.Pointer(unsafe.SliceData(area)), uintptr(3*page)) }()
	p := uint64(page)
	for name, c := range map[string]struct {
		spans []Span
		read  int
		err   error
	}{
		"one":                    {[]Span{{base + 5, 100}}, 100, nil},
		"across two mappings":    {[]Span{{base + p - 50, 100}}, 100, nil},
		"two":                    {[]Span{{base + p, 10}, {base, 10}}, 20, nil},
		"an empty one nowhere":   {[]Span{{0, 0}, {base, 10}, {^uint64(0), 0}}, 10, nil},
		"up to what is not read": {[]Span{{base + 2*p - 10, 20}}, 10, unix.EFAULT},
		"not readable":           {[]Span{{base + 2*p, 1}}, 0, unix.EFAULT},
		"not mapped":             {[]Span{{base + 3*p, 1}}, 0, unix.EFAULT},
		"the second not":         {[]Span{{base, 10}, {base + 2*p, 10}, {base, 10}}, 10, unix.EFAULT},
		"null":                   {[]Span{{0, 8}}, 0, unix.EFAULT},
		"the kernel's":           {[]Span{{^uint64(0) - 100, 8}}, 0, unix.EFAULT},
		"around the end":         {[]Span{{^uint64(0) - 3, 8}}, 0, unix.EFAULT},
	} {
		for _, mask := range []string{"", "process_vm_readv"} {
			masked(t, mask)
			want := 0
			for _, s := range c.spans {
				want += s.Len
			}
			buf := make([]byte, want)
			n, err := ReadSpans(unix.Getpid(), c.spans, buf)
			if max(n, 0) != c.read || !errors.Is(err, c.err) {
				t.Errorf("%s, masked %q: %d, %v; want %d, %v", name, mask, n, err, c.read, c.err)
			}
			at := 0
			for _, s := range c.spans {
				for i := range min(s.Len, c.read-at) {
					if buf[at+i] != byte((int(s.Base-base)+i)%251) {
						t.Fatalf("%s, masked %q: byte %d of the span at %d is %d", name, mask, i, s.Base-base, buf[at+i])
					}
				}
				at += s.Len
			}
		}
	}
}

// Nobody is there: the errno is the system call's.
func TestReadMemoryOfNobody(t *testing.T) {
	for _, mask := range []string{"", "process_vm_readv"} {
		masked(t, mask)
		if _, err := ReadMemory(1<<22+1, 4096, make([]byte, 8)); !errors.Is(err, unix.ESRCH) {
			t.Errorf("masked %q: %v", mask, err)
		}
	}
	if err := lookErrno(&os.PathError{Err: unix.EACCES}); !errors.Is(err, unix.EPERM) {
		t.Error(err)
	}
}

func TestParseRegion(t *testing.T) {
	if r, readable, err := parseRegion("7f00-7fff r--p 00000000 00:00 0    /a path"); err != nil || !readable || r != (region{0x7f00, 0x7fff}) {
		t.Error(r, readable, err)
	}
	if _, readable, err := parseRegion("7f00-7fff -wxp 00000000"); err != nil || readable {
		t.Error(readable, err)
	}
	for _, bad := range []string{"", "x-y r", "7f00", "7f00- r"} {
		if _, _, err := parseRegion(bad); err == nil {
			t.Errorf("%q is none", bad)
		}
	}
}

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
