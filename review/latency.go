package review

import (
	"math/bits"
	"time"
)

// Latency is a histogram of durations: a bucket is as wide as an eighth of what it counts, so that a percentile is at most that
// too high.
type Latency struct {
	buckets [64 * fine]int64
	count   int64
	longest time.Duration
}

// fine is how many buckets there are for each power of two of microseconds.
const fine = 8

func (l *Latency) add(d time.Duration, times int64) {
	l.buckets[bucketOf(d)] += times
	l.count += times
	l.longest = max(l.longest, d)
}

// bucketOf gives the first few microseconds a bucket each.
func bucketOf(d time.Duration) int {
	us := uint64(max(0, d/time.Microsecond))
	if us < fine {
		return int(us)
	}
	power := bits.Len64(us) - bits.Len64(fine)
	return (power+1)*fine + int(us>>power)&(fine-1)
}

// bucketEnd is the longest duration of a bucket.
func bucketEnd(i int) time.Duration {
	if i < fine {
		return time.Duration(i) * time.Microsecond
	}
	power, step := i/fine-1, uint64(i%fine+fine)
	return time.Duration((step+1)<<power-1) * time.Microsecond
}

// Count is how many durations there are.
func (l *Latency) Count() int64 { return l.count }

// Longest is the longest of all.
func (l *Latency) Longest() time.Duration { return l.longest }

// Percentile is a duration that p of a hundred are at most as long as; zero where there are none.
func (l *Latency) Percentile(p float64) time.Duration {
	want, seen := int64(p/100*float64(l.count)+0.5), int64(0)
	for i, n := range l.buckets {
		if seen += n; n > 0 && seen >= want {
			return min(bucketEnd(i), l.longest)
		}
	}
	return l.longest
}
