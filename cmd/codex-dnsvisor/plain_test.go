package main

import (
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"pgregory.net/rapid"
)

// readByKong is what kong makes of the flags of a run.
func readByKong(args []string) (*runCmd, error) {
	model := &runOnly{}
	e := &env{stdout: io.Discard, stderr: io.Discard}
	_, err := kong.Must(model, append(parserOptions(e), kong.NoDefaultHelp())...).Parse(args)
	return &model.Run, err
}

func same(t interface{ Fatalf(string, ...any) }, args []string) bool {
	got, ok := plain(args)
	if !ok {
		return false
	}
	want, err := readByKong(args)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("%q: %+v, kong says %+v, %v", args, got, want, err)
	}
	return true
}

// What plain takes, kong takes too, for the same: flags of every name, in every form, with values of every kind.
func TestPlainIsKong(t *testing.T) {
	model := kong.Must(&runOnly{}, parserOptions(&env{stdout: io.Discard, stderr: io.Discard})...).Model
	names := []string{"--bogus", "--", "run", "explain", "-", "-qv", "--allow-", "--no-allow", "--help"}
	for _, flag := range slices.Concat(model.Leaves(false)[0].AllFlags(false)...) {
		names = append(names, "--"+flag.Name)
		if flag.Short != 0 {
			names = append(names, "-"+string(flag.Short))
		}
		if flag.Tag.Negatable != "" {
			names = append(names, "--no-"+flag.Name)
		}
	}
	values := []string{"", "a.test", "=", "a=b", "-x", "--allow", "none", "guard", "host", "true", "false", "0", "5", "10M", "a,b", "\\,", "é", " ", "@/dev/null", "%"}
	arg := rapid.OneOf(
		rapid.SampledFrom(names), rapid.SampledFrom(values), rapid.String(),
		rapid.Map(rapid.SliceOfN(rapid.SampledFrom(slices.Concat(names, values)), 2, 3), func(parts []string) string { return strings.Join(parts, "=") }),
	)
	rapid.Check(t, func(t *rapid.T) { same(t, rapid.SliceOfN(arg, 0, 6).Draw(t, "args")) })
}

// Flags as people give them are taken without kong, and so is each switch and each string.
func TestPlainTakes(t *testing.T) {
	for _, line := range []string{
		"", "--allow a.test", "--allow=a.test --allow **.b.test --deny c.b.test", "-q --no-reload", "-v --linger --observe --reload",
		"--policy p.toml --audit log.jsonl --upstream udp://192.0.2.1 --upstream tls://dns.test --deny-with nodata",
		"--unix none --net=host --existing-dns replace --forward 8080 --forward none", "--srt-settings s.json --codex-config c.toml --codex-profile p",
		"--upstream-proxy http://192.0.2.1:3128",
	} {
		if args := strings.Fields(line); !same(t, args) {
			t.Errorf("%q is left to kong", line)
		}
	}
	if !same(t, []string{"--record", "a.example. 60 IN A 192.0.2.1"}) {
		t.Error("a record is left to kong")
	}
	for _, line := range []string{"--unix all", "--allow", "--allow -q", "--max-namespaces 3", "--audit-max-size 10M", "--net host --net host", "run", "-q=true", "explain a.test"} {
		if _, ok := plain(strings.Fields(line)); ok {
			t.Errorf("%q is not left to kong", line)
		}
	}
}
