package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/codex-dnsvisor/codex-dnsvisor/policy"
)

// codexSystem is where Codex looks for the machine's configuration.
const codexSystem = "/etc/codex"

var errNoCodexHome = errors.New("neither CODEX_HOME nor HOME says where Codex's config.toml is")

// codexPolicy is what the profile says. The places of Codex's files are looked up once.
func (f *policyFlags) codexPolicy() (*policy.CodexPolicy, error) {
	if f.codex == nil {
		files, err := f.codexFiles()
		if err != nil {
			return nil, err
		}
		f.codex = files
	}
	codex, err := f.codex.Load(f.CodexProfile)
	if err != nil {
		return nil, err
	}
	codex.Proxied = slices.ContainsFunc(f.command, func(arg string) bool { return strings.Contains(arg, "network_proxy") })
	return codex.Policy()
}

func (f *policyFlags) codexFiles() (*policy.CodexFiles, error) {
	dir, err := os.Getwd()
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir) // PWD may lead here by a trusted project's link
	}
	if err != nil {
		return nil, fmt.Errorf("where are Codex's projects: %w", err)
	}
	files := &policy.CodexFiles{Config: f.CodexConfig, System: codexSystem, Dir: dir}
	if files.Config != "" {
		return files, nil
	}
	home := os.Getenv("CODEX_HOME")
	if home == "" {
		user, err := os.UserHomeDir()
		if err != nil {
			return nil, errNoCodexHome
		}
		home = filepath.Join(user, ".codex")
	}
	files.Config, files.Optional = filepath.Join(home, "config.toml"), true
	return files, nil
}
