package main

import (
	"context"
	"path/filepath"
	"strings"
)

// builds are what people do all day, whole, beside the same without codex-dnsvisor.
func (b *bench) builds() ([]job, error) {
	clone, err := b.clone()
	if err != nil {
		return nil, err
	}
	root := filepath.Join(b.sources, "..", "..", "..")
	goal := goal{Ratio: 1.02}
	jobs := []job{clone}
	for _, of := range []struct {
		work, dir string // dir is empty each time
		command   []string
	}{
		{
			"`go build` of a module, nothing cached", "go",
			[]string{"env", "-C", root, "CGO_ENABLED=0", "GOPROXY=off", "GOCACHE=" + filepath.Join(b.dir, "go"), "go", "build", "-trimpath", "-o", "/dev/null", "./resolve"},
		},
		{
			"`npm ci --offline`", "npm",
			[]string{"sh", "-ec", `cp "$1"/app/package*.json "$2" && npm ci --offline --ignore-scripts --no-audit --no-fund --cache "$1/npm" --prefix "$2"`, "sh", filepath.Join(b.cache, "bench"), filepath.Join(b.dir, "npm")},
		},
		{
			"`make -j2` of a C project (zstd)", "c",
			[]string{"sh", "-ec", `cp -r "$1" "$2" && make -j2 -C "$2"/libzstd/lib libzstd.a`, "sh", filepath.Join(b.cache, "bench", "libzstd"), filepath.Join(b.dir, "c")},
		},
		{
			"a Python test suite (CPython's)", "python",
			[]string{"env", "-C", filepath.Join(b.dir, "python"), "/usr/bin/python3", "-m", "test", "-q", "test_json", "test_tarfile", "test_threading", "test_pathlib"},
		},
	} {
		dir := filepath.Join(b.dir, of.dir)
		jobs = append(jobs, job{row: row{Work: of.work, Peer: "bare", Goal: goal}, rounds: 3, ours: afresh(dir, b.under(nil, of.command...)...), base: afresh(dir, of.command...)})
	}
	return jobs, nil
}

// clone clones this repository from a daemon outside.
func (b *bench) clone() (job, error) {
	port, err := freePort()
	if err != nil {
		return job{}, err
	}
	served, dir := filepath.Join(b.dir, "served"), filepath.Join(b.dir, "clone")
	command := []string{"git", "clone", "-q", "git://127.0.0.1:" + port + "/repository.git", filepath.Join(dir, "here")}
	return job{
		row: row{Work: "`git clone` over a forward", Peer: "bare", Goal: goal{Ratio: 1.02}},
		prepare: func(ctx context.Context) error {
			if _, err := output(ctx, "git", "clone", "-q", "--bare", filepath.Join(b.sources, "..", "..", ".."), filepath.Join(served, "repository.git")); err != nil {
				return err
			}
			programs, err := output(ctx, "git", "--exec-path")
			if err != nil {
				return err
			}
			stop, err := background(filepath.Join(strings.TrimSpace(programs), "git-daemon"), "--listen=127.0.0.1", "--port="+port, "--base-path="+served, "--export-all", served)
			if err != nil {
				return err
			}
			b.stops = append(b.stops, stop)
			return listening(ctx, port)
		},
		ours: afresh(dir, b.under([]string{"--forward", port}, command...)...),
		base: afresh(dir, command...),
	}, nil
}
