package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// wordOf is the word of a value, or TYPE(N) where it has none.
func wordOf[T ~uint8](words []string, kind string, v T) string {
	if int(v) < len(words) {
		return words[v]
	}
	return kind + "(" + strconv.Itoa(int(v)) + ")"
}

// parseWord finds the value of a word, its index.
func parseWord[T ~uint8](words []string, s string) (T, error) {
	if i := slices.Index(words, s); i >= 0 {
		return T(i), nil
	}
	return 0, fmt.Errorf("%q is not one of %s", cut(s), strings.Join(words, ", "))
}

// listed writes "a, b or c".
func listed(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
