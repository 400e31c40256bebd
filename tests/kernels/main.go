// Kernels runs end-to-end tests on other kernels than the machine's, each in a guest of qemu, and prints a table of what came of
// them. It is run by `make kernel-matrix`.
//
// # Limitations
//
// Guests run without KVM nearly everywhere, and are slow: what takes microseconds on a machine takes ten or twenty times as long.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "kernels:", err)
		os.Exit(1) //nolint:forbidigo // the one exit
	}
}

func run(args []string) error {
	flags := flag.NewFlagSet("kernels", flag.ContinueOnError)
	name := flags.String("arch", "amd64", "the guests' architecture")
	asked := flags.String("kernels", "", "versions that Debian has, newest, or paths of images; none: the architecture's")
	only := flags.String("tests", "", "the groups to run, or GROUP/TEST for a test alone; none: all")
	user := flags.String("as", "", "root or user; none: each group as both")
	parallel := flags.Int("parallel", min(2, runtime.NumCPU()), "how many guests run at once")
	verbose := flags.Bool("v", false, "print what guests say when they say it")
	page := flags.String("page", "", "where a full run, of all groups on all kernels, writes what it found")
	if err := flags.Parse(args); err != nil {
		return err
	}
	a, err := findArch(*name)
	if err != nil {
		return err
	}
	selected, err := choose(a, strings.Fields(*only), *user)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, unix.SIGTERM)
	defer stop()
	full := *only == "" && *asked == "" && *user == ""
	if *asked != "" {
		a.kernels = strings.Fields(*asked)
	}
	m, rows, clean, err := prepare(ctx, a, selected)
	if err != nil {
		return err
	}
	defer clean()
	m.verbose = *verbose
	results := runAll(ctx, m, rows, *parallel)
	if err := printTable(os.Stdout, results, selected); err != nil {
		return err
	}
	if err := report(results); err != nil || !full {
		return err
	}
	if err := nowhere(results); err != nil || *page == "" {
		return err
	}
	return writePage(*page, m, results, selected, time.Now())
}

// choose finds an architecture's groups by name, or all, and has one user run them where one is named.
func choose(a arch, names []string, user string) ([]group, error) {
	if user != "" && !slices.Contains(both, user) {
		return nil, fmt.Errorf("no user %q", user)
	}
	if len(names) == 0 {
		for _, g := range groups {
			if !g.asked && (g.arch == "" || g.arch == a.name) {
				names = append(names, g.name)
			}
		}
	}
	var chosen []group
	for _, name := range names {
		name, test, one := strings.Cut(name, "/")
		of := func(g group) bool { return g.name == name }
		i, j := slices.IndexFunc(groups, of), slices.IndexFunc(chosen, of)
		if i < 0 {
			return nil, fmt.Errorf("no group %q", name)
		}
		if j < 0 {
			j, chosen = len(chosen), append(chosen, groups[i])
			if one {
				chosen[j].tests = nil
			}
		}
		if one {
			chosen[j].tests = append(chosen[j].tests, test)
		}
		if user != "" {
			chosen[j].users = []string{user}
		}
	}
	return chosen, nil
}

// prepare gets the kernels and builds the root.
func prepare(ctx context.Context, a arch, selected []group) (m machine, rows []row, clean func(), err error) {
	cache, err := cacheDir()
	if err != nil {
		return m, nil, nil, err
	}
	found, err := kernels(cache, a)
	if err != nil {
		return m, nil, nil, err
	}
	dir, err := os.MkdirTemp("", "dnsvisor-kernels-")
	if err != nil {
		return m, nil, nil, err
	}
	clean = func() { _ = os.RemoveAll(dir) }
	m = machine{arch: a, root: filepath.Join(dir, "root.cpio"), dir: dir}
	if err := errors.Join(buildTests(filepath.Join(dir, "tests"), a), buildRoot(m.root, cache, a, filepath.Join(dir, "tests"))); err != nil {
		clean()
		return m, nil, nil, err
	}
	m.kvm = m.canKVM(ctx, found[0])
	fmt.Println("guests run with", m.accelerator())
	for _, k := range found {
		rows = append(rows, row{k, plain, selected})
	}
	return m, append(rows, booted(found[len(found)-1], selected)...), clean, nil
}

// cacheDir is outside the tree, so that clones share it.
func cacheDir() (string, error) {
	if dir := os.Getenv("DNSVISOR_KERNELS_CACHE"); dir != "" {
		return dir, nil
	}
	dir, err := os.UserCacheDir()
	return filepath.Join(dir, "codex-dnsvisor", "kernels"), err
}

// runAll runs the rows, some at once.
func runAll(ctx context.Context, m machine, rows []row, parallel int) []*result {
	results := make([]*result, len(rows))
	var mutex sync.Mutex
	tell := func(format string, args ...any) {
		mutex.Lock()
		defer mutex.Unlock()
		fmt.Printf(format+"\n", args...)
	}
	free := make(chan struct{}, parallel)
	var all sync.WaitGroup
	for i, r := range rows {
		free <- struct{}{}
		all.Go(func() {
			results[i] = watch(ctx, m, r, fmt.Sprint(i), tell)
			<-free
		})
	}
	all.Wait()
	return results
}

// report prints what went wrong, and is an error if anything did.
func report(results []*result) error {
	for _, line := range skips(results) {
		fmt.Println("skipped:", line)
	}
	passed, failed := 0, 0
	for _, res := range results {
		for _, o := range res.outcomes {
			if i := slices.IndexFunc(res.row.groups, func(g group) bool { return g.name == o.group }); o.problem(res.row.groups[i]) == "" {
				passed++
			}
		}
		problems := res.problems()
		failed += len(problems)
		if res.err != nil {
			fmt.Printf("\n=== %s: the console\n%s\n", res.row, strings.Join(res.console, "\n"))
		}
		for _, problem := range problems {
			fmt.Println("FAIL:", problem)
		}
	}
	fmt.Printf("groups: %d passed, %d failed\n", passed, failed)
	if failed > 0 {
		return errors.New("the matrix is not green")
	}
	return nil
}
