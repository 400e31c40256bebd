package supervisor

import (
	"bytes"
	"encoding/binary"
	"testing"
	"testing/iotest"
)

// However a stream comes, in one piece or an octet at a time, it is the same messages, and all of it but an unfinished end.
func FuzzFrames(f *testing.F) {
	f.Add([]byte("\x00\x00"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		whole, slow := bytes.NewReader(stream), iotest.OneByteReader(bytes.NewReader(stream))
		var again []byte
		for {
			wire, err := readFrame(whole)
			other, otherErr := readFrame(slow)
			if (err == nil) != (otherErr == nil) || err == nil && !bytes.Equal(wire, other) {
				t.Fatalf("%q, %v; an octet at a time %q, %v", wire, err, other, otherErr)
			}
			if err != nil {
				break
			}
			again = append(binary.BigEndian.AppendUint16(again, uint16(len(wire))), wire...)
		}
		rest, ok := bytes.CutPrefix(stream, again)
		if !ok || len(rest) > 1 && len(rest) >= 2+int(binary.BigEndian.Uint16(rest)) {
			t.Fatalf("%q is read as %q", stream, again)
		}
	})
}
