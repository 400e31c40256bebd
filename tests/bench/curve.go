package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"
)

// curve is how something grows.
type curve struct {
	file   string // of the plot
	title  string
	x, y   string
	note   string // what else is to be known; empty: nothing
	points []int
	sides  []side
	most   float64     // how many times its first value our last may be; 0: it is only stated
	lines  [][]float64 // a value for each point, of each side
	failed error       // why there are no more points
}

// side is one line of a curve, measured anew at each point.
type side struct {
	name string
	run  func(ctx context.Context, n int) (float64, error)
}

// measure lets the sides take turns at each point, and keeps the medians, and the points before one that fails.
func (c *curve) measure(ctx context.Context, rounds int) {
	ctx, cancel := within(ctx, bound)
	defer cancel()
	c.lines = make([][]float64, len(c.sides))
	began := time.Now()
	for at, n := range c.points {
		of := make([][]float64, len(c.sides))
		for i := 0; i < rounds && (i == 0 || time.Since(began) < enough); i++ {
			if c.failed = c.round(ctx, n, of); c.failed != nil {
				c.points = c.points[:at]
				return
			}
		}
		for i := range of {
			c.lines[i] = append(c.lines[i], median(of[i]))
		}
	}
}

// round measures all sides once at a point.
func (c *curve) round(ctx context.Context, n int, of [][]float64) error {
	for i, s := range c.sides {
		v, err := s.run(ctx, n)
		if err != nil {
			return fmt.Errorf("%s, %s, %d: %w", c.title, s.name, n, err)
		}
		of[i] = append(of[i], v)
	}
	return nil
}

// print writes the figures as a table, and whether they grow as little as they should.
func (c *curve) print(w io.Writer) {
	if c.failed != nil {
		fmt.Fprintf(w, "\nFailed: %s\n", cell(c.failed))
	}
	if c.note != "" {
		fmt.Fprintf(w, "\n%s\n", c.note)
	}
	if len(c.points) == 0 {
		return
	}
	fmt.Fprintf(w, "\n| %s |", c.x)
	for _, n := range c.points {
		fmt.Fprintf(w, " %d |", n)
	}
	fmt.Fprint(w, "\n|---|")
	for range c.points {
		fmt.Fprint(w, "---:|")
	}
	for i, s := range c.sides {
		fmt.Fprintf(w, "\n| %s, %s |", s.name, c.y)
		for _, v := range c.lines[i] {
			fmt.Fprintf(w, " %s |", figure(v))
		}
	}
	fmt.Fprintln(w)
	if c.most == 0 {
		return
	}
	verdict := "met"
	if c.missed() {
		verdict = "**missed**"
	}
	fmt.Fprintf(w, "\nThe last is %.2f times the first (≤ %.3g: %s).\n", c.growth(), c.most, verdict)
}

// growth is how many times its first value our last one is.
func (c *curve) growth() float64 { return c.lines[0][len(c.points)-1] / c.lines[0][0] }

func (c *curve) missed() bool { return len(c.points) > 0 && c.most > 0 && c.growth() > c.most }

// figure has three digits that count, or all before the point.
func figure(v float64) string {
	if v >= 100 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

// highest is the largest value of all lines.
func (c *curve) highest() float64 {
	most := 0.0
	for _, l := range c.lines {
		most = max(most, slices.Max(l))
	}
	return most
}
