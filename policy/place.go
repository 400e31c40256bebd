package policy

import "sort"

// places turns offsets in a file into origins.
type places struct {
	file  string
	size  int
	lines []int // offset of each line's first byte
}

func newPlaces(file string, data []byte) *places {
	p := &places{file: file, size: len(data), lines: []int{0}}
	for i, c := range data {
		if c == '\n' {
			p.lines = append(p.lines, i+1)
		}
	}
	return p
}

// at is the origin of the byte at an offset; one beyond the end is the end.
func (p *places) at(offset int) Origin {
	offset = min(max(offset, 0), p.size)
	line := sort.SearchInts(p.lines, offset+1)
	return Origin{File: p.file, Line: line, Column: offset - p.lines[line-1] + 1}
}
