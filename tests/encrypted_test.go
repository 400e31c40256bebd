package tests

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"os"
	"strings"
	"testing"
	"time"
)

// startEncrypted runs a second unbound, which speaks DoT and DoH alone, and returns the pin of its key. Its certificate, for
// dns.corp.example, is its own issuer's: certificate.pem.
func (o *outside) startEncrypted() string {
	o.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(o.t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"dns.corp.example"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	must(o.t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	must(o.t, err)
	must(o.t, os.WriteFile(o.path("certificate.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}), 0o644))
	must(o.t, os.WriteFile(o.path("key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600))
	plain, err := os.ReadFile(o.path("unbound.conf"))
	must(o.t, err)
	config := strings.Replace(string(plain), "interface: 127.0.0.1\n", "interface: 127.0.0.1@853\n\tinterface: 127.0.0.1@443\n"+
		"\ttls-port: 853\n\thttps-port: 443\n\ttls-service-pem: certificate.pem\n\ttls-service-key: key.pem\n", 1)
	must(o.t, os.WriteFile(o.path("encrypted.conf"), []byte(config), 0o644))
	await(o.t, startLines(o.t, o.enter("sh", "-c", "exec unbound -d -c encrypted.conf 2>&1")), "start of service")
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	must(o.t, err)
	sum := sha256.Sum256(public)
	return "sha256:" + base64.StdEncoding.EncodeToString(sum[:])
}

// TestEncryptedUpstreams: by TLS and HTTPS, known by name or by key, names resolve, and nobody on the way sees a question. A
// server that cannot show who it is answers nothing.
func TestEncryptedUpstreams(t *testing.T) {
	o := newOutside(t)
	pin := o.startEncrypted()
	ask := func(upstream string) result {
		args := []string{"env", "SSL_CERT_FILE=" + o.path("certificate.pem"), binary, "--allow", "alias.corp.example", "--upstream", upstream, "--", "getent", "ahostsv4", "alias.corp.example"}
		return finish(t, o.enter(args...))
	}
	for _, upstream := range []string{
		"tls://dns.corp.example#address=127.0.0.1", "tls://127.0.0.1#pin=" + pin,
		"https://dns.corp.example/dns-query#address=127.0.0.1", "https://127.0.0.1/dns-query#pin=" + pin,
	} {
		if got := ask(upstream); !strings.HasPrefix(got.stdout, "192.0.2.10 ") || !strings.Contains(got.stdout, " backend.corp.example\n") || got.stderr != "" {
			t.Errorf("%s: %+v", upstream, got)
		}
	}
	other := "sha256:" + base64.StdEncoding.EncodeToString(make([]byte, sha256.Size))
	for upstream, reason := range map[string]string{
		"tls://127.0.0.1":              "cannot validate certificate for 127.0.0.1",
		"tls://127.0.0.1#pin=" + other: "the server's key is none of the pinned ones: it is " + pin,
		"https://dns.corp.example/dns-query#address=127.0.0.1&pin=" + other: "the server's key is none of the pinned ones",
	} {
		if got := ask(upstream); got.status != 2 || got.stdout != "" || !strings.Contains(got.stderr, reason) {
			t.Errorf("%s: %+v", upstream, got)
		}
	}
	encrypted := false
	for _, packet := range o.captured() {
		encrypted = encrypted || strings.Contains(packet, "> 127.0.0.1.853:")
		if strings.Contains(packet, ".53:") {
			t.Errorf("plain: %s", packet)
		}
	}
	if !encrypted {
		t.Error("the capture misses our questions")
	}
}

// TestSplitHorizon: the names of a policy file's domains are asked where it says, and no others are.
func TestSplitHorizon(t *testing.T) {
	o := newOutside(t)
	must(t, os.WriteFile(o.path("policy.toml"), []byte(`[network.domains]
"*" = "allow"
[dns]
upstream-order = "race"
[dns.upstreams]
"." = ["tcp://127.0.0.1:9"]
"corp.example" = ["tcp://127.0.0.1:9", "udp://127.0.0.1"]
`), 0o644))
	if got := o.run("--policy", "policy.toml", "--", "getent", "ahostsv4", "a.corp.example"); !strings.HasPrefix(got.stdout, "192.0.2.1 ") || got.stderr != "" {
		t.Errorf("%+v", got)
	}
	got := o.run("--policy", "policy.toml", "--", "getent", "ahostsv4", "a.other.example")
	if got.status != 2 || !strings.Contains(got.stderr, "cannot resolve a.other.example: no upstream can be reached: tcp://127.0.0.1:9: ") {
		t.Errorf("%+v", got)
	}
}
