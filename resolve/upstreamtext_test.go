package resolve

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

var zeroPin = "sha256:" + strings.Repeat("A", 43) + "="

// Every form, as it is named in messages.
func TestParseUpstreamForms(t *testing.T) {
	for text, want := range map[string]string{
		"system": "system", "udp://[::1]:5353": "udp://[::1]:5353", "unix:///run/dns.sock": "unix:///run/dns.sock",
		"tls://dns.corp":                                "tls://dns.corp:853",
		"tls://DNS.Corp.:8853":                          "tls://dns.corp:8853",
		"tls://192.0.2.1":                               "tls://192.0.2.1:853",
		"tls://2001:db8::1":                             "tls://[2001:db8::1]:853",
		"tls://[2001:db8::1]:1#pin=" + zeroPin:          "tls://[2001:db8::1]:1",
		"https://dns.corp/dns-query":                    "https://dns.corp:443",
		"https://dns.corp:8443/secret/path?key=x{?dns}": "https://dns.corp:8443",
		"https://[2001:db8::1]/q#address=192.0.2.1":     "https://[2001:db8::1]:443",
		"tls://dns.corp#address=192.0.2.1&address=2001:db8::1&pin=" + zeroPin + "&pin=" + zeroPin: "tls://dns.corp:853",
	} {
		u, err := ParseUpstream(text)
		if err != nil || u.String() != want {
			t.Errorf("%s: %s, %v", text, u, err)
		}
	}
	u := upstream(t, "https://dns.corp:8443/a?b{?dns}#address=192.0.2.1&address=2001:db8::1&pin=%s", zeroPin)
	if u.secure.url != "https://dns.corp:8443/a?b" || fmt.Sprint(u.secure.addresses) != "[192.0.2.1 2001:db8::1]" || len(u.secure.pins) != 1 {
		t.Errorf("%+v", u.secure)
	}
}

// What is no upstream is refused with what is wrong with it.
func TestParseUpstreamProblems(t *testing.T) {
	for text, problem := range map[string]string{
		"quic://192.0.2.1": "", "tls:192.0.2.1": "", "TLS://192.0.2.1": "",
		"udp://dns.corp": "not an address", "tcp://192.0.2.1#pin=x": "not an address",
		"tls://": "neither a name nor an address", "tls://dns.corp:0": "neither a name", "tls://dns.corp:65536": "neither a name",
		"tls://me@dns.corp": "neither a name", "tls://dns..corp": "neither a name", "tls://1.2.3": "neither a name", "tls://fe80::1%eth0": "neither a name",
		"tls://münchen.example": "neither a name", "tls://-a.corp": "neither a name", "tls://[dns.corp]": "neither a name", "tls://[::1]x": "neither a name",
		"tls://dns.corp/": "tls has no path", "https://dns.corp": "needs the path", "https://dns.corp/": "needs the path", "https://dns.corp/{?dns}": "needs the path",
		"tls://dns.corp#address=dns.corp": `"dns.corp" is no address`, "tls://dns.corp#adress=192.0.2.1": "neither address=ADDRESS nor pin",
		"tls://dns.corp#pin=sha256:AAAA": "is no pin", "tls://dns.corp#pin=" + zeroPin[7:]: "is no pin", "tls://dns.corp#pin=" + zeroPin[:50]: "is no pin",
		"tls://dns.corp#" + strings.Repeat("address=192.0.2.1&", 16) + "address=192.0.2.1": "more than 16",
		"unix://run/dns.sock": "not absolute", "unix://": "not absolute", "unix:///" + strings.Repeat("x", 107): "at most 107 bytes", "unix:///a\x00b": "at most 107 bytes",
	} {
		_, err := ParseUpstream(text)
		bad, ok := errors.AsType[*UpstreamError](err)
		if !ok || !strings.Contains(bad.Problem, problem) || (problem == "") != (bad.Problem == "") || bad.Hint() == "" {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// FuzzParseUpstream: what is taken is taken again in the words in which it is named, where those are whole.
func FuzzParseUpstream(f *testing.F) {
	for _, text := range []string{"system", "udp://[::1]:53", "tls://dns.corp:1#address=::1&pin=" + zeroPin, "https://a/b?c", "unix:///x", "tcp://1.2.3.4"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := ParseUpstream(text)
		if err != nil || u.network == "https" {
			return
		}
		again, err := ParseUpstream(u.String())
		if err != nil || again.String() != u.String() {
			t.Errorf("%q is %q, which is %q, %v", text, u, again, err)
		}
	})
}
