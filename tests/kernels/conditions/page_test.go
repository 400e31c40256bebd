package conditions

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table in docs/kernels.md anew")

const (
	page   = "../../../docs/kernels.md"
	begins = "<!-- conditions -->\n"
	ends   = "<!-- /conditions -->\n"
)

// The table of docs/kernels.md is that of the rows.
func TestPage(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	from, to := strings.Index(string(text), begins), strings.Index(string(text), ends)
	if from < 0 || to < from {
		t.Fatalf("%s has no place for the table", page)
	}
	from += len(begins)
	if got, want := string(text[from:to]), Table(); got != want && !*update {
		t.Errorf("the table is not that of the rows (-update writes it):\n%s", want)
	}
	if *update {
		if err := os.WriteFile(page, []byte(string(text[:from])+Table()+string(text[to:])), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
