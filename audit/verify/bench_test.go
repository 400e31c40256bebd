package verify

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

// BenchmarkVerify reads lines as long as those of a run.
func BenchmarkVerify(b *testing.B) {
	var text bytes.Buffer
	for range 8 {
		text.WriteString(strings.Join(write(b, 2000), ""))
	}
	b.SetBytes(int64(text.Len()))
	b.ReportAllocs()
	for b.Loop() {
		v := New(nil)
		v.Read("log", io.MultiReader(bytes.NewReader(text.Bytes())))
		if r := v.Report(); r.Outcome != Whole {
			b.Fatal(r.Outcome)
		}
	}
	b.ReportMetric(float64(text.Len())/16000, "B/line")
}
