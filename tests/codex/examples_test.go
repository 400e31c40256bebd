//go:build codex

package codex

import (
	"os"
	"testing"
)

// The example's recipes run under codex-dnsvisor, and get what they fetch.
func TestMakefile(t *testing.T) {
	w := newProxied(t)
	must(t, os.CopyFS(w.path("work"), os.DirFS(program("testdata/examples"))))
	w.must("env", "PATH="+built+":"+os.Getenv("PATH"), "make", "check", "names", "fetch")
	if data, err := os.ReadFile(w.path("work/data")); err != nil || string(data) != "the data\n" {
		t.Errorf("%q, %v", data, err)
	}
	asked := map[string]bool{}
	for _, line := range w.audited("audit.jsonl") {
		asked[line.Executable+" "+line.Name] = true
	}
	if !asked["/usr/bin/getent "+alias] || !asked["/usr/bin/curl 10.0.88.10.in-addr.arpa"] {
		t.Errorf("the log has %v", asked)
	}
}
