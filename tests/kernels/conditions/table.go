package conditions

import (
	"fmt"
	"strings"
)

// Table is the rows in Markdown.
func Table() string {
	var b strings.Builder
	b.WriteString("| what is set | as root | as an ordinary user |\n|---|---|---|\n")
	for _, r := range Rows {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", r.Set, r.Root, r.User)
	}
	return b.String()
}

// String says what somebody sees.
func (s Sight) String() string {
	if s.Works() {
		return "works"
	}
	return fmt.Sprintf("status 125, “%s”; the hint names %s", s.Says, s.Hint)
}
