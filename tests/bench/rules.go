package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// inFile is how many rules are in the policy file, which may have 1 MiB. The others are in settings of sandbox-runtime: a flag for each would take
// the start longer than all rules do.
const inFile = 50_000

// young is how long a file that has changed is read twice for.
const young = 1100 * time.Millisecond

// rules are flags that allow n names of the zone t, each by a rule of its own.
func (b *bench) rules(n int) ([]string, error) {
	file, settings := filepath.Join(b.dir, fmt.Sprintf("rules-%d.toml", n)), filepath.Join(b.dir, fmt.Sprintf("rules-%d.json", n))
	flags := []string{"--policy", file}
	if n > inFile {
		flags = append(flags, "--srt-settings", settings)
	}
	if _, err := os.Stat(file); err == nil {
		return flags, nil
	}
	var text strings.Builder
	text.WriteString(generous + "[network.domains]\n")
	for i := range min(max(n, 2), inFile) {
		fmt.Fprintf(&text, "\"%x.t\"=\"allow\"\n", i)
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
	list, err := json.Marshal(more)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(os.WriteFile(settings, list, 0o600), os.WriteFile(file, []byte(text.String()), 0o600)); err != nil {
		return nil, err
	}
	<-time.After(young)
	return flags, nil
}

// each writes a file of n lines.
func (b *bench) each(file string, n int, line string) error {
	var text strings.Builder
	for i := range max(n, 2) {
		fmt.Fprintf(&text, line, i)
	}
	return os.WriteFile(file, []byte(text.String()), 0o600)
}
