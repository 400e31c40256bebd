package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// Ports of peers that are made for curves.
const (
	loggingPort = "5401"
	knowingPort = "5402"
)

const curveRounds = 3

// curves are all that match, measured.
func (b *bench) curves(ctx context.Context, only *regexp.Regexp, rounds int) ([]*curve, error) {
	if err := b.serve(ctx, loggingPort, b.dnsmasq(loggingPort, "--server=127.0.0.1#"+unboundPort, "--log-queries")...); err != nil {
		return nil, err
	}
	var measured []*curve
	var failed []error
	for _, c := range b.allCurves() {
		if !only.MatchString(c.title) {
			continue
		}
		began := time.Now()
		c.measure(ctx, min(rounds, curveRounds))
		measured = append(measured, c)
		if c.failed != nil {
			failed = append(failed, c.failed)
		}
		progress(began, c.title, c.failed)
	}
	return measured, errors.Join(failed...)
}

func (b *bench) allCurves() []*curve {
	return []*curve{b.overThreads(), b.overNamespaces(), b.overRules(), b.overNames(), b.overStarts(), b.overPauses()}
}

// upTo is fewer points where things are done less often.
func (b *bench) upTo(points ...int) []int {
	most := max(points[0], b.n(points[len(points)-1]))
	return slices.DeleteFunc(points, func(n int) bool { return n > most })
}

// at is a percentile of what a command prints, in microseconds.
func at(ctx context.Context, percent int, args ...string) (float64, error) {
	ns, err := printed(args...)(ctx)
	if err != nil {
		return 0, err
	}
	if len(ns) == 0 {
		return 0, fmt.Errorf("%v printed nothing", args)
	}
	slices.Sort(ns)
	return ns[len(ns)*percent/100] / 1e3, nil
}

func (b *bench) overThreads() *curve {
	flood := func(port string, wrap func(...string) []string) func(context.Context, int) (float64, error) {
		return func(ctx context.Context, n int) (float64, error) {
			v, err := printed(wrap(b.program("ask"), port, "flood", strconv.Itoa(n), b.times(2000))...)(ctx)
			return median(v), err
		}
	}
	bare := func(command ...string) []string { return command }
	plain := func(command ...string) []string { return b.under(allow, command...) }
	logged := func(command ...string) []string {
		return b.under(append(slices.Clone(allow), "--audit", filepath.Join(b.dir, "flood.jsonl"), "--audit-max-size", "64M"), command...)
	}
	return &curve{
		file: "performance-threads.svg", title: "Questions a second over client threads, with and without a log", x: "threads", y: "questions/s",
		note:   "Each thread asks by sendto, and asks again where no answer has come for 250 ms. A process may have some hundred calls in work at once; what fails beyond that with EAGAIN, the client does again.",
		points: b.upTo(1, 2, 4, 8, 16, 32, 64, 128, 256),
		sides: []side{
			{"codex-dnsvisor", flood(dnsmasqPort, plain)},
			{"with --audit", flood(dnsmasqPort, logged)},
			{"dnsmasq", flood(dnsmasqPort, bare)},
			{"with --log-queries", flood(loggingPort, bare)},
		},
	}
}

func (b *bench) overNamespaces() *curve {
	return &curve{
		file: "performance-namespaces.svg", title: "A look-up's 99th percentile over foreign namespaces", x: "namespaces", y: "µs, p99",
		points: b.upTo(1, 10, 100, 1000),
		sides: []side{{"codex-dnsvisor", func(ctx context.Context, n int) (float64, error) {
			count := strconv.Itoa(n)
			return at(ctx, 99, b.under(append(slices.Clone(allow), "--max-namespaces", strconv.Itoa(n+1)), b.program("crowd"), "a.test", count, strconv.Itoa(max(2, 1000/n)))...)
		}}},
	}
}

// underRules is the median of what a client prints under a policy of n rules.
func (b *bench) underRules(ctx context.Context, n int, client []string) (float64, error) {
	flags, err := b.rules(n)
	if err != nil {
		return 0, err
	}
	return at(ctx, 50, b.under(flags, client...)...)
}

func (b *bench) overRules() *curve {
	ask := func(port, name string) []string {
		return []string{b.program("ask"), port, "unconnected", name, b.times(2000)}
	}
	return &curve{
		file: "performance-rules.svg", title: "A cached look-up over rules of the policy", x: "rules, or names in dnsmasq's hosts file", y: "µs, p50",
		points: b.upTo(10, 100, 1000, 10_000, 100_000), most: 1.2,
		sides: []side{
			{"codex-dnsvisor", func(ctx context.Context, n int) (float64, error) {
				return b.underRules(ctx, n, ask(dnsmasqPort, "1.t"))
			}},
			{"dnsmasq", func(ctx context.Context, n int) (float64, error) {
				hosts := filepath.Join(b.dir, "hosts")
				if err := b.each(hosts, n, "192.0.2.1 %x.t\n"); err != nil {
					return 0, err
				}
				stop, err := background(b.dnsmasq(knowingPort, "--addn-hosts="+hosts)...)
				if err != nil {
					return 0, err
				}
				defer stop()
				if err := answering(ctx, knowingPort, "1.t"); err != nil {
					return 0, err
				}
				return at(ctx, 50, ask(knowingPort, "1.t")...)
			}},
		},
	}
}

// cached are the arguments of a client that asks for n names, and then again for many of them.
func (b *bench) cached(n int) []string {
	return []string{b.program("ask"), dnsmasqPort, "cached", strconv.Itoa(n), b.times(5000)}
}

func (b *bench) overNames() *curve {
	return &curve{
		file: "performance-names.svg", title: "A cached look-up over cached names", x: "names", y: "µs, p50",
		points: b.upTo(10, 100, 1000, 10_000, 100_000), most: 1.2,
		sides: []side{
			{"codex-dnsvisor", func(ctx context.Context, n int) (float64, error) { return b.underRules(ctx, n, b.cached(n)) }},
			{"dnsmasq", func(ctx context.Context, n int) (float64, error) { return at(ctx, 50, b.cached(n)...) }},
		},
	}
}

func (b *bench) overStarts() *curve {
	return &curve{
		file: "performance-starts.svg", title: "A whole run of true over rules of the policy", x: "rules, or addresses in dnsmasq's configuration", y: "ms, p50",
		points: b.upTo(1, 10, 100, 1000, 10_000, 100_000), most: 2,
		sides: []side{
			{"codex-dnsvisor", func(ctx context.Context, n int) (float64, error) {
				flags, err := b.rules(n)
				if err != nil {
					return 0, err
				}
				ns, err := timed(b.n(20), b.under(flags, "true")...)(ctx)
				return median(ns) / 1e6, err
			}},
			{"dnsmasq --test", func(ctx context.Context, n int) (float64, error) {
				conf := filepath.Join(b.dir, "dnsmasq.conf")
				if err := b.each(conf, n, "address=/%x.t/192.0.2.1\n"); err != nil {
					return 0, err
				}
				ns, err := timed(b.n(20), "dnsmasq", "--test", "-C", conf)(ctx)
				return median(ns) / 1e6, err
			}},
		},
	}
}
