package main

import (
	"fmt"
	"io"
	"slices"
)

// curve is how something grows.
type curve struct {
	file   string // of the plot
	title  string
	x, y   string
	points []int
	sides  []side
	lines  [][]float64 // a value for each point, of each side
}

// side is one line of a curve, measured anew at each point.
type side struct {
	name string
	run  func(n int) (float64, error)
}

// measure lets the sides take turns at each point, and keeps the medians.
func (c *curve) measure(rounds int) error {
	c.lines = make([][]float64, len(c.sides))
	for _, n := range c.points {
		of := make([][]float64, len(c.sides))
		for range rounds {
			for i, s := range c.sides {
				v, err := s.run(n)
				if err != nil {
					return fmt.Errorf("%s, %s, %d: %w", c.title, s.name, n, err)
				}
				of[i] = append(of[i], v)
			}
		}
		for i := range of {
			c.lines[i] = append(c.lines[i], median(of[i]))
		}
	}
	return nil
}

// print writes the figures as a table.
func (c *curve) print(w io.Writer) {
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
}

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
