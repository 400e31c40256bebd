package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// service is one word of a line in nsswitch.conf(5) and what is done after it, by status in upper case.
type service struct {
	name    string
	actions map[string]string
}

// probeNSSwitch asks whether a name that is in no file comes to the module dns. glibc's default does.
func probeNSSwitch(h *host) answer {
	text, err := h.read("etc/nsswitch.conf")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return yes("not there: files dns")
	case err != nil:
		return unknown("%v", err)
	}
	line, ok := hostsLine(text)
	if !ok {
		return yes("no hosts line: files dns")
	}
	services, err := parseServices(line)
	if err != nil {
		return unknown("hosts: %s: %v", line, err)
	}
	found := "hosts: " + line
	stop, reached := walk(services)
	switch {
	case reached:
		return yes(found)
	case stop != "":
		return noBut(found, fmt.Sprintf("glibc stops at %q and never asks DNS: take away the action that stops it, or put dns before it, as in: hosts: files dns", stop))
	}
	return noBut(found, "glibc never asks DNS, and what it asks instead is not answered inside: end the line with dns, as in: resolve [!UNAVAIL=return] dns")
}

// hostsLine returns what stands after "hosts:". Of several lines glibc takes the last.
func hostsLine(text string) (string, bool) {
	found, ok := "", false
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		if name, rest, cut := strings.Cut(line, ":"); cut && strings.TrimSpace(name) == "hosts" {
			found, ok = strings.Join(strings.Fields(rest), " "), true
		}
	}
	return found, ok
}

// statuses are what a module can say, and so what an action can be for.
var statuses = []string{"SUCCESS", "NOTFOUND", "UNAVAIL", "TRYAGAIN"}

func parseServices(line string) ([]service, error) {
	var services []service
	for line = strings.TrimSpace(line); line != ""; line = strings.TrimSpace(line) {
		if line[0] != '[' {
			end := strings.IndexAny(line, " \t[")
			if end < 0 {
				end = len(line)
			}
			services = append(services, service{line[:end], map[string]string{"SUCCESS": "return"}})
			line = line[end:]
			continue
		}
		inside, rest, ok := strings.Cut(line[1:], "]")
		if !ok || len(services) == 0 {
			return nil, errors.New("an action without its place")
		}
		if err := parseActions(inside, services[len(services)-1].actions); err != nil {
			return nil, err
		}
		line = rest
	}
	return services, nil
}

// parseActions reads "NOTFOUND=return !UNAVAIL=continue".
func parseActions(text string, into map[string]string) error {
	for field := range strings.FieldsSeq(text) {
		status, action, ok := strings.Cut(strings.ToUpper(field), "=")
		status, but := strings.CutPrefix(status, "!")
		known := false
		for _, s := range statuses {
			known = known || s == status
			if (s == status) != but {
				into[s] = strings.ToLower(action)
			}
		}
		if !ok || !known {
			return fmt.Errorf("%q is no action", field)
		}
	}
	return nil
}

// unavailable are the modules whose daemons a run keeps away (see the doors in package supervisor), or that pass on
// every name but their own.
var unavailable = map[string]bool{
	"resolve": true, "mdns": true, "mdns4": true, "mdns6": true, "mdns_minimal": true, "mdns4_minimal": true, "mdns6_minimal": true,
	"sss": true, "wins": true, "winbind": true, "ldap": true,
}

// walk looks a name up that no module but dns has. It says whether dns is asked, or which service stops it; "" for
// a line that ends without it.
func walk(services []service) (stop string, reached bool) {
	for _, s := range services {
		if s.name == "dns" {
			return "", true
		}
		status := "NOTFOUND"
		if unavailable[s.name] {
			status = "UNAVAIL"
		}
		if s.actions[status] == "return" {
			return s.name, false
		}
	}
	return "", false
}
