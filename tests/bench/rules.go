package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// inFile is how many rules are in the policy file, which may have 1 MiB. The others are in settings of sandbox-runtime: a flag for each would take
// the start longer than all rules do.
const inFile = 50_000

// rules are flags that allow n names of the zone t, each by a rule of its own.
func (b *bench) rules(n int) ([]string, error) {
	file := filepath.Join(b.dir, fmt.Sprintf("rules-%d.toml", n))
	var text strings.Builder
	text.WriteString(generous + "[network.domains]\n")
	for i := range min(max(n, 2), inFile) {
		fmt.Fprintf(&text, "\"%x.t\"=\"allow\"\n", i)
	}
	flags := []string{"--policy", file}
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil || n <= inFile {
		return flags, err
	}
	var more struct {
		Network struct {
			Allowed []string `json:"allowedDomains"`
			Denied  []string `json:"deniedDomains"`
		} `json:"network"`
	}
	more.Network.Denied = []string{}
	for i := inFile; i < n; i++ {
		more.Network.Allowed = append(more.Network.Allowed, fmt.Sprintf("%x.t", i))
	}
	settings, err := json.Marshal(more)
	if err != nil {
		return nil, err
	}
	file = filepath.Join(b.dir, fmt.Sprintf("rules-%d.json", n))
	return append(flags, "--srt-settings", file), os.WriteFile(file, settings, 0o600)
}

// each writes a file of n lines.
func (b *bench) each(file string, n int, line string) error {
	var text strings.Builder
	for i := range max(n, 2) {
		fmt.Fprintf(&text, line, i)
	}
	return os.WriteFile(file, []byte(text.String()), 0o600)
}
