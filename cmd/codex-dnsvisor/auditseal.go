package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit/verify"
)

// readSeal reads the seal that --sealed-by wants, once its signature is known to be good. Without the flag there is none.
func (a *auditVerifyCmd) readSeal() (*verify.Seal, error) {
	if a.SealedBy == "" {
		return nil, nil //nolint:nilnil // nothing is wanted
	}
	keys, err := publicKeys(a.SealedBy)
	if err != nil {
		return nil, &statusError{exitUsage, fmt.Errorf("--sealed-by: %w", err)}
	}
	text, err := os.ReadFile(a.SealFile)
	if err != nil {
		return nil, &statusError{exitUsage, fmt.Errorf("--sealed-by: %w", err)}
	}
	signature, err := os.ReadFile(a.SealFile + ".sig")
	if err != nil {
		return nil, &statusError{exitUsage, fmt.Errorf("--sealed-by: %w", err)}
	}
	if err := verify.CheckSignature(text, signature, keys); err != nil {
		return nil, &statusError{exitNo, fmt.Errorf("%s: %w", a.SealFile, err)}
	}
	seal, err := verify.ReadSeal(bytes.NewReader(text))
	if err != nil {
		return nil, &statusError{exitNo, fmt.Errorf("%s: %w", a.SealFile, err)}
	}
	return seal, nil
}

// writeSeal signs what was read, and puts it beside the log.
func (a *auditVerifyCmd) writeSeal(report *verify.Report) error {
	seal, err := report.Seal()
	if err != nil {
		return err
	}
	key, done, err := signer(a.Seal)
	if err != nil {
		return err
	}
	defer done()
	signature, err := verify.Sign(seal.Text(), key)
	if err != nil {
		return err
	}
	return errors.Join(replaceFile(a.SealFile, seal.Text()), replaceFile(a.SealFile+".sig", signature))
}

// replaceFile writes a file anew, whatever is there: a link is replaced and not followed.
func replaceFile(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".seal-*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // err says more
	}
	return err
}

// publicKeys reads a file of public keys, as ~/.ssh/id_ed25519.pub or an authorized_keys file.
func publicKeys(path string) ([]ssh.PublicKey, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var keys []ssh.PublicKey
	for len(bytes.TrimSpace(text)) > 0 {
		key, _, _, rest, err := ssh.ParseAuthorizedKey(text)
		if err != nil {
			return nil, fmt.Errorf("%s: not an SSH public key: %w", path, err)
		}
		keys, text = append(keys, key), rest
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("%s: no SSH public key", path)
	}
	return keys, nil
}

// signer gives the key of a file, or the agent's key for it. done ends the talk with the agent.
func signer(path string) (key ssh.Signer, done func(), err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	if key, err = ssh.ParsePrivateKey(text); err == nil {
		return key, func() {}, nil
	}
	var locked *ssh.PassphraseMissingError
	public, _, _, _, notPublic := ssh.ParseAuthorizedKey(text) //nolint:dogsled // one of five is wanted
	switch {
	case errors.As(err, &locked) && locked.PublicKey != nil:
		public = locked.PublicKey
	case errors.As(err, &locked):
		if keys, failed := publicKeys(path + ".pub"); failed == nil {
			public = keys[0]
		}
	case notPublic != nil:
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	if public == nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return agentKey(public)
}

var errNoAgent = &hinted{errors.New("the SSH agent does not have this key"), "ssh-add KEY"}

func agentKey(public ssh.PublicKey) (ssh.Signer, func(), error) {
	socket := os.Getenv("SSH_AUTH_SOCK")
	if socket == "" {
		return nil, nil, errNoAgent
	}
	conn, err := net.Dial("unix", socket) //nolint:noctx,gosec // it is there or not; the user says where
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = errNoAgent
		}
		return nil, nil, err
	}
	signers, err := agent.NewClient(conn).Signers()
	for _, key := range signers {
		if bytes.Equal(key.PublicKey().Marshal(), public.Marshal()) {
			return key, func() { _ = conn.Close() }, nil
		}
	}
	return nil, nil, errors.Join(err, conn.Close(), errNoAgent)
}
