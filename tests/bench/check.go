package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// slack is how many times as bad as on the page a ratio may be: less than a doubling, and more than what a busy machine does to it.
const slack = 1.8

// check fails where a row's ratio is much worse than on the page, and than its goal.
func check(w io.Writer, page string, rows []row) error {
	text, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	then := ratios(string(text))
	var worse []string
	for _, r := range rows {
		before, known := then[r.Work]
		now := r.ratio()
		if !known || now == 0 {
			fmt.Fprintf(w, "%s: %.2f, not on the page\n", r.Work, now)
			continue
		}
		// What the page has beyond a goal may be how two programs happened to share the processors: it is not held to that.
		times := now / max(before, r.Goal.Ratio)
		if r.moreIsBetter() {
			times = before / now
			if r.Goal.Ratio > 0 {
				times = min(before, r.Goal.Ratio) / now
			}
		}
		fmt.Fprintf(w, "%s: %.2f, %.2f on the page\n", r.Work, now, before)
		if times > slack {
			worse = append(worse, fmt.Sprintf("%s: %.2f times as bad as on the page or as its goal", r.Work, times))
		}
	}
	if worse != nil {
		return fmt.Errorf("%s", strings.Join(worse, "; "))
	}
	return nil
}

// ratios are those of a page's table, by the work.
func ratios(page string) map[string]float64 {
	found := map[string]float64{}
	for line := range strings.Lines(page) {
		cells := strings.Split(line, "|")
		if len(cells) < 10 {
			continue
		}
		if ratio, err := strconv.ParseFloat(strings.TrimSpace(cells[7]), 64); err == nil {
			found[strings.TrimSpace(cells[1])] = ratio
		}
	}
	return found
}
