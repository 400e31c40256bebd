//go:build clients

package report

import (
	"fmt"
	"os"
	"slices"
	"testing"
)

// BenchmarkPage times a page of 100,000 events by DevTools' own clocks: of each step how long scripts ran, and with layout and
// painting how long the page was busy, in ms at the median.
func BenchmarkPage(b *testing.B) {
	b.Run("build", func(b *testing.B) { bench(b, ordinaryEvent) })
	b.Run("distinct", func(b *testing.B) { bench(b, distinctEvent) })
}

func bench(b *testing.B, event maker) {
	b.Helper()
	browser := newBrowser(b)
	file := writeWith(b, browser.dir, many, false, event)
	info, err := os.Stat(file)
	must(b, err)
	var p *page
	steps := []struct {
		name string
		do   func()
	}{
		{"open", func() { p.show(file) }},
		{"sort-name", func() { p.click(`#head [aria-colindex="3"] button`) }},
		{"sort-time", func() { p.click(`#head [aria-colindex="1"] button`) }},
		{"filter", func() {
			p.eval("place('decision').value = 'not'; place('decision').dispatchEvent(new Event('change'))", nil)
			p.settle()
		}},
		{"clear", func() { p.click("#clear") }},
		{"search", func() { p.search("telemetry") }},
		{"search-two", func() { p.search("example node") }},
		{"clear-again", func() { p.click("#clear") }},
		{"scroll", func() {
			p.eval("place('grid').scrollTop = place('body').offsetHeight / 2", nil)
			p.settle()
		}},
	}
	scripts, busy, painted := map[string][]float64{}, map[string][]float64{}, []float64{}
	for b.Loop() {
		p = browser.page() // whose clocks begin at zero
		for _, step := range steps {
			before := map[string]float64{}
			if step.name != "open" {
				before = p.clocks()
			}
			step.do()
			after := p.clocks()
			scripts[step.name] = append(scripts[step.name], 1000*(after["ScriptDuration"]-before["ScriptDuration"]))
			busy[step.name] = append(busy[step.name], 1000*(after["TaskDuration"]-before["TaskDuration"]))
			if step.name == "open" {
				var at float64
				p.eval("performance.getEntriesByName('first-contentful-paint')[0].startTime", &at)
				painted = append(painted, at)
			}
		}
	}
	b.ReportMetric(0, "ns/op") // what takes long here is DevTools
	fmt.Printf("\n%s: %d events, %.1f MiB\n%-12s %10s %10s\n", b.Name(), many, float64(info.Size())/(1<<20), "ms", "scripting", "busy")
	for _, step := range steps {
		fmt.Printf("%-12s %10.0f %10.0f\n", step.name, median(scripts[step.name]), median(busy[step.name]))
	}
	fmt.Printf("first contentful paint %.0f ms after the start of the navigation\n", median(painted))
}

// clocks are DevTools' metrics.
func (p *page) clocks() map[string]float64 {
	p.tb.Helper()
	var got struct {
		Metrics []struct {
			Name  string
			Value float64
		}
	}
	p.do("Performance.getMetrics", nil, &got)
	clocks := map[string]float64{}
	for _, m := range got.Metrics {
		clocks[m.Name] = m.Value
	}
	return clocks
}

func median(all []float64) float64 {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}
