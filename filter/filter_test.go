package filter

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

var update = flag.Bool("update", false, "write testdata anew")

func build(t *testing.T, o Options) Program {
	t.Helper()
	p, err := Build(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func options() map[string]Options {
	return map[string]Options{
		"amd64":           {Arch: AMD64},
		"amd64-unix-none": {Arch: AMD64, Unix: UnixNone},
		"arm64":           {Arch: ARM64},
		"arm64-unix-none": {Arch: ARM64, Unix: UnixNone},
		"amd64-host":      {Arch: AMD64, Host: true},
		"arm64-host":      {Arch: ARM64, Unix: UnixNone, Host: true},
	}
}

// shapes are the values of one argument that a 64-bit comparison can get wrong.
var shapes = []uint64{
	0, 1, 22, 22 | 1<<32, 0x7fffffff, 0x80000000, 0xffffffff, 1 << 32, 1<<32 | 1, 0xffffffff << 32, 0xdeadbeef << 32,
	0x5412, 0x541c, 0x5412 | 1<<32, 0x541c | 0xdead<<32, 0x5411, 0x7ffc12345678, 0xffffffffffffffff, 1 << 63,
}

// families are values of socket's first argument, with and without what the kernel ignores above bit 31.
func families32() []uint64 {
	var out []uint64
	for family := range uint64(300) {
		out = append(out, family, family|1<<32, family|0xffffffff<<32, family|1<<63)
	}
	for bit := range 32 {
		for _, low := range []uint64{0, 1, 2, 10, 16, 17} {
			out = append(out, 1<<bit|low, 1<<bit|low|1<<40)
		}
	}
	return append(out, 0xffffffff, 0xfffffffe, 0xffffffffffffffff, 0xfffffffffffffffe)
}

func calls() []int32 {
	var out []int32
	for nr := range int32(1100) {
		out = append(out, nr, nr|x32Bit)
	}
	for nr := int32(0x0f0000); nr < 0x0f0010; nr++ { // AArch32's own
		out = append(out, nr)
	}
	return append(out, -1, -2, 0x7fffffff, 0x3fffffff, -0x80000000)
}

// TestEveryCallAndShape runs the compiled programs in an interpreter against the oracle: every system call number of
// every ABI with every shape of argument that a rule could look at.
func TestEveryCallAndShape(t *testing.T) {
	for name, o := range options() {
		t.Run(name, func(t *testing.T) {
			program := build(t, o).Instructions()
			checked := 0
			for _, arch := range []uint32{auditX86_64, auditI386, auditAArch64, auditARM, auditRISCV64, 0, 0xffffffff} {
				values := shapes
				if !slices.ContainsFunc(oracles[o.Arch], func(n numbers) bool { return n.audit == arch }) {
					values = shapes[:1] // killed, whatever the arguments
				}
				for _, nr := range calls() {
					for arg := range 6 {
						for _, value := range values {
							d := data{nr: nr, arch: arch, ip: 0x1234}
							d.args[arg] = value
							check(t, program, o, d)
							checked++
						}
					}
				}
			}
			t.Logf("%d instructions, %d calls checked", len(program), checked)
		})
	}
}

func TestEveryFamily(t *testing.T) {
	for name, o := range options() {
		t.Run(name, func(t *testing.T) {
			program := build(t, o).Instructions()
			for _, abi := range oracles[o.Arch] {
				for _, call := range []string{"socket", "socketpair"} {
					for _, family := range families32() {
						check(t, program, o, data{nr: oracles[o.Arch][0].native[call] | abi.bit, arch: abi.audit, args: [6]uint64{family, 1, 0, ^uint64(0)}})
					}
				}
			}
		})
	}
}

func check(t *testing.T, program []Instruction, o Options, d data) {
	t.Helper()
	got, err := interpret(program, d)
	if err != nil {
		t.Fatalf("%+v: %v", d, err)
	}
	if w := want(o, d); got != w {
		t.Fatalf("call %d (%#x) of arch %#x with %#x: action %#x, want %#x", d.nr, d.nr, d.arch, d.args, got, w)
	}
}

// The numbers of the oracle are those of the headers that this machine's library was made from.
func TestOracleKnowsTheMachinesNumbers(t *testing.T) {
	for call, number := range map[string]int{
		"connect": unix.SYS_CONNECT, "sendto": unix.SYS_SENDTO, "sendmsg": unix.SYS_SENDMSG, "sendmmsg": unix.SYS_SENDMMSG,
		"io_uring_setup": unix.SYS_IO_URING_SETUP, "socket": unix.SYS_SOCKET, "socketpair": unix.SYS_SOCKETPAIR,
	} {
		if got := oracles[Native()][0].native[call]; int(got) != number {
			t.Errorf("%s is %d here, the oracle says %d", call, number, got)
		}
	}
}

func TestListing(t *testing.T) {
	for name, o := range options() {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := build(t, o).WriteText(&out); err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", name+".txt")
			if *update {
				if err := os.WriteFile(golden, out.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if want, err := os.ReadFile(golden); err != nil || !bytes.Equal(out.Bytes(), want) {
				t.Errorf("the listing is not %s (-update writes it): %v\n%s", golden, err, out.Bytes())
			}
		})
	}
}

func TestBytesAreSockFilters(t *testing.T) {
	p := build(t, Options{Arch: Native()})
	if n := len(p.Bytes()); n != 8*len(p.Instructions()) || n == 0 || n > 8*MaxInstructions {
		t.Errorf("%d bytes for %d instructions", n, len(p.Instructions()))
	}
}

// The filter leaves AF_UNIX sockets to Landlock with UnixInside.
func TestUnixInsideIsNotOfTheFilter(t *testing.T) {
	for _, host := range []bool{false, true} {
		guard, inside := build(t, Options{Arch: Native(), Host: host}), build(t, Options{Arch: Native(), Unix: UnixInside, Host: host})
		if !bytes.Equal(guard.Bytes(), inside.Bytes()) {
			t.Errorf("at the host %v: another filter", host)
		}
	}
}

func TestUnknownArchitecture(t *testing.T) {
	if _, err := Build(Options{Arch: "mips"}); err == nil {
		t.Error("a filter for mips was built")
	}
}
