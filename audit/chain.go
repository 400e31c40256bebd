package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
)

// The keys that end each line.
const (
	keyKept     = `,"chain.kept":`
	keySequence = `,"chain.sequence":`
	keyHash     = `,"chain.hash":"`
)

// hashLen is the length of a hash in a line: SHA-256 in lower-case hex.
const hashLen = 2 * sha256.Size

// chain is how far a session's lines go. The zero value is before the first.
type chain struct {
	sequence uint64        // of the last line that is whole in the kernel
	hash     [hashLen]byte // of that line; before the first, all zeros
	next     [hashLen]byte // of the line that was sealed last
	kept     uint64        // number of the first line that rotation has left; the next line tells it, where it is above 1
}

// newChain is before the first line.
func newChain() chain {
	var c chain
	for i := range c.hash {
		c.hash[i] = '0'
	}
	return c
}

// start begins the text that a hash is taken of: the hash of the line before, and a newline.
func (c *chain) start(dst []byte) []byte { return append(append(dst, c.hash[:]...), '\n') }

// seal ends the line in text, which start began, with its number and hash.
func (c *chain) seal(text []byte) []byte {
	if c.kept > 1 {
		text = strconv.AppendUint(append(text, keyKept...), c.kept, 10)
	}
	text = append(text, keySequence...)
	text = strconv.AppendUint(text, c.sequence+1, 10)
	sum := sha256.Sum256(text)
	hex.Encode(c.next[:], sum[:])
	text = append(append(text, keyHash...), c.next[:]...)
	return append(text, '"', '}', '\n')
}

// advance takes in that the line sealed last is whole in the kernel.
func (c *chain) advance() {
	c.sequence++
	c.kept = 0
	c.hash = c.next
}
