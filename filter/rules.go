package filter

import (
	"slices"

	seccomp "github.com/seccomp/libseccomp-golang"
	"golang.org/x/sys/unix"
)

// Unix says what becomes of AF_UNIX sockets.
type Unix uint8

// The zero value changes nothing in the filter: connects and sends by path are caught like the rest. UnixNone refuses
// socket(AF_UNIX); socketpair(2) stays. UnixInside is the kernel's own to see to, and changes nothing either.
const (
	UnixGuard Unix = iota
	UnixNone
	UnixInside
)

// rule is what happens to one system call. Without conditions it holds for every argument; several conditions must
// all hold.
type rule struct {
	call  string
	where []where
	then  seccomp.ScmpAction
	words string // the condition, for the listing; "" is always
}

// where is a condition: argument & mask == value; or, with a zero mask, argument > value.
type where struct {
	arg         uint
	mask, value uint64
}

// watched are the calls that notify, and io_uring_setup, without which programs make them.
func watched() []rule {
	notify := seccomp.ActNotify
	return []rule{
		{call: "connect", then: notify},
		{call: "sendto", where: []where{{arg: 4}}, then: notify, words: "address is not NULL"},
		{call: "sendmsg", then: notify},
		{call: "sendmmsg", then: notify},
		// Whoever loads a filter may silence what is below: see Silences.
		{call: "seccomp", where: []where{{mask: 0xffffffff, value: unix.SECCOMP_SET_MODE_FILTER}}, then: notify, words: "operation is SECCOMP_SET_MODE_FILTER"},
		{call: "prctl", where: []where{{mask: 0xffffffff, value: unix.PR_SET_SECCOMP}}, then: notify, words: "option is PR_SET_SECCOMP"},
		ring(),
	}
}

func ring() rule { return rule{call: "io_uring_setup", then: errno(unix.ENOSYS)} }

// unixSockets are the rules that UnixNone alone asks for.
func unixSockets(u Unix) []rule {
	if u != UnixNone {
		return nil
	}
	return []rule{{call: "socket", where: []where{{mask: 0xffffffff, value: unix.AF_UNIX}}, then: errno(unix.EAFNOSUPPORT), words: "family is AF_UNIX"}}
}

// caught are the rules of the machine's own ABI.
func caught(u Unix) []rule {
	rules := watched()
	// With callout data the kernel itself asks a resolver, in the initial namespaces: it runs /sbin/request-key, and
	// keys of type dns_resolver are names. request_key(2).
	rules = append(rules, rule{call: "request_key", where: []where{{arg: 2}}, then: errno(unix.ENOKEY), words: "callout_info is not NULL"})
	return slices.Concat(rules, families(u), terminal())
}

// terminal keeps a target from typing into the caller's terminal: what it leaves there, a shell outside would run.
// Linux refuses TIOCSTI itself since 6.2 where dev.tty.legacy_tiocsti is 0; TIOCLINUX pastes on a virtual console.
func terminal() []rule {
	var rules []rule
	for _, request := range []uint64{unix.TIOCSTI, tiocLinux} {
		rules = append(rules, rule{call: "ioctl", where: []where{{arg: 1, mask: 0xffffffff, value: request}}, then: errno(unix.EPERM), words: "request is TIOCSTI or TIOCLINUX"})
	}
	return rules
}

const tiocLinux = 0x541c // TIOCLINUX, asm-generic/ioctls.h

// families are the rules for socket(2): only families that a network namespace contains, and AF_UNIX.
//
// The kernel takes the family for a 32-bit int and ignores the register's upper half, and libseccomp compares half
// registers for equality only; so: each family below 64 that is refused, and each higher bit of the lower half.
func families(u Unix) []rule {
	allowed := map[uint64]bool{unix.AF_UNIX: u != UnixNone, unix.AF_INET: true, unix.AF_INET6: true, unix.AF_NETLINK: true}
	words := "family is not AF_UNIX, AF_INET, AF_INET6 or AF_NETLINK"
	if u == UnixNone {
		words = "family is not AF_INET, AF_INET6 or AF_NETLINK"
	}
	refuse := errno(unix.EAFNOSUPPORT)
	var rules []rule
	for family := range uint64(64) {
		if !allowed[family] {
			rules = append(rules, rule{call: "socket", where: []where{{mask: 0xffffffff, value: family}}, then: refuse, words: words})
		}
	}
	for bit := 6; bit < 32; bit++ {
		rules = append(rules, rule{call: "socket", where: []where{{mask: 1 << bit, value: 1 << bit}}, then: refuse, words: words})
	}
	// The kernel has other families that make pairs (AF_TIPC), and a pair speaks to nobody else; yet no program needs one.
	return append(rules, rule{call: "socketpair", where: []where{{mask: 0xffffffff, value: unix.AF_TIPC}}, then: refuse, words: "family is AF_TIPC"})
}

// socketCalls are all of them, in every ABI that has them.
var socketCalls = []string{
	"socketcall", "socket", "socketpair", "bind", "connect", "listen", "accept", "accept4", "getsockname", "getpeername",
	"sendto", "recvfrom", "send", "recv", "sendmsg", "recvmsg", "sendmmsg", "recvmmsg", "recvmmsg_time64",
	"shutdown", "setsockopt", "getsockopt",
}

// refused are the rules of a foreign ABI: no socket calls, with which it could slip past what is caught natively. Its
// request_key goes whole, since libseccomp compares only the lower halves of x32's registers.
func refused() []rule {
	var rules []rule
	for _, call := range slices.Concat(socketCalls, []string{"io_uring_setup", "request_key"}) {
		rules = append(rules, rule{call: call, then: errno(unix.ENOSYS)})
	}
	return append(rules, terminal()...)
}

func errno(e unix.Errno) seccomp.ScmpAction { return seccomp.ActErrno.SetReturnCode(int16(e)) }
