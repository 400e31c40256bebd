package resolve

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"
)

// TestMain makes an authority for the servers of tests, and has it trusted as the system's roots.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "resolve-test")
	if err == nil {
		trusted, err = newAuthority()
	}
	if err == nil {
		roots := filepath.Join(dir, "roots.pem")
		err = os.WriteFile(roots, trusted.pem, 0o600)
		_ = os.Setenv("SSL_CERT_FILE", roots)
		_ = os.Setenv("SSL_CERT_DIR", dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:forbidigo // as main
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(dir)
		os.Exit(code) //nolint:forbidigo // as main
	}))
}
