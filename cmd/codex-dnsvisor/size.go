package main

import (
	"fmt"
	"strconv"
	"strings"
)

// size is a number of bytes as people write it: 4096, 100K, 10M, 1G; a B or iB behind changes nothing.
type size int64

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *size) UnmarshalText(text []byte) error {
	digits := strings.TrimSuffix(strings.TrimSuffix(strings.ToUpper(string(text)), "B"), "I")
	shift := 0
	for unit, bits := range map[string]int{"K": 10, "M": 20, "G": 30, "T": 40} {
		if rest, ok := strings.CutSuffix(digits, unit); ok {
			digits, shift = rest, bits
			break
		}
	}
	n, err := strconv.ParseUint(digits, 10, 63-40)
	if shift == 0 {
		n, err = strconv.ParseUint(digits, 10, 62)
	}
	if err != nil || n == 0 {
		return fmt.Errorf("%q: want a size, as 10M or 1G", text)
	}
	*s = size(n << shift)
	return nil
}
