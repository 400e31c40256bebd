package carry

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// variables name proxies, in either case.
var variables = []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"}

// schemes are those of proxies that are spoken to over TCP.
var schemes = []string{"http", "https", "socks5", "socks5h"}

// Proxies are the forwards for the proxies on loopback that the environment names: http, https, socks5 and socks5h URLs with a
// port, or host and port alone. What is named elsewhere, or cannot be read, is nobody's here.
func Proxies(getenv func(string) string) []Forward {
	var all []Forward
	for _, name := range variables {
		for _, name := range []string{name, strings.ToLower(name)} {
			if f, ok := proxy(getenv(name)); ok {
				f.Text, f.Auto = name, true
				all = append(all, f)
			}
		}
	}
	return all
}

func proxy(text string) (Forward, bool) {
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err != nil || !slices.Contains(schemes, u.Scheme) {
		return Forward{}, false
	}
	port, err := parsePort(u.Port())
	if err != nil {
		return Forward{}, false
	}
	f, err := local(u.Hostname(), port)
	return f, err == nil
}

// Merge puts the forwards that were asked for and those of proxies together. A listener that there is already is left out of
// a proxy's; asked for twice, it is an error.
func Merge(named, auto []Forward) ([]Forward, error) {
	var all []Forward
	taken := map[string]bool{}
	for _, f := range slices.Concat(named, auto) {
		kept := f.Listen[:0:0]
		for _, at := range f.Listen {
			switch key := at.String(); {
			case !taken[key]:
				taken[key] = true
				kept = append(kept, at)
			case !f.Auto:
				return nil, &SpecError{f.Text, "another forward listens on " + at.String()}
			}
		}
		if f.Listen = kept; len(kept) > 0 {
			all = append(all, f)
		}
	}
	if n := listeners(all); n > MaxListeners {
		return nil, &SpecError{all[len(all)-1].Text, strconv.Itoa(n) + " listeners are more than " + strconv.Itoa(MaxListeners)}
	}
	return all, nil
}

func listeners(all []Forward) int {
	n := 0
	for _, f := range all {
		n += len(f.Listen)
	}
	return n
}

// Bypasses are the domains of a NO_PROXY list, in either case of the variable: a name and what is below it go past the proxy.
// "*" is every name; addresses and networks are left out.
func Bypasses(getenv func(string) string) []string {
	var all []string
	for _, name := range []string{"NO_PROXY", "no_proxy"} {
		for entry := range strings.FieldsFuncSeq(getenv(name), func(r rune) bool { return r == ',' || r == ' ' }) {
			host, _, _ := strings.Cut(entry, ":")
			host = strings.TrimPrefix(strings.TrimPrefix(strings.ToLower(host), "*."), ".")
			if host != "" && !numeric(entry) && !slices.Contains(all, host) {
				all = append(all, host)
			}
		}
	}
	return all
}

// numeric says whether an entry is an address, with or without a port, or a network.
func numeric(entry string) bool {
	_, err := netip.ParseAddr(strings.Trim(entry, "[]"))
	if err != nil {
		_, err = netip.ParseAddrPort(entry)
	}
	if err != nil {
		_, err = netip.ParsePrefix(entry)
	}
	return err == nil
}
