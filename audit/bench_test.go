package audit

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// benchmark tells what half of the calls take at most, as p50-ns.
func benchmark(b *testing.B, call func() error) {
	b.Helper()
	var took []time.Duration
	b.ReportAllocs()
	for b.Loop() {
		start := time.Now()
		if err := call(); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2]), "p50-ns")
}

// BenchmarkRecord is what a decision waits for its line: made, chained, and in the kernel; and beside it the write(2) of such a line alone.
func BenchmarkRecord(b *testing.B) {
	for name, dir := range map[string]func() string{"memory": func() string { return "/dev/shm" }, "disk": b.TempDir} {
		file := filepath.Join(dir(), "dnsvisor-bench.log")
		b.Run(name, func(b *testing.B) {
			defer os.Remove(file)
			l, err := Open(file, Options{Window: -1})
			if err != nil {
				b.Fatal(err)
			}
			defer l.Close()
			e := allowed()
			e.Time = time.Time{}
			benchmark(b, func() error { return l.Record(e) })
		})
		b.Run(name+", write alone", func(b *testing.B) {
			defer os.Remove(file)
			f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
			if err != nil {
				b.Fatal(err)
			}
			defer f.Close()
			line := firstLine(new(allowed()), 1)
			benchmark(b, func() error {
				_, err := f.Write(line)
				return err
			})
		})
	}
}
