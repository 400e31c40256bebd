// Bench measures codex-dnsvisor beside what people would use in its place, on one machine, in runs that take turns, and
// prints a table. It is run by `make bench`, `make bench-full` and `make bench-check`.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"time"

	"golang.org/x/sys/unix"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1) //nolint:forbidigo // the one exit
	}
}

// options are the command line's.
type options struct {
	inside, full, check bool
	rounds              int
	symbols             string // the binary once more, with its symbols
	only                *regexp.Regexp
	page                string
	bench               bench
}

func parse(args []string) (options, error) {
	o := options{bench: bench{sources: "tests/bench/testdata"}}
	only := ""
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.BoolVar(&o.inside, "inside", false, "the namespace is there")
	f.BoolVar(&o.full, "full", false, "measure all rows and curves, and write the page")
	f.BoolVar(&o.check, "check", false, "fail where a ratio is twice as bad as on the page")
	f.IntVar(&o.rounds, "rounds", 3, "how often both sides take turns")
	f.Float64Var(&o.bench.scale, "scale", 0.3, "of how often each thing is done in a round")
	f.StringVar(&only, "only", "", "of all rows and curves, those whose name matches")
	f.StringVar(&o.page, "page", "docs/performance.md", "the page; plots are written beside it")
	f.StringVar(&o.bench.programs, "programs", "", "the directory of the compiled programs of testdata")
	f.StringVar(&o.bench.binary, "binary", "bin/codex-dnsvisor", "what is measured")
	f.StringVar(&o.symbols, "symbols", "", "the same binary with symbols, which profiles are taken of; none: no profile is")
	f.StringVar(&o.bench.cache, "cache", ".cache", "what make deps-bench fetched")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	for _, path := range []*string{&o.bench.binary, &o.bench.programs, &o.bench.sources, &o.bench.cache, &o.symbols} {
		if *path == "" {
			continue
		}
		absolute, err := filepath.Abs(*path)
		if err != nil {
			return o, err
		}
		*path = absolute
	}
	var err error
	o.only, err = regexp.Compile(only)
	return o, err
}

// run measures, or is one of the clients that are written in Go.
func run(args []string) error {
	if len(args) == 3 && args[0] == "lookup" {
		return lookUp(args[1], args[2])
	}
	if len(args) > 1 && args[0] == "browse" {
		return browse(args[1:])
	}
	o, err := parse(args)
	if err != nil {
		return err
	}
	if !o.inside {
		return enter(args)
	}
	if o.bench.dir, err = os.MkdirTemp("", "dnsvisor-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(o.bench.dir)
	defer o.bench.close()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, unix.SIGTERM)
	defer stop()
	if err := o.bench.furnish(ctx); err != nil {
		return err
	}
	return o.measure(ctx, os.Stdout)
}

// measure does what the options say. A run of a selection writes no page.
func (o *options) measure(ctx context.Context, out io.Writer) error {
	jobs, err := o.bench.jobs()
	if err != nil {
		return err
	}
	var rows []row
	var failed []error // what failed does not cost the others
	for _, j := range jobs {
		if !o.only.MatchString(j.Work) || !o.full && !j.quick {
			continue
		}
		began := time.Now()
		r := j.measure(ctx, o.rounds)
		rows, failed = append(rows, r), append(failed, r.failure())
		progress(began, fmt.Sprintf("%s: %.2f", r.Work, r.ratio()), r.failure())
	}
	return errors.Join(append(failed, o.report(ctx, out, rows))...)
}

// progress says what has been measured, and how many seconds it took.
func progress(began time.Time, what string, failed error) {
	if failed != nil {
		what = "FAILED: " + failed.Error()
	}
	fmt.Fprintf(os.Stderr, "%5.1f s  %s\n", time.Since(began).Seconds(), what)
}

// report checks, prints or writes what was measured; of a full run the curves and profiles too.
func (o *options) report(ctx context.Context, out io.Writer, rows []row) error {
	if o.check {
		return check(out, o.page, rows)
	}
	if !o.full {
		return table(out, rows)
	}
	curves, failed := o.bench.curves(ctx, o.only, o.rounds)
	profiles := o.profiles(ctx, rows, curves)
	if o.only.String() == "" {
		return errors.Join(failed, writePage(o, rows, profiles, curves))
	}
	if err := table(out, rows); err != nil {
		return err
	}
	reasons(out, rows, profiles)
	for _, c := range curves {
		c.print(out)
		evidence(out, c.title, profiles)
	}
	return failed
}

// jobs are all rows, in the order of the table.
func (b *bench) jobs() ([]job, error) {
	var all []job
	for _, of := range []func() ([]job, error){b.lookups, b.asked, b.connects, b.rates, b.starts, b.traffic, b.forwarded, b.builds, b.browsed, b.memory, b.logged} {
		jobs, err := of()
		if err != nil {
			return nil, err
		}
		all = append(all, jobs...)
	}
	return all, nil
}
