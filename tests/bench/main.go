// Bench measures codex-dnsvisor beside what people would use in its place, on one machine, in runs that take turns, and
// prints a table. It is run by `make bench`.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

const rounds = 9

// row is one kind of work. A ratio is ours to the peer's; of throughput it is the other way round in time, so that 1 is as
// good as the peer and the limit is the worst that is accepted.
type row struct {
	Work, Peer string
	Ours, Base series
	Limit      float64 // of the ratio; 0: none, it is only stated
	Throughput bool    // the limit is a least, of the peer's time to ours
	Beyond     float64 // nanoseconds that ours may take more than the peer; 0: any
	Most       float64 // nanoseconds that ours may take; 0: any
}

// series are percentiles of each round, in nanoseconds.
type series struct{ P50, P99 []float64 }

func (s *series) add(ns []float64) {
	slices.Sort(ns)
	s.P50 = append(s.P50, ns[len(ns)/2])
	s.P99 = append(s.P99, ns[len(ns)*99/100])
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1) //nolint:forbidigo // the one exit
	}
}

// run takes the binary under test and the programs of the work: work, and the same with musl.
func run(args []string) error {
	if len(args) == 4 && args[0] == "inside" {
		rows, err := lookups(args[1], args[2], args[3])
		if err != nil {
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(rows)
	}
	if len(args) != 3 {
		return fmt.Errorf("usage: bench CODEX-DNSVISOR WORK WORK-MUSL")
	}
	rows, err := outside(args)
	if err != nil {
		return err
	}
	more, err := bare(args[0], args[1])
	if err != nil {
		return err
	}
	carried, err := forwarded(args[0], args[1])
	if err != nil {
		return err
	}
	written, err := logged(args[0])
	if err != nil {
		return err
	}
	return report(args[0], slices.Concat(rows, more, carried, written))
}

// compare lets both take turns.
func compare(r row, ours, base func() ([]float64, error)) (row, error) {
	for range rounds {
		for _, side := range []struct {
			run func() ([]float64, error)
			to  *series
		}{{ours, &r.Ours}, {base, &r.Base}} {
			ns, err := side.run()
			if err != nil {
				return r, fmt.Errorf("%s: %w", r.Work, err)
			}
			side.to.add(ns)
		}
	}
	return r, nil
}

// printed runs a command that prints how long each piece of its work took.
func printed(args ...string) func() ([]float64, error) {
	return func() ([]float64, error) {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			return nil, err
		}
		var ns []float64
		for field := range strings.FieldsSeq(string(out)) {
			n, err := strconv.ParseFloat(field, 64)
			if err != nil {
				return nil, err
			}
			ns = append(ns, n)
		}
		return ns, nil
	}
}

// timed runs a command several times and times each run, start and end included.
func timed(args ...string) func() ([]float64, error) {
	return func() ([]float64, error) {
		var ns []float64
		for range 10 {
			start := time.Now()
			if err := exec.Command(args[0], args[1:]...).Run(); err != nil {
				return nil, fmt.Errorf("%v: %w", args, err)
			}
			ns = append(ns, float64(time.Since(start).Nanoseconds()))
		}
		return ns, nil
	}
}

