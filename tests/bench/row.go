package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

const (
	brief  = 8 * time.Second  // after which a row begins no further round, unless it says how many it has
	enough = 3 * time.Minute  // after which such a row or a curve's point begins none
	bound  = 10 * time.Minute // after which a row or a curve has failed
)

// row is one kind of work, and how long it took with codex-dnsvisor and with its peer.
type row struct {
	Work, Peer string
	Ours, Base series
	Floor      series // of the peer where a supervisor that does nothing lets the same calls run, if the row has one
	Goal       goal
	Unit       unit
	Failed     error
}

// unit is what a row's figures are of.
type unit int

const (
	nanoseconds unit = iota
	perSecond        // more is better
	mebibytes
)

// series are percentiles of each round. Where a round has one value alone, the rounds' worst is the tail.
type series struct {
	P50, P99 []float64
	Each     int // values in a round
}

func (s *series) add(v []float64) {
	slices.Sort(v)
	s.P50 = append(s.P50, v[len(v)/2])
	s.P99 = append(s.P99, v[len(v)*99/100])
	s.Each = len(v)
}

// tail is the 99th percentile.
func (s *series) tail(of unit) float64 {
	switch {
	case len(s.P99) == 0:
		return 0
	case s.Each > 1:
		return median(s.P99)
	case of == perSecond:
		return slices.Min(s.P99)
	}
	return slices.Max(s.P99)
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

// ofFloor is how many times the floor ours takes; 0 where there is none.
func (r row) ofFloor() float64 {
	ours, floor := median(r.Ours.P50), median(r.Floor.P50)
	switch {
	case ours == 0 || floor == 0:
		return 0
	case r.Unit == perSecond:
		return floor / ours
	}
	return ours / floor
}

// distance says how far ours is from what it should be at the most, and from the floor.
func (r row) distance() string {
	text := ""
	if of := r.ofFloor(); of != 0 {
		text += fmt.Sprintf(" The floor is %s; ours is %.2f times that.", r.Unit.short(median(r.Floor.P50)), of)
	}
	if base := median(r.Base.P50); r.Goal.Ratio > 0 && base > 0 && r.ofFloor() != 0 {
		text += fmt.Sprintf(" The goal is %s.", r.Unit.short(r.Goal.Ratio*base))
	}
	return text
}

// moreIsBetter says which way the ratio goes.
func (r row) moreIsBetter() bool { return r.Goal.Throughput || r.Unit == perSecond }

// job is a row that has yet to be measured.
type job struct {
	row
	prepare    func(context.Context) error // once, before the first round; nil: nothing is to be done
	ours, base figures                     // base is nil where there is no peer
	floor      figures                     // nil: there is none
	quick      bool                        // cheap enough for each change
	rounds     int                         // fewer than the run's; 0: as many, where they are brief
}

var errBound = errors.New("its time was up")

// within is a context that ends after some time, for a reason.
func within(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, d, fmt.Errorf("%w: %v", errBound, d))
}

// measure lets both sides take turns.
func (j job) measure(ctx context.Context, rounds int) row {
	ctx, cancel := within(ctx, bound)
	defer cancel()
	r := j.row
	patience := brief
	if j.rounds > 0 {
		rounds, patience = min(rounds, j.rounds), enough
	}
	if j.prepare != nil {
		if r.Failed = j.prepare(ctx); r.Failed != nil {
			return r
		}
	}
	began := time.Now()
	for i := 0; i < rounds && (i == 0 || time.Since(began) < patience); i++ {
		if r.Failed = j.round(ctx, &r); r.Failed != nil {
			return r
		}
	}
	return r
}

// round measures each side once.
func (j job) round(ctx context.Context, r *row) error {
	for _, side := range []struct {
		run figures
		to  *series
	}{{j.ours, &r.Ours}, {j.base, &r.Base}, {j.floor, &r.Floor}} {
		if side.run == nil {
			continue
		}
		v, err := side.run(ctx)
		if err != nil {
			return err
		}
		if len(v) == 0 {
			return errors.New("no figures")
		}
		side.to.add(v)
	}
	return nil
}

// failure is a row's error with its name.
func (r row) failure() error {
	if r.Failed == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", r.Work, r.Failed)
}
