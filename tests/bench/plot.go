package main

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// The plot's field, in its own units: the rest is for what is written around it.
const (
	left, top, right, bottom = 70, 44, 620, 300
	width, height            = 640, 350
)

// Colours that are told apart without seeing red or green, on white.
var colours = []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7"}

// plot is the curve as an SVG. What grows is drawn by its logarithm, what is measured from 0.
func (c *curve) plot() string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12" role="img" aria-label="%s">`+"\n", width, height, html.EscapeString(c.title))
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", width, height)
	step := tick(c.highest())
	ceiling := step * math.Ceil(c.highest()/step)
	across := func(i int) float64 { return left + (right-left)*fraction(c.points, i) }
	up := func(v float64) float64 { return bottom - (bottom-top)*v/ceiling }
	for v := 0.0; v <= ceiling*1.001; v += step {
		fmt.Fprintf(&b, `<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`+"\n", left, up(v), right, left-6, up(v)+4, figure(v))
	}
	for i, n := range c.points {
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="middle">%d</text>`+"\n", across(i), bottom+18, n)
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">%s</text><text x="%d" y="16">%s</text>`+"\n", (left+right)/2, bottom+40, html.EscapeString(c.x), 8, html.EscapeString(c.y))
	legend := left
	for i, s := range c.sides {
		colour := colours[i%len(colours)]
		var at []string
		for j, v := range c.lines[i] {
			at = append(at, fmt.Sprintf("%.1f,%.1f", across(j), up(v)))
			fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`, across(j), up(v), colour)
		}
		fmt.Fprintf(&b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>`, strings.Join(at, " "), colour)
		fmt.Fprintf(&b, `<text x="%d" y="34" fill="%s">● %s</text>`+"\n", legend, colour, html.EscapeString(s.name))
		legend += 24 + 7*len(s.name)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// fraction is how far a point is between the first and the last, by logarithms.
func fraction(points []int, i int) float64 {
	first, last := math.Log(float64(points[0])), math.Log(float64(points[len(points)-1]))
	if first == last {
		return 0.5
	}
	return (math.Log(float64(points[i])) - first) / (last - first)
}

// tick is 1, 2 or 5 times a power of ten, of which at most eight make the whole.
func tick(most float64) float64 {
	if most <= 0 {
		return 1
	}
	step := math.Pow(10, math.Floor(math.Log10(most/8)))
	for _, times := range []float64{1, 2, 5} {
		if most/(step*times) <= 8 {
			return step * times
		}
	}
	return step * 10
}
