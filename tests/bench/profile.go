package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	supervisorName = "codex-dnsvisor" // and the start of its command's name, until that execs
	commandName    = "command"
	profileBound   = 4 * time.Minute
	profileRuns    = 10 // at most, of a command that is timed as a whole: each is one of perf too
	profileScale   = 2  // times as much work as in a round, so that the start of the run counts less
	topSymbols     = 8
	topCalls       = 6
	leastShare     = 0.01 // of the time, for a program to be named
	leastShown     = 0.05 // what is rounded to more than 0
	leastCalls     = 0.5  // of a program, for each piece
)

// profile is what our side did for each piece of a row's work, in a run that is not timed.
type profile struct {
	pieces   float64
	cpu      map[string]*spent // by program
	calls    map[string]map[string]float64
	switches float64
	failed   error
}

// spent is processor time in nanoseconds, and where it went.
type spent struct {
	user, kernel float64
	at           map[string]float64 // by symbol
}

// tracer is the key of what a context has before each command.
type tracer struct{}

// profiles are those of rows that miss their goal or have none, and of the last points of curves that miss theirs, by perf.
func (o *options) profiles(ctx context.Context, rows []row, curves []*curve) map[string]profile {
	all := map[string]profile{}
	if o.symbols == "" {
		return all
	}
	take := func(name string, of func(*bench) (job, error)) {
		began := time.Now()
		p := o.profile(ctx, of)
		all[name] = p
		progress(began, "profile of "+name, p.failed)
	}
	for _, r := range rows {
		goal, met := r.verdict()
		if r.Failed == nil && r.Unit != mebibytes && (goal == "" || !met) {
			take(r.Work, func(b *bench) (job, error) {
				jobs, err := b.jobs()
				if err != nil {
					return job{}, err
				}
				return jobs[slices.IndexFunc(jobs, func(j job) bool { return j.Work == r.Work })], nil
			})
		}
	}
	for _, c := range curves {
		if c.missed() {
			take(c.title, func(b *bench) (job, error) { return b.last(c), nil })
		}
	}
	return all
}

// last is the last point of a curve as a job.
func (b *bench) last(c *curve) job {
	curves := b.allCurves()
	again := curves[slices.IndexFunc(curves, func(a *curve) bool { return a.title == c.title })]
	return job{ours: func(ctx context.Context) ([]float64, error) {
		v, err := again.sides[0].run(ctx, c.points[len(c.points)-1])
		return []float64{v}, err
	}}
}

// watched says whether commands of ctx are watched.
func watched(ctx context.Context) bool { return ctx.Value(tracer{}) != nil }

// profile runs our side of a job three times: sampled, counted and traced.
func (o *options) profile(ctx context.Context, of func(*bench) (job, error)) (p profile) {
	ctx, cancel := within(ctx, profileBound)
	defer cancel()
	b := o.bench
	b.binary, b.scale, b.stops = o.symbols, b.scale*profileScale, nil
	defer b.close()
	if b.dir, p.failed = os.MkdirTemp(o.bench.dir, "profile-"); p.failed != nil {
		return p
	}
	j, err := of(&b)
	if err != nil {
		p.failed = err
		return p
	}
	if j.prepare != nil {
		if p.failed = j.prepare(ctx); p.failed != nil {
			return p
		}
	}
	for _, way := range []struct {
		perf []string
		read func(file string) error
	}{
		// Without the first two, record sleeps for a second after each command.
		{[]string{"record", "-q", "--no-bpf-event", "--no-buildid", "--no-buildid-cache", "-e", "cpu-clock", "-F", "4000"}, func(file string) error { return p.sampled(ctx, file) }},
		{[]string{"stat", "-x", ",", "-e", "context-switches"}, p.counted},
		{[]string{"trace", "-s", "-m", "1024"}, p.traced},
	} {
		if p.failed = p.take(ctx, j, filepath.Join(b.dir, way.perf[0]), way.perf, way.read); p.failed != nil {
			return p
		}
	}
	return p
}

// take runs our side under perf once, and reads what it wrote: a file for each command. What is counted is divided by the pieces of this run.
func (p *profile) take(ctx context.Context, j job, files string, perf []string, read func(string) error) error {
	var written []string
	traced := context.WithValue(ctx, tracer{}, func() []string {
		written = append(written, fmt.Sprint(files, ".", len(written)))
		return slices.Concat([]string{"perf"}, perf, []string{"-o", written[len(written)-1], "--"})
	})
	began := time.Now()
	v, err := j.ours(traced)
	if err != nil {
		return err
	}
	if written == nil {
		return errors.New("it is measured in the bench's own process")
	}
	p.pieces = float64(max(len(v), len(written)))
	if j.Unit == perSecond {
		p.pieces = v[0] * time.Since(began).Seconds()
	}
	for _, file := range written {
		if err := read(file); err != nil {
			return err
		}
	}
	return nil
}

// sampleLine is of perf script: the program, nanoseconds, the address, the symbol, the file.
var sampleLine = regexp.MustCompile(`^\s*(\S.*?)\s+(\d+)\s+[0-9a-f]+ (.*) \((\S+)\)$`)

