package resolve

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// pin is the SHA-256 of a public key in DER (SubjectPublicKeyInfo); RFC 7858 section 4.2.
type pin [sha256.Size]byte

func parsePin(text string) (pin, bool) {
	encoded, ok := strings.CutPrefix(text, "sha256:")
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if !ok || err != nil || len(raw) != sha256.Size {
		return pin{}, false
	}
	return pin(raw), true
}

// errUnpinned is a server whose keys are none of those that were pinned.
var errUnpinned = errors.New("the server's key is none of the pinned ones")

// config is how the server is checked: by its name and the system's roots or, where there are pins, by them alone.
func (s *secure) config() *tls.Config {
	c := &tls.Config{ServerName: s.host, MinVersion: tls.VersionTLS12}
	if len(s.pins) > 0 {
		c.InsecureSkipVerify = true // verify takes its place
		c.VerifyConnection = s.verify
	}
	return c
}

// verify holds the server's certificate against the pins: its own key, or that of an issuer, who vouches for others too, so
// that the name then has to be right.
func (s *secure) verify(state tls.ConnectionState) error {
	leaf := state.PeerCertificates[0]
	if s.pinned(leaf) {
		return nil
	}
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	found := false
	for _, c := range state.PeerCertificates[1:] {
		if s.pinned(c) {
			roots.AddCert(c)
			found = true
			continue
		}
		between.AddCert(c)
	}
	if !found {
		key := sha256.Sum256(leaf.RawSubjectPublicKeyInfo)
		return fmt.Errorf("%w: it is sha256:%s", errUnpinned, base64.StdEncoding.EncodeToString(key[:]))
	}
	_, err := leaf.Verify(x509.VerifyOptions{DNSName: s.host, Roots: roots, Intermediates: between})
	return err
}

func (s *secure) pinned(c *x509.Certificate) bool {
	return slices.Contains(s.pins, pin(sha256.Sum256(c.RawSubjectPublicKeyInfo)))
}
