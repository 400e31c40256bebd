package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// keyring has the keys of Debian's archives, from the package debian-archive-keyring.
const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"

// archive is a configuration of apt of our own: lists, downloads and an empty list of what is installed, in a directory. The
// machine's own stays as it is, and says where Debian's packages come from.
type archive struct {
	dir  string
	arch string // Debian's name
}

// source is a suite at a mirror.
type source struct{ uri, suite string }

// mirrors finds where the machine takes Debian's packages from: its own suites, and the address of the archive and that of
// security updates.
func mirrors() (own []source, main, security string, err error) {
	out, err := output("apt-get", "indextargets", "--format", "$(ORIGIN) $(REPO_URI) $(RELEASE)", "Created-By: Packages")
	if err != nil {
		return nil, "", "", err
	}
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		if len(fields) != 3 || fields[0] != "Debian" {
			continue
		}
		own = append(own, source{fields[1], fields[2]})
		if strings.Contains(fields[2], "-security") {
			security = fields[1]
		} else {
			main = fields[1]
		}
	}
	if main == "" || security == "" {
		return nil, "", "", errors.New("apt knows of no packages of Debian's and their security updates; run 'apt-get update' as root")
	}
	return own, main, security, nil
}

// stale is how old lists may be.
const stale = 12 * time.Hour

// open prepares the configuration and reads the suites' lists, unless they are new.
func open(dir, arch string, sources []source) (*archive, error) {
	a := &archive{dir, arch}
	for _, sub := range []string{"lists/partial", "cache/archives/partial", "unpacked"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return nil, err
		}
	}
	var list bytes.Buffer
	for _, s := range sources {
		fmt.Fprintf(&list, "deb [arch=%s signed-by=%s targets=Packages] %s %s main\n", arch, keyring, s.uri, s.suite)
	}
	file := filepath.Join(dir, "sources.list")
	read := filepath.Join(dir, "read")
	if have, err := os.ReadFile(file); err == nil && bytes.Equal(have, list.Bytes()) {
		if info, err := os.Stat(read); err == nil && time.Since(info.ModTime()) < stale {
			return a, nil
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "status"), nil, 0o644); err != nil {
		return nil, err
	}
	if err := os.WriteFile(file, list.Bytes(), 0o644); err != nil {
		return nil, err
	}
	if _, err := a.run("apt-get", "update"); err != nil {
		return nil, err
	}
	return a, os.WriteFile(read, nil, 0o644)
}

// run runs a program of apt's with the configuration.
func (a *archive) run(program string, args ...string) (string, error) {
	return a.runIn("", program, args...)
}

func (a *archive) runIn(dir, program string, args ...string) (string, error) {
	options := []string{
		"-q", "-o", "Dir::Etc::SourceList=" + filepath.Join(a.dir, "sources.list"), "-o", "Dir::Etc::SourceParts=/dev/null",
		"-o", "Dir::State::Lists=" + filepath.Join(a.dir, "lists"), "-o", "Dir::State::status=" + filepath.Join(a.dir, "status"),
		"-o", "Dir::Cache=" + filepath.Join(a.dir, "cache"), "-o", "APT::Architecture=" + a.arch, "-o", "APT::Architectures=" + a.arch,
		"-o", "APT::Sandbox::User=", "-o", "Acquire::Languages=none", "-o", "APT::Update::Error-Mode=any",
	}
	return outputIn(dir, program, append(options, args...)...)
}

// fields reads fields of a package, one of several versions.
func (a *archive) fields(name, version string) (map[string]string, error) {
	out, err := a.run("apt-cache", "show", name+"="+version)
	if err != nil {
		return nil, err
	}
	fields := map[string]string{}
	for line := range strings.Lines(out) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), ": "); ok && fields[key] == "" {
			fields[key] = value
		}
	}
	return fields, nil
}

// versions lists what versions of a package there are, the newest first.
func (a *archive) versions(name string) ([]string, error) {
	out, err := a.run("apt-cache", "madison", name)
	if err != nil {
		return nil, err
	}
	var versions []string
	for line := range strings.Lines(out) {
		if columns := strings.Split(line, "|"); len(columns) == 3 {
			versions = append(versions, strings.TrimSpace(columns[1]))
		}
	}
	return versions, nil
}

// unpack fetches packages, each NAME=VERSION, which apt verifies, and returns the directory that has the files of each.
func (a *archive) unpack(packages []string) ([]string, error) {
	var dirs, missing []string
	for _, p := range packages {
		dir := filepath.Join(a.dir, "unpacked", p)
		dirs = append(dirs, dir)
		if _, err := os.Stat(dir); err != nil {
			missing = append(missing, p)
		}
	}
	if len(missing) == 0 {
		return dirs, nil
	}
	temporary, err := os.MkdirTemp(a.dir, "download-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temporary)
	if _, err := a.runIn(temporary, "apt-get", append([]string{"download"}, missing...)...); err != nil {
		return nil, err
	}
	for _, p := range missing {
		name, _, _ := strings.Cut(p, "=")
		debs, err := filepath.Glob(filepath.Join(temporary, name+"_*.deb"))
		if err != nil || len(debs) != 1 {
			return nil, fmt.Errorf("apt fetched %q for %s", debs, p)
		}
		part := filepath.Join(temporary, name)
		if _, err := output("dpkg-deb", "--extract", debs[0], part); err != nil {
			return nil, err
		}
		dir := filepath.Join(a.dir, "unpacked", p)
		if err := errors.Join(os.MkdirAll(filepath.Dir(dir), 0o755), os.Rename(part, dir)); err != nil {
			return nil, err
		}
	}
	return dirs, nil
}

// output runs a program and returns what it prints; an error has what it says.
func output(program string, args ...string) (string, error) {
	return outputIn("", program, args...)
}

func outputIn(dir, program string, args ...string) (string, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, stderr.String())
	}
	return stdout.String(), nil
}