// packages are what a symbol of Go has before its package's own name.
var packages = regexp.MustCompile(`^[^\s(\[<]*/`)

func (p *profile) sampled(ctx context.Context, file string) error {
	text, err := output(ctx, "perf", "script", "-i", file, "-F", "comm,period,ip,sym,dso")
	if err != nil {
		return err
	}
	return p.samples(text)
}

func (p *profile) samples(text string) error {
	if p.cpu == nil {
		p.cpu = map[string]*spent{}
	}
	for line := range strings.Lines(text) {
		m := sampleLine.FindStringSubmatch(strings.TrimRight(line, "\n"))
		if m == nil || m[1] == "perf-exec" {
			continue
		}
		of := p.cpu[program(m[1])]
		if of == nil {
			of = &spent{at: map[string]float64{}}
			p.cpu[program(m[1])] = of
		}
		ns, err := strconv.ParseFloat(m[2], 64)
		if err != nil {
			return err
		}
		ns /= p.pieces
		if strings.HasPrefix(m[4], "[kernel") || strings.HasSuffix(m[4], ".ko") {
			of.kernel += ns
		} else {
			of.user += ns
		}
		of.at[packages.ReplaceAllString(m[3], "")] += ns
	}
	return nil
}

func (p *profile) counted(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(text)) {
		if n, _, found := strings.Cut(line, ",,context-switches"); found {
			v, err := strconv.ParseFloat(n, 64)
			if err != nil {
				return err
			}
			p.switches += v / p.pieces
		}
	}
	return nil
}

// Lines of perf trace -s: a thread, and one of its system calls.
var (
	threadLine = regexp.MustCompile(`^ (\S.*?) \(\d+\), \d+ events`)
	callLine   = regexp.MustCompile(`^\s+([a-z_0-9]+)\s+(\d+)\s+\d+\s`)
)

func (p *profile) traced(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	if p.calls == nil {
		p.calls = map[string]map[string]float64{}
	}
	of := ""
	s := bufio.NewScanner(f)
	for s.Scan() {
		if m := threadLine.FindStringSubmatch(s.Text()); m != nil {
			if of = program(m[1]); p.calls[of] == nil {
				p.calls[of] = map[string]float64{}
			}
			continue
		}
		if m := callLine.FindStringSubmatch(s.Text()); m != nil && of != "" {
			n, err := strconv.ParseFloat(m[2], 64)
			if err != nil {
				return err
			}
			p.calls[of][m[1]] += n / p.pieces
		}
	}
	return s.Err()
}

// program is the supervisor or the keeper; whatever else runs is the command's.
func program(comm string) string {
	if comm == supervisorName || comm == "dnsvisor-keeper" {
		return comm
	}
	return commandName
}

// lines say what the profile has.
func (p *profile) lines() []string {
	var lines []string
	if p.cpu != nil {
		lines = append(lines, p.times())
	}
	if p.calls != nil {
		lines = append(lines, p.systemCalls())
	}
	if p.failed != nil {
		why, _, _ := strings.Cut(p.failed.Error(), ": \n") // the command follows
		lines = append(lines, "No more of a profile: "+cell(errors.New(why)))
	}
	return lines
}

func (p *profile) times() string {
	whole := 0.0
	for _, c := range p.cpu {
		whole += c.user + c.kernel
	}
	var times []string
	at := map[string]float64{}
	for _, name := range slices.Sorted(maps.Keys(p.cpu)) {
		c := p.cpu[name]
		for symbol, ns := range c.at {
			at["`"+symbol+"` of "+name] = ns
		}
		if c.user+c.kernel >= whole*leastShare {
			times = append(times, fmt.Sprintf("%s %s in user mode and %s in the kernel", name, or0(c.user), or0(c.kernel)))
		}
	}
	return "Processor time of each: " + strings.Join(times, "; ") + "; most at " + strings.Join(most(at, topSymbols, 100/max(whole, 1), "%s %.1f %%"), ", ") + "."
}

func (p *profile) systemCalls() string {
	var calls []string
	for _, name := range slices.Sorted(maps.Keys(p.calls)) {
		all := 0.0
		for _, n := range p.calls[name] {
			all += n
		}
		if all >= leastCalls {
			calls = append(calls, fmt.Sprintf("%s %.1f (%s)", name, all, strings.Join(most(p.calls[name], topCalls, 1, "%s %.1f"), ", ")))
		}
	}
	return fmt.Sprintf("System calls of each: %s; %.1f context switches.", strings.Join(calls, "; "), p.switches)
}

func or0(ns float64) string {
	return cmp.Or(nanoseconds.short(ns), "0")
}

// most are the n highest, times a factor.
func most(of map[string]float64, n int, factor float64, format string) []string {
	names := slices.SortedFunc(maps.Keys(of), func(a, b string) int { return cmp.Or(cmp.Compare(of[b], of[a]), strings.Compare(a, b)) })
	var list []string
	for _, name := range names[:min(n, len(names))] {
		if of[name]*factor < leastShown {
			break
		}
		list = append(list, fmt.Sprintf(format, name, of[name]*factor))
	}
	return list
}
