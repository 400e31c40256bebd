package policy

import (
	"bytes"
	"strconv"
)

// Zone is zone text (RFC 1035 section 5.1) of a policy file, not looked at yet.
type Zone struct {
	Text   string
	File   string
	Line   int // of the text's first line in File, from 1
	Column int // of the text's first byte, in bytes from 1

	starts []Origin // of each line of Text
}

// At is where a line of the text and a column of it, both from 1, stand in the file. The line is exact; the column is
// unless the line holds escapes. A column below 1 is the line's start.
func (z Zone) At(line, column int) Origin {
	line, column = max(line, 1), max(column, 1)
	if line <= len(z.starts) {
		at := z.starts[line-1]
		at.Column += column - 1
		return at
	}
	if line == 1 {
		column += max(z.Column, 1) - 1
	}
	return Origin{File: z.File, Line: z.Line + line - 1, Column: column}
}

func (r *reader) zone(e entry) error {
	text, err := r.text(e)
	if err != nil {
		return err
	}
	raw := e.value.Raw
	zone := Zone{Text: text, File: r.places.file}
	for _, offset := range lineStarts(r.data[raw.Offset : raw.Offset+raw.Length]) {
		zone.starts = append(zone.starts, r.places.at(int(raw.Offset)+offset))
	}
	zone.Line, zone.Column = zone.starts[0].Line, zone.starts[0].Column
	r.file.Records = append(r.file.Records, zone)
	return nil
}

// lineStarts are the offsets in a TOML string, quotes and all, at which the lines of its value begin: after each line
// break that is part of the value, a raw one or an escape. There is at least one.
func lineStarts(raw []byte) []int {
	i := contentStart(raw)
	starts := []int{i}
	escapes := raw[0] == '"'
	for i < len(raw) {
		switch {
		case raw[i] == '\n':
			i++
			starts = append(starts, i)
		case raw[i] == '\\' && escapes:
			width, newline := escape(raw[i:])
			i += width
			if newline {
				starts = append(starts, i)
			}
		default:
			i++
		}
	}
	return starts
}

// contentStart skips the opening quotes and, after three, the line break that TOML trims.
func contentStart(raw []byte) int {
	for _, quotes := range []string{`"""`, `'''`} {
		if bytes.HasPrefix(raw, []byte(quotes)) && len(raw) >= 2*len(quotes) {
			rest := raw[len(quotes):]
			switch {
			case bytes.HasPrefix(rest, []byte("\n")):
				return len(quotes) + 1
			case bytes.HasPrefix(rest, []byte("\r\n")):
				return len(quotes) + 2
			}
			return len(quotes)
		}
	}
	return 1
}

// escape measures the escape at the start of raw and reports whether it stands for a line break. A backslash at the end
// of a line takes all blanks after it along.
func escape(raw []byte) (width int, newline bool) {
	if len(raw) < 2 {
		return len(raw), false
	}
	switch digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[raw[1]]; {
	case raw[1] == 'n':
		return 2, true
	case digits > 0 && len(raw) >= 2+digits:
		code, err := strconv.ParseUint(string(raw[2:2+digits]), 16, 32)
		return 2 + digits, err == nil && code == '\n'
	case raw[1] == ' ' || raw[1] == '\t' || raw[1] == '\r' || raw[1] == '\n':
		return len(raw) - len(bytes.TrimLeft(raw[1:], " \t\r\n")), false
	}
	return 2, false
}
