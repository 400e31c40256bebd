package review

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// column is how a column of a grid looks.
type column struct {
	title string
	right bool // numbers
	flex  bool // the one that gives way where the grid is too wide
}

// grid is a table for people. Cells are printable.
type grid struct {
	columns []column
	rows    [][]string
}

const (
	gap     = "  "
	minFlex = 16 // columns that the one which gives way keeps
)

// append appends the lines of the grid, at most as wide as it is told; 0 is any width. A column without any text is left out.
func (g *grid) append(dst []byte, limit int) []byte {
	widths := make([]int, len(g.columns))
	total, flex := -len(gap), -1
	for i, c := range g.columns {
		for _, row := range g.rows {
			widths[i] = max(widths[i], columns(row[i]))
		}
		if widths[i] == 0 {
			continue
		}
		widths[i] = max(widths[i], columns(c.title))
		total += widths[i] + len(gap)
		if c.flex {
			flex = i
		}
	}
	if over := total - limit; limit > 0 && over > 0 && flex >= 0 {
		widths[flex] = min(widths[flex], max(minFlex, widths[flex]-over))
	}
	titles := make([]string, len(g.columns))
	for i, c := range g.columns {
		titles[i] = c.title
	}
	dst = g.line(dst, titles, widths, limit)
	for _, row := range g.rows {
		dst = g.line(dst, row, widths, limit)
	}
	return dst
}

func (g *grid) line(dst []byte, cells []string, widths []int, limit int) []byte {
	var line strings.Builder
	for i, cell := range cells {
		if widths[i] == 0 {
			continue
		}
		if line.Len() > 0 {
			line.WriteString(gap)
		}
		cell = shorten(cell, widths[i])
		pad := strings.Repeat(" ", widths[i]-columns(cell))
		if g.columns[i].right {
			line.WriteString(pad + cell)
		} else {
			line.WriteString(cell + pad)
		}
	}
	text := strings.TrimRight(line.String(), " ")
	if limit > 0 {
		text = shorten(text, limit)
	}
	return append(append(dst, text...), '\n')
}

// columns is how many columns of a terminal a printable string takes.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n += columnsOf(r)
	}
	return n
}

func columnsOf(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	default:
		return 1
	}
}

// shorten cuts a string to a width, and says so with a … in its middle: the end of a name says more than its middle.
func shorten(s string, limit int) string {
	if columns(s) <= limit {
		return s
	}
	runes := []rune(s)
	head, tail, used := 0, len(runes), 1
	for head < tail {
		if w := columnsOf(runes[tail-1]); used+w <= limit && len(runes)-tail <= 2*head {
			tail--
			used += w
		} else if w := columnsOf(runes[head]); used+w <= limit {
			head++
			used += w
		} else {
			break
		}
	}
	return string(runes[:head]) + "…" + string(runes[tail:])
}
