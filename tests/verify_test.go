package tests

import (
	"crypto"
	"crypto/ed25519"
	"encoding/pem"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// verifying is a log of a run, and keys.
type verifying struct {
	t   *testing.T
	dir string
	env []string
}

func newVerifying(t *testing.T) *verifying {
	t.Helper()
	v := &verifying{t: t, dir: t.TempDir()}
	v.keys("key", "")
	v.keys("other", "")
	got := run(t, append([]string{"--quiet", "--audit", v.path("log")}, withStatic("sh", "-c", "getent hosts host.example; getent hosts none.example; true")...)...)
	if got.status != 0 {
		t.Fatalf("%+v", got)
	}
	return v
}

func (v *verifying) path(name string) string { return filepath.Join(v.dir, name) }

// keys makes a private key, locked where there is a passphrase, and NAME.pub.
func (v *verifying) keys(name, passphrase string) crypto.PrivateKey {
	v.t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	must(v.t, err)
	block, err := ssh.MarshalPrivateKey(private, "")
	if passphrase != "" {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(private, "", []byte(passphrase))
	}
	must(v.t, err)
	key, err := ssh.NewPublicKey(public)
	must(v.t, err)
	must(v.t, os.WriteFile(v.path(name), pem.EncodeToMemory(block), 0o600))
	must(v.t, os.WriteFile(v.path(name+".pub"), ssh.MarshalAuthorizedKey(key), 0o600))
	return private
}

// verify runs audit verify in the directory.
func (v *verifying) verify(args ...string) result {
	v.t.Helper()
	cmd := exec.Command(binary, append([]string{"audit", "verify"}, args...)...)
	cmd.Dir, cmd.Env = v.dir, append(os.Environ(), v.env...)
	return finish(v.t, cmd)
}

func (v *verifying) wants(got result, status int, says string) {
	v.t.Helper()
	if got.status != status || !strings.Contains(got.stdout+got.stderr, says) {
		v.t.Errorf("%+v\nwant status %d and %q", got, status, says)
	}
}

// TestAuditVerify: the log of a run is whole; damage, and what may be damage or a kill, have statuses of their own; a seal tells them apart.
func TestAuditVerify(t *testing.T) {
	v := newVerifying(t)
	text, err := os.ReadFile(v.path("log"))
	must(t, err)
	lines := strings.SplitAfter(strings.TrimSuffix(string(text), "\n"), "\n")
	rest := strings.Join(lines[2:], "")
	write(t, v.path("changed"), lines[0]+strings.Replace(lines[1], "host.example", "evil.example", 1)+rest)
	write(t, v.path("removed"), lines[0]+rest)
	write(t, v.path("cut"), string(text[:len(text)/2]))
	write(t, v.path("rotated.1"), lines[0])
	write(t, v.path("rotated"), lines[1]+rest)

	v.wants(v.verify("log"), 0, "whole: ")
	v.wants(v.verify("rotated"), 0, "whole: ")
	v.wants(v.verify("rotate*"), 0, "whole: ")
	v.wants(v.verify("changed"), 1, "changed:2: event 2 of session ")
	v.wants(v.verify("removed"), 1, "removed:2: before event 3 of session ")
	v.wants(v.verify("cut"), 3, "it was killed, still runs, or is cut off there")
	v.wants(v.verify("--json", "removed"), 1, `"file":"removed","line":2,"kind":"missing"`)
	v.wants(v.verify("nothing"), 2, "no such file")
	must(t, exec.Command("gzip", "-k", v.path("log")).Run())
	v.wants(v.verify("log.gz"), 0, "whole: ")

	v.wants(v.verify("--seal", "key", "log"), 0, "whole: ")
	v.wants(v.verify("--sealed-by", "key.pub", "log"), 0, "whole: ")
	v.wants(v.verify("--sealed-by", "other.pub", "log"), 1, "log.seal: not signed by this key")
	v.wants(v.verify("--sealed-by", "key.pub", "--seal-file", "log.seal", "cut"), 1, " was sealed with ")
	v.wants(v.verify("--seal", "key", "removed"), 1, "the log is damaged")
	got := run(t, "--quiet", "--audit", v.path("anew"), "--", "true")
	anew, err := os.ReadFile(v.path("anew"))
	must(t, err)
	if write(t, v.path("log"), string(anew)); got.status != 0 {
		t.Errorf("%+v", got)
	}
	v.wants(v.verify("log"), 0, "whole: ")
	v.wants(v.verify("--sealed-by", "key.pub", "log"), 1, "is not there")
}

// A key that is locked, or elsewhere, is the agent's.
func TestSealByAgent(t *testing.T) {
	v := newVerifying(t)
	private := v.keys("locked", "secret")
	v.env = []string{"SSH_AUTH_SOCK="}
	v.wants(v.verify("--seal", "locked", "log"), 1, "hint: ssh-add KEY")
	keyring := agent.NewKeyring()
	must(t, keyring.Add(agent.AddedKey{PrivateKey: private}))
	listener, err := net.Listen("unix", v.path("agent"))
	must(t, err)
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_ = agent.ServeAgent(keyring, conn) // it ends with the client
			_ = conn.Close()
		}
	}()
	v.env = []string{"SSH_AUTH_SOCK=" + v.path("agent")}
	v.wants(v.verify("--seal", "key.pub", "log"), 1, "the SSH agent does not have this key")
	for _, key := range []string{"locked", "locked.pub"} {
		v.wants(v.verify("--seal", key, "log"), 0, "whole: ")
		v.wants(v.verify("--sealed-by", "locked.pub", "log"), 0, "whole: ")
		must(t, os.Remove(v.path("log.seal")))
	}
}
