package sys

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// readMemoryFile is ReadSpans by way of /proc/PID/mem, which a seccomp profile that refuses process_vm_readv leaves alone. The
// file gives what even the target itself may not read (PROT_NONE): its map says where that begins.
func readMemoryFile(tid int, spans []Span, buf []byte) (int, error) {
	spans = untagged(spans)
	memory, err := os.Open(fmt.Sprintf("/proc/%d/mem", tid))
	if err != nil {
		return 0, lookErrno(err)
	}
	defer memory.Close()
	readable, err := readableRegions(tid, spans)
	if err != nil {
		return 0, lookErrno(err)
	}
	total := 0
	for _, s := range spans {
		want := min(s.Len, len(buf)-total)
		if want == 0 {
			continue
		}
		have := min(want, extent(readable, s.Base))
		n, err := memory.ReadAt(buf[total:total+have], int64(s.Base))
		total += n
		if err != nil || n < want {
			return total, unix.EFAULT
		}
	}
	if total < len(buf) {
		return total, unix.EFAULT
	}
	return total, nil
}

// untagged are spans as the files of /proc have them.
func untagged(spans []Span) []Span {
	out := slices.Clone(spans)
	for i := range out {
		out[i].Base = uint64(Offset(out[i].Base))
	}
	return out
}

// lookErrno is what process_vm_readv says where a file of /proc cannot be opened.
func lookErrno(err error) error {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return unix.EPERM
	case errors.Is(err, fs.ErrNotExist):
		return unix.ESRCH
	}
	return err
}

// region is a stretch of addresses, without its end.
type region struct{ start, end uint64 }

// readableRegions are those around the spans that the target itself may read, by address; proc_pid_maps(5).
func readableRegions(tid int, spans []Span) ([]region, error) {
	maps, err := os.Open(fmt.Sprintf("/proc/%d/maps", tid))
	if err != nil {
		return nil, err
	}
	defer maps.Close()
	wanted := region{start: ^uint64(0)}
	for _, s := range spans {
		wanted.start, wanted.end = min(wanted.start, s.Base), max(wanted.end, s.Base+uint64(s.Len))
	}
	var out []region
	lines := bufio.NewScanner(maps) // a line has a path at most
	for lines.Scan() {
		r, readable, err := parseRegion(lines.Text())
		if err != nil {
			return nil, fmt.Errorf("/proc/%d/maps: %w", tid, err)
		}
		if readable && r.end > wanted.start {
			out = append(out, r)
		}
		if r.end >= wanted.end {
			break
		}
	}
	return out, lines.Err()
}

// parseRegion reads a line such as "7f00-7f80 r--p …".
func parseRegion(line string) (r region, readable bool, err error) {
	addresses, mode, _ := strings.Cut(line, " ")
	start, end, _ := strings.Cut(addresses, "-")
	if r.start, err = strconv.ParseUint(start, 16, 64); err == nil {
		r.end, err = strconv.ParseUint(end, 16, 64)
	}
	return r, strings.HasPrefix(mode, "r"), err
}

// extent is how many bytes from an address on are in regions without a gap, as an int.
func extent(regions []region, base uint64) int {
	at := base
	for _, r := range regions {
		if r.start <= at && at < r.end {
			at = r.end
		}
	}
	return int(min(at-base, 1<<62))
}
