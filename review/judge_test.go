package review

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
)

// Names of services that people use do not look like data.
func TestUsualNames(t *testing.T) {
	for name := range strings.FieldsSeq(`example.com www.example.com registry.npmjs.org objects.githubusercontent.com api.github.com codeload.github.com
		files.pythonhosted.org static.crates.io proxy.golang.org sum.golang.org deb.debian.org security.debian.org
		fonts.googleapis.com lh3.googleusercontent.com production.cloudflare.docker.com registry-1.docker.io auth.docker.io
		d111111abcdef8.cloudfront.net my-bucket-name.s3.eu-central-1.amazonaws.com e1234.dscb.akamaiedge.net ec2-192-0-2-7.eu-west-1.compute.amazonaws.com
		ip-10-0-0-1.ec2.internal kubernetes.default.svc.cluster.local _kerberos._udp.example.com _ldap._tcp.dc._msdcs.corp.example.com
		internal-data.example.corp build-agent-0042.eu-central.example.corp rr3---sn-4g5e6nz7.googlevideo.com
		xn--bcher-kva.example xn--vermgensberatung-0zb.xn--rhqv96g7d4a5a3b9q.example.com telemetry-incoming.services.example.com
		configuration-management-database.example.com internationalization.example.com 7.2.0.192.in-addr.arpa
		b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4.ip6.arpa 192.0.2.7 2001:db8::1 localhost com co.uk . `) {
		if why := LooksLikeData(name); why != "" {
			t.Errorf("%s: %s", name, why)
		}
	}
	if why := LooksLikeData(""); why != "" {
		t.Error(why)
	}
}

// What tools make of data to ask for does, but for a few names in a hundred.
func TestData(t *testing.T) {
	for name, encode := range map[string]func([]byte) string{
		"hex": hex.EncodeToString,
		"base32": func(b []byte) string {
			return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b))
		},
		"base64": func(b []byte) string { return strings.ToLower(base64.RawURLEncoding.EncodeToString(b)) },
		"octets": func(b []byte) string { return fmt.Sprintf(`\\x%02x`, b[:1]) },
	} {
		source := rand.New(rand.NewPCG(1, 2))
		for _, size := range []int{15, 30} {
			missed := 0
			for range 1000 {
				b := make([]byte, size)
				for i := range b {
					b[i] = byte(source.Uint32())
				}
				if LooksLikeData(encode(b)+".evil.example") == "" {
					missed++
				}
			}
			if missed > 150 {
				t.Errorf("%s of %d bytes: %d of 1000 are missed", name, size, missed)
			}
		}
	}
}

// Short names that are many, and those that went over the budget, are told by what was before them.
func TestJudge(t *testing.T) {
	j := NewJudge()
	look := func(name, reason string) string {
		return j.Look(&Event{Name: audit.PolicyDecision, ServerAddress: name, Reason: reason})
	}
	for i := range Many - 1 {
		for range 3 {
			if why := look(fmt.Sprintf("a%d.x.evil.example", i), ""); why != "" {
				t.Fatalf("name %d: %s", i, why)
			}
		}
	}
	for i := range 3 * maxJudged {
		look(fmt.Sprintf("www.d%d.test", i), "")
	}
	if len(j.domains) > maxJudged {
		t.Errorf("%d domains are kept", len(j.domains))
	}
	if why := look("one-more.evil.example", ""); why == "" {
		t.Error("one of many is not noticed")
	}
	if why := look("www.example.com", ""); why != "" {
		t.Errorf("another domain: %s", why)
	}
	if why := look("www.example.com", audit.ReasonBudget); why == "" {
		t.Error("the budget is not noticed")
	}
	if why := j.Look(&Event{Name: audit.BlockDecision, ServerAddress: "/tmp/" + strings.Repeat("a", 200)}); why != "" {
		t.Errorf("a path: %s", why)
	}
}
