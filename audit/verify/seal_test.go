package verify

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

func newKey(t *testing.T) ssh.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewSignerFromSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestSeal(t *testing.T) {
	a, b, other := write(t, 8), write(t, 5), write(t, 8)
	seal, err := verified(nil, join(a[:6], b)).Seal()
	if err != nil {
		t.Fatal(err)
	}
	anew := strings.ReplaceAll(join(other), id(other[0]), id(a[0]))
	for _, tt := range []struct {
		name, log, want string
	}{
		{"as it was", join(a[:6], b), "unfinished"},
		{"gone on", join(a, b), "whole"},
		{"another session more", join(a, b, other), "whole"},
		{"cut", join(a[:4], b), "damaged seal@f0:4"},
		{"a session gone", join(a), "damaged seal@:0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := found(verified(seal, tt.log)); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
	t.Run("written anew", func(t *testing.T) {
		r := verified(seal, anew+join(b))
		if r.Counts[KindSeal] != 1 || r.Outcome != Damaged {
			t.Errorf("%+v", r)
		}
	})
}

func TestSealOfDamage(t *testing.T) {
	a := write(t, 8)
	if _, err := verified(nil, join(a[:2], a[3:])).Seal(); !errors.Is(err, errDamaged) {
		t.Errorf("got %v", err)
	}
}

func TestSealIsReadBack(t *testing.T) {
	seal, err := verified(nil, join(write(t, 3), write(t, 4)[:2])).Seal()
	if err != nil {
		t.Fatal(err)
	}
	again, err := ReadSeal(bytes.NewReader(seal.Text()))
	if err != nil || !bytes.Equal(again.Text(), seal.Text()) || len(again.Heads) != 2 {
		t.Errorf("%v, %v", again, err)
	}
	for _, bad := range []string{"", "x\n", sealTitle + "\na b c\n", sealTitle + "\na 0 " + strings.Repeat("0", 64) + "\n", sealTitle + "\na -1 " + strings.Repeat("0", 64) + "\n"} {
		if _, err := ReadSeal(strings.NewReader(bad)); !errors.Is(err, errNoSeal) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestSignature(t *testing.T) {
	key, other := newKey(t), newKey(t)
	signature, err := Sign([]byte("text"), key)
	if err != nil {
		t.Fatal(err)
	}
	if err := CheckSignature([]byte("text"), signature, []ssh.PublicKey{other.PublicKey(), key.PublicKey()}); err != nil {
		t.Error(err)
	}
	for name, err := range map[string]error{
		"another text": CheckSignature([]byte("Text"), signature, []ssh.PublicKey{key.PublicKey()}),
		"another key":  CheckSignature([]byte("text"), signature, []ssh.PublicKey{other.PublicKey()}),
		"no key":       CheckSignature([]byte("text"), signature, nil),
		"no signature": CheckSignature([]byte("text"), nil, []ssh.PublicKey{key.PublicKey()}),
		"half of it":   CheckSignature([]byte("text"), signature[:40], []ssh.PublicKey{key.PublicKey()}),
	} {
		if !errors.Is(err, ErrNotSigned) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
