package resolve

import "strings"

// Unexpanded is the name that a client's search list made a normalised name of (resolv.conf(5)): the name itself where it
// ends in none of the list's domains.
func (r *Resolver) Unexpanded(name string) string {
	shortest := name
	for _, domain := range r.servers.searchList() {
		if bare, ok := strings.CutSuffix(name, "."+domain); ok && len(bare) < len(shortest) {
			shortest = bare
		}
	}
	return shortest
}

// searchList are the domains that the system's resolv.conf lists, normalised.
func (s *servers) searchList() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = s.readSystem() // a file that cannot be read lists none
	return s.search
}
