package resolve

import "strings"

// Unexpanded is the name that a client's search list made a normalised name of (resolv.conf(5)); a name of one label counts,
// as what the client asks for in the end. False: the list made nothing of it, or is empty.
func (r *Resolver) Unexpanded(name string) (bare string, ok bool) {
	list := r.servers.searchList()
	bare = name
	for _, domain := range list {
		if rest, cut := strings.CutSuffix(name, "."+domain); cut && len(rest) < len(bare) {
			bare = rest
		}
	}
	return bare, bare != name || len(list) > 0 && name != "" && !strings.Contains(name, ".")
}

// searchList are the domains that the system's resolv.conf lists, normalised.
func (s *servers) searchList() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = s.readSystem() // a file that cannot be read lists none
	return s.search
}
