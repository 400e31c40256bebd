package policy

// globs are the globs of whose names the pattern's are made, without a difference in what they match of normalised names.
func (p Pattern) globs() []string {
	switch p.kind {
	case exact, glob, globBelow:
		return []string{p.body}
	case below:
		return []string{subdomain + p.body}
	case atAndUnder:
		return []string{p.body, subdomain + p.body}
	case globBoth:
		return []string{p.body[len(subdomain):], p.body}
	case every:
		return []string{"*"}
	default:
		return nil
	}
}

// covers reports whether the pattern matches all names of another. It may miss that where both have globs.
func (p Pattern) covers(other Pattern) bool {
	outer, inner := p.globs(), other.globs()
	for _, in := range inner {
		found := false
		for _, out := range outer {
			found = found || coversGlob(out, in)
		}
		if !found {
			return false
		}
	}
	return len(inner) > 0
}

// coversGlob is matchGlob of a glob, whose star only a star takes in.
func coversGlob(outer, inner string) bool {
	star, resume := -1, 0
	o, i := 0, 0
	for i < len(inner) {
		switch {
		case o < len(outer) && outer[o] == '*':
			star, resume = o, i
			o++
		case o < len(outer) && (outer[o] == '?' && inner[i] != '*' || outer[o] == inner[i]):
			o++
			i++
		case star >= 0:
			resume++
			o, i = star+1, resume
		default:
			return false
		}
	}
	for o < len(outer) && outer[o] == '*' {
		o++
	}
	return o == len(outer)
}

// shortest is the length of the shortest text that the pattern matches, if it is not "nothing" or an address.
func (p Pattern) shortest() int {
	least := maxName + 1
	for _, g := range p.globs() {
		n := 0
		for i := range len(g) {
			if g[i] != '*' {
				n++
			}
		}
		least = min(least, n)
	}
	return least
}