// bare compares with the same work without codex-dnsvisor, and its start with bubblewrap's.
func bare(binary, work string) ([]row, error) {
	type job struct {
		row  row
		ours func() ([]float64, error)
		base func() ([]float64, error)
	}
	under := func(args ...string) func() ([]float64, error) {
		return printed(append([]string{binary, "--"}, args...)...)
	}
	jobs := []job{
		{row{Work: "`-- true`, whole process", Peer: "`bwrap --unshare-user --unshare-net`", Limit: 2.5}, timed(binary, "--", "true"), timed("bwrap", "--unshare-user", "--unshare-net", "--dev-bind", "/", "/", "true")},
		{row{Work: "TCP over loopback, 256 MiB by write", Peer: "bare", Limit: 0.97, Throughput: true}, under(work, "tcp", "-", "5"), printed(work, "tcp", "-", "5")},
		{row{Work: "AF_UNIX stream, 1 GiB by write", Peer: "bare", Limit: 0.97, Throughput: true}, under(work, "unix", "-", "3"), printed(work, "unix", "-", "3")},
		{row{Work: "UDP ping-pong by send, connected", Peer: "bare"}, under(work, "send", "-", "5000"), printed(work, "send", "-", "5000")},
		{row{Work: "AF_UNIX ping-pong by sendmsg", Peer: "bare"}, under(work, "sendmsg", "-", "5000"), printed(work, "sendmsg", "-", "5000")},
	}
	var rows []row
	for _, j := range jobs {
		r, err := compare(j.row, j.ours, j.base)
		if err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	sandboxed := func(kind string) func() ([]float64, error) {
		return printed(binary, "-q", "--allow", "a.test", "--record", "a.test. A 192.0.2.1", "--", work, kind, "a.test", "100")
	}
	r, err := compare(row{Work: "first answer in a sandbox", Peer: "the second one there", Beyond: 5e6}, sandboxed("first"), sandboxed("second"))
	return append(rows, r), err
}

// outside runs this program again in a namespace of its own, where a dnsmasq can answer.
func outside(args []string) ([]row, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	flags := []string{"--net", "--mount"}
	if os.Geteuid() != 0 {
		flags = append(flags, "--user", "--map-root-user")
	}
	cmd := exec.Command("unshare", append(append(flags, self, "inside"), args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	var rows []row
	return rows, json.Unmarshal(out, &rows)
}

// lookups compares cached look-ups with those of a dnsmasq that has the answer itself.
func lookups(binary, work, musl string) ([]row, error) {
	dir, err := os.MkdirTemp("", "dnsvisor-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	resolv := filepath.Join(dir, "resolv.conf")
	if err := os.WriteFile(resolv, []byte("nameserver 127.0.0.1\n"), 0o600); err != nil {
		return nil, err
	}
	const script = `ip link set lo up && ip addr add 192.0.0.8/32 dev lo && ip addr add 100::8/128 dev lo nodad && mount --bind "$1" /etc/resolv.conf`
	if out, err := exec.Command("sh", "-ec", script, "sh", resolv).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("prepare the namespace: %w\n%s", err, out)
	}
	dnsmasq := exec.Command("dnsmasq", "-k", "-C", "/dev/null", "--no-resolv", "--no-hosts", "--user=root", "--group=root", "--pid-file=", "--host-record=a.test,192.0.2.1,2001:db8::1")
	dnsmasq.Stderr = os.Stderr
	if err := dnsmasq.Start(); err != nil {
		return nil, err
	}
	defer func() {
		_ = dnsmasq.Process.Kill()
		_ = dnsmasq.Wait()
	}()
	if err := exec.Command("timeout", "20", "sh", "-c", "until dig +short +tries=1 +time=1 @127.0.0.1 a.test | grep -q 192; do :; done").Run(); err != nil {
		return nil, fmt.Errorf("dnsmasq does not answer: %w", err)
	}
	under := []string{binary, "-q", "--allow", "a.test", "--record", "a.test. A 192.0.2.1", "--record", "a.test. AAAA 2001:db8::1", "--"}
	var rows []row
	for _, l := range []struct{ work, program, kind string }{
		{"cached getaddrinfo, glibc, A", work, "a"},
		{"cached getaddrinfo, glibc, A and AAAA", work, "aaaa"},
		{"cached getaddrinfo, musl, A", musl, "a"},
		{"cached getaddrinfo, musl, A and AAAA", musl, "aaaa"},
	} {
		call := []string{l.program, l.kind, "a.test", "1000"}
		r, err := compare(row{Work: l.work, Peer: "dnsmasq in a namespace", Limit: 2}, printed(append(slices.Clone(under), call...)...), printed(call...))
		if err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, nil
}
