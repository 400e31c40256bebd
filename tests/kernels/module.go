package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// wanted are the modules that the tests use, and what a condition may add.
var wanted = []string{"veth", "dummy", "tun", "bridge"}

// families are sockets that an attacker may want. A kernel that can have them has them loaded, as if somebody had asked for one.
var families = []string{"sctp", "tipc", "rds", "rds_tcp", "dccp", "dccp_ipv4", "dccp_ipv6", "smc", "l2tp_ip", "l2tp_ip6"}

// errNoModule is what a kernel does not have.
var errNoModule = errors.New("no such module")

// module is a kernel's, uncompressed.
type module struct {
	name string
	data []byte
}

// loadable returns modules in an order in which they can be loaded. What is built in is left out.
func (k kernel) loadable(names []string) ([]module, error) {
	if k.modules == "" {
		return nil, nil
	}
	dependencies, err := k.dependencies()
	if err != nil {
		return nil, err
	}
	var files []string
	for _, name := range slices.Concat(names, families) {
		file, built, err := k.find(dependencies, name)
		if errors.Is(err, errNoModule) && slices.Contains(families, name) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if built {
			continue
		}
		needs := slices.Clone(dependencies[file]) // the innermost last
		slices.Reverse(needs)
		for _, f := range append(needs, file) {
			if !slices.Contains(files, f) {
				files = append(files, f)
			}
		}
	}
	var modules []module
	for _, file := range files {
		data, err := uncompressed(filepath.Join(k.modules, file))
		if err != nil {
			return nil, err
		}
		name, _, _ := strings.Cut(filepath.Base(file), ".")
		modules = append(modules, module{name, data})
	}
	return modules, nil
}

// find finds a module among those of modules.dep, or that it is built in.
func (k kernel) find(dependencies map[string][]string, name string) (file string, built bool, err error) {
	for f := range dependencies {
		if base, _, _ := strings.Cut(filepath.Base(f), "."); base == name {
			return f, false, nil
		}
	}
	text, err := os.ReadFile(filepath.Join(k.modules, "modules.builtin"))
	if err == nil && bytes.Contains(text, []byte("/"+name+".ko")) {
		return "", true, nil
	}
	return "", false, fmt.Errorf("kernel %s: %s: %w", k.version, name, errNoModule)
}

// dependencies has depmod write what the package leaves to its installation.
func (k kernel) dependencies() (map[string][]string, error) {
	file := filepath.Join(k.modules, "modules.dep")
	if _, err := os.Stat(file); err != nil {
		base, _, _ := strings.Cut(k.modules, "/lib/modules/")
		if _, err := output("depmod", "--basedir", base, filepath.Base(k.modules)); err != nil {
			return nil, err
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	dependencies := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		if file, needs, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			dependencies[file] = strings.Fields(needs)
		}
	}
	return dependencies, nil
}

func uncompressed(file string) ([]byte, error) {
	programs := map[string]string{".xz": "xz", ".zst": "zstd", ".gz": "gzip"}
	program, ok := programs[filepath.Ext(file)]
	if !ok {
		return os.ReadFile(file)
	}
	return exec.Command(program, "-dc", file).Output()
}
