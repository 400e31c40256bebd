package review

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A percentile is never below what it should be, and at most an eighth above.
func TestPercentiles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		us := rapid.Int64Range(0, maxMicroseconds).Draw(t, "us")
		d := time.Duration(us) * time.Microsecond
		i := bucketOf(d)
		if end := bucketEnd(i); end < d || float64(end) > float64(d)*(1+1.0/fine) {
			t.Fatalf("%v is in a bucket that ends at %v", d, end)
		}
		if i > 0 && bucketEnd(i-1) >= d {
			t.Fatalf("%v belongs into the bucket before, which ends at %v", d, bucketEnd(i-1))
		}
	})
	var l Latency
	if l.Percentile(50) != 0 {
		t.Error("nothing has a percentile")
	}
	for i := range 1000 {
		l.add(time.Duration(i+1)*time.Millisecond, 1)
	}
	for p, want := range map[float64]time.Duration{50: 500 * time.Millisecond, 99: 990 * time.Millisecond, 100: time.Second} {
		if got := l.Percentile(p); got < want || got > want*9/8 {
			t.Errorf("p%v is %v", p, got)
		}
	}
}
