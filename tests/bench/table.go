package main

import (
	"fmt"
	"io"
	"strings"
)

// table writes the rows, and marks those that miss their goals.
func table(w io.Writer, rows []row) error {
	var b strings.Builder
	b.WriteString("| work | peer | ours p50 | p99 | peer's p50 | p99 | ratio | goal | |\n|---|---|---:|---:|---:|---:|---:|---|---|\n")
	for _, r := range rows {
		goal, met := r.verdict()
		mark := "met"
		switch {
		case goal == "":
			mark = "stated"
		case !met:
			mark = "**missed**"
		}
		ratio := ""
		if v := r.ratio(); v != 0 {
			ratio = fmt.Sprintf("%.2f", v)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", r.Work, r.Peer, r.Unit.short(median(r.Ours.P50)), r.Unit.short(median(r.Ours.P99)),
			r.Unit.short(median(r.Base.P50)), r.Unit.short(median(r.Base.P99)), ratio, goal, mark)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
