package policy

import "strings"

// matchGlob reports whether '*' (any run, dots too) and '?' (any one character, a dot too) make glob the whole of name.
// Going back to the last star alone is enough, so the work is at most len(glob)*len(name).
func matchGlob(glob, name string) bool {
	star, resume := -1, 0
	g, n := 0, 0
	for n < len(name) {
		switch {
		case g < len(glob) && glob[g] == '*':
			star, resume = g, n
			g++
		case g < len(glob) && (glob[g] == '?' || glob[g] == name[n]):
			g++
			n++
		case star >= 0:
			resume++
			g, n = star+1, resume
		default:
			return false
		}
	}
	return strings.Trim(glob[g:], "*") == ""
}

// collapse makes one star of a run of more than most stars.
func collapse(glob string, most int) string {
	if !strings.Contains(glob, "**") {
		return glob
	}
	var b strings.Builder
	for i := 0; i < len(glob); {
		if glob[i] != '*' {
			b.WriteByte(glob[i])
			i++
			continue
		}
		run := len(glob[i:]) - len(strings.TrimLeft(glob[i:], "*"))
		if i += run; run > most {
			run = 1
		}
		b.WriteString("**"[:run])
	}
	return b.String()
}
