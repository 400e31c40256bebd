//go:build adversary

package tests

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// marker is the name in the question of ways.h, as it is in a packet.
const marker = "\x05exfil\x04corp\x04test"

// attackers are the commands that build the programs of testdata/adversary, for [build]. Those that know the machine's numbers are left out
// for another machine.
func attackers(client func(name string) string, here bool) [][]string {
	command := func(name string, args ...string) []string {
		args = slices.Concat([]string{"gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-Wno-unused-result", "-pthread", "-o", client(name)}, args)
		for i, arg := range args {
			if strings.HasSuffix(arg, ".c") {
				args[i] = filepath.Join("testdata/adversary", arg)
			}
		}
		return args
	}
	commands := [][]string{
		command("every", "every.c", "calls.c"), command("options", "options.c", "calls.c"), command("hold", "hold.c"), command("floods", "floods.c"),
		command("race_headers", "race_headers.c"), command("race_tables", "race_tables.c"), command("race_lives", "race_lives.c"),
	}
	if here {
		commands = append(commands, command("abi", "abi.c"), command("trace", "trace.c"),
			command("abi32", "-m32", "-nostdlib", "-static", "-ffreestanding", "-fno-pie", "-no-pie", "-fno-stack-protector", "abi32.c"))
	}
	return commands
}

// hostile is the path of a program in testdata/adversary.
func hostile(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("testdata/adversary", name))
	must(t, err)
	return path
}

// places are where an attack runs: the flags of codex-dnsvisor, and what makes the sandbox below it.
var places = map[string]struct{ flags, sandbox []string }{
	"isolated":            {[]string{"--net=isolated"}, nil},
	"isolated, below":     {[]string{"--net=isolated"}, []string{"unshare", "-Urn"}},
	"host, below unshare": {[]string{"--net=host"}, []string{"unshare", "-Urn"}},
	"host, below bwrap":   {[]string{"--net=host"}, []string{"bwrap", "--dev-bind", "/", "/", "--unshare-user", "--unshare-net"}},
}

// where are the places to attack from: in the short set, of each kind one.
func where() []string {
	if long() {
		return slices.Sorted(maps.Keys(places))
	}
	return []string{"isolated", "host, below unshare"}
}

// attempt runs an attack in a place. One name is allowed, so that the way of answers is there.
func (o *outside) attempt(t *testing.T, place string, command ...string) result {
	t.Helper()
	p := places[place]
	flags := []string{"--quiet", "--existing-dns=replace", "--allow", "a.corp.test", "--upstream", "udp://127.0.0.1", "--"}
	got := o.run(slices.Concat(p.flags, flags, p.sandbox, command)...)
	if got.stderr != "" {
		t.Log(strings.TrimSpace(got.stderr))
	}
	return got
}

// silent fails the test for each packet that was seen outside but questions for the name that is allowed.
func (o *outside) silent(t *testing.T) {
	t.Helper()
	seen := 0
	for _, packet := range o.captured() {
		if strings.Contains(packet, "127.0.0.1.53: ") && strings.Contains(strings.ToLower(packet), " a.corp.test. (") {
			continue
		}
		if seen++; seen <= 10 {
			t.Errorf("got out: %s", packet)
		}
	}
	file, err := os.ReadFile(o.pcap)
	must(t, err)
	if bytes.Contains(bytes.ToLower(file), []byte(marker)) {
		t.Errorf("the name that the sandbox chose got out, in one of %d packets", seen)
	}
}
