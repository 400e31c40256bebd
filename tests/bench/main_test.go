package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestMakefile: the bench knows the flags that make gives it.
func TestMakefile(t *testing.T) {
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	common := regexp.MustCompile(`(?m)^RUN_BENCH = \S+ (.*)$`).FindSubmatch(makefile)
	if common == nil {
		t.Fatal("the Makefile runs no bench")
	}
	runs := regexp.MustCompile(`(?m)^\t\$\(RUN_BENCH\)(.*)$`).FindAllSubmatch(makefile, -1)
	if len(runs) != 3 {
		t.Fatalf("%d runs, not those of bench, bench-full and bench-check", len(runs))
	}
	for _, r := range runs {
		if _, err := parse(strings.Fields(string(common[1]) + string(r[1]))); err != nil {
			t.Errorf("%s: %v", r[1], err)
		}
	}
}
