package main

import (
	"fmt"
	"slices"
)

// row is one kind of work, and how long it took with codex-dnsvisor and with its peer.
type row struct {
	Work, Peer string
	Ours, Base series
	Goal       goal
	Unit       unit
}

// unit is what a row's figures are of.
type unit int

const (
	nanoseconds unit = iota
	perSecond        // more is better
	mebibytes
)

// series are percentiles of each round.
type series struct{ P50, P99 []float64 }

func (s *series) add(v []float64) {
	slices.Sort(v)
	s.P50 = append(s.P50, v[len(v)/2])
	s.P99 = append(s.P99, v[len(v)*99/100])
}

// median is 0 where there is no value.
func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

// ratio is ours to the peer's; 0 where there is no peer. Of throughput it is the peer's time to ours.
func (r row) ratio() float64 {
	ours, base := median(r.Ours.P50), median(r.Base.P50)
	if ours == 0 || base == 0 {
		return 0
	}
	if r.Goal.Throughput {
		return base / ours
	}
	return ours / base
}

// moreIsBetter says which way the ratio goes.
func (r row) moreIsBetter() bool { return r.Goal.Throughput || r.Unit == perSecond }

// job is a row that has yet to be measured.
type job struct {
	row
	prepare    func() error              // once, before the first round; nil: nothing is to be done
	ours, base func() ([]float64, error) // base is nil where there is no peer
	quick      bool                      // cheap enough for each change
	rounds     int                       // fewer than the run's; 0: as many
}

// measure lets both sides take turns.
func (j job) measure(rounds int) (row, error) {
	r := j.row
	if j.rounds > 0 {
		rounds = min(rounds, j.rounds)
	}
	if j.prepare != nil {
		if err := j.prepare(); err != nil {
			return r, fmt.Errorf("prepare %s: %w", r.Work, err)
		}
	}
	for range rounds {
		for _, side := range []struct {
			run func() ([]float64, error)
			to  *series
		}{{j.ours, &r.Ours}, {j.base, &r.Base}} {
			if side.run == nil {
				continue
			}
			v, err := side.run()
			if err == nil && len(v) == 0 {
				err = fmt.Errorf("no figures")
			}
			if err != nil {
				return r, fmt.Errorf("%s: %w", r.Work, err)
			}
			side.to.add(v)
		}
	}
	return r, nil
}
