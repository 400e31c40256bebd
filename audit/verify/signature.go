package verify

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
)

// Namespace keeps signatures of seals apart from all others of a key: ssh-keygen -Y verify -n takes it.
const Namespace = "audit@codex-dnsvisor"

// Sign signs a seal's text, in the format of ssh-keygen -Y sign.
func Sign(text []byte, key ssh.Signer) ([]byte, error) {
	signature, err := sshsig.Sign(bytes.NewReader(text), key, sshsig.HashSHA512, Namespace)
	if err != nil {
		return nil, err
	}
	return sshsig.Armor(signature), nil
}

// ErrNotSigned is a seal that none of the keys has signed.
var ErrNotSigned = errors.New("not signed by this key")

// CheckSignature checks what Sign or ssh-keygen made.
func CheckSignature(text, armored []byte, keys []ssh.PublicKey) error {
	signature, err := sshsig.Unarmor(armored)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotSigned, err)
	}
	err = ErrNotSigned
	for _, key := range keys {
		failed := sshsig.Verify(bytes.NewReader(text), signature, key, signature.HashAlgorithm, Namespace)
		if failed == nil {
			return nil
		}
		err = fmt.Errorf("%w: %w", ErrNotSigned, failed)
	}
	return err
}
