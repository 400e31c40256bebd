package main

import (
	"fmt"
	"io"
	"strings"
)

// table writes the rows, and marks those that miss their goals or have failed.
func table(w io.Writer, rows []row) error {
	var b strings.Builder
	b.WriteString("| work | peer | ours p50 | p99 | peer's p50 | p99 | ratio | goal | | floor | ours to it | rounds |\n|---|---|---:|---:|---:|---:|---:|---|---|---:|---:|---:|\n")
	for _, r := range rows {
		goal, met := r.verdict()
		if r.Failed != nil {
			fmt.Fprintf(&b, "| %s | %s | | | | | | %s | failed: %s | | | |\n", r.Work, r.Peer, goal, cell(r.Failed))
			continue
		}
		mark := "met"
		switch {
		case goal == "":
			mark = "stated"
		case !met:
			mark = "**missed**"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %d |\n", r.Work, r.Peer, r.Unit.short(median(r.Ours.P50)), r.Unit.short(r.Ours.tail(r.Unit)),
			r.Unit.short(median(r.Base.P50)), r.Unit.short(r.Base.tail(r.Unit)), times(r.ratio()), goal, mark, r.Unit.short(median(r.Floor.P50)), times(r.ofFloor()), len(r.Ours.P50))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// times is a ratio for people, if there is one.
func times(ratio float64) string {
	if ratio == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", ratio)
}

const longestReason = 300 // bytes, in a cell of a table

// cell is an error as one line that a table can have.
func cell(err error) string {
	text := strings.ReplaceAll(strings.Join(strings.Fields(err.Error()), " "), "|", "/")
	if len(text) > longestReason {
		text = text[:longestReason] + " …"
	}
	return text
}
