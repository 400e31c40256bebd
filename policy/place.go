package policy

import (
	"bytes"
	"sort"
)

// places turns offsets in a file into origins.
type places struct {
	file  string
	size  int
	lines []int32 // offset of each line's first byte
	last  int     // of lines, the one that was asked for last
}

func newPlaces(file string, data []byte) *places {
	p := &places{file: file, size: len(data), lines: make([]int32, 1, bytes.Count(data, []byte("\n"))+1)}
	for at := 0; ; {
		end := bytes.IndexByte(data[at:], '\n')
		if end < 0 {
			return p
		}
		at += end + 1
		p.lines = append(p.lines, int32(at))
	}
}

// at is the origin of the byte at an offset; one beyond the end is the end. Most are asked for in their order.
func (p *places) at(offset int) Origin {
	offset = min(max(offset, 0), p.size)
	if !p.on(p.last, offset) {
		if p.last++; !p.on(p.last, offset) {
			p.last = sort.Search(len(p.lines), func(i int) bool { return int(p.lines[i]) > offset }) - 1
		}
	}
	return Origin{File: p.file, Line: p.last + 1, Column: offset - int(p.lines[p.last]) + 1}
}

// on says whether an offset is on a line, counted from 0.
func (p *places) on(line, offset int) bool {
	return line < len(p.lines) && int(p.lines[line]) <= offset && (line+1 == len(p.lines) || offset < int(p.lines[line+1]))
}
