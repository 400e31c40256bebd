package main

import (
	"os"
	"strings"
	"testing"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// The page shows that each feature of the kernel was done without in a guest of the last full run.
func TestThePageHasEveryFallback(t *testing.T) {
	text, err := os.ReadFile("../../docs/kernels.md")
	if err != nil {
		t.Fatal(err)
	}
	from, to, err := findPart(string(text), "amd64")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for line := range strings.Lines(string(text[from:to])) {
		if cells := strings.Split(strings.TrimSpace(line), "|"); len(cells) == 5 {
			rows[strings.TrimSpace(cells[1])] = strings.TrimSpace(cells[2] + cells[3])
		}
	}
	for _, f := range sys.Features() {
		if rows[f.Name] == "" {
			t.Errorf("no guest did without %s", f.Name)
		}
	}
}
