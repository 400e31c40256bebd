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

// check fails where a row's ratio is much worse than on the page.
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
		times := now / before
		if r.moreIsBetter() {
			times = before / now
		}
		fmt.Fprintf(w, "%s: %.2f, %.2f on the page\n", r.Work, now, before)
		if times > slack {
			worse = append(worse, fmt.Sprintf("%s: %.2f times as bad as on the page", r.Work, times))
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
