package tests

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// program is one of the tests' own clients: glibc and musl (getaddrinfo), go and cgo (net.LookupHost), state, racer.
func program(name string) string { return filepath.Join(built, name) }

// static are the records that the clients ask for.
var static = []string{
	"--allow", "host.example", "--allow", "alias.example", "--allow", "six.example",
	"--record", "host.example. 60 IN A 192.0.2.1", "--record", "host.example. 60 IN AAAA 2001:db8::1",
	"--record", "alias.example. 60 IN CNAME host.example.", "--record", "six.example. 60 IN AAAA 2001:db8::6",
}

func withStatic(args ...string) []string { return slices.Concat(static, []string{"--"}, args) }

// TestGetaddrinfo asks in every way that programs do, of two C libraries.
func TestGetaddrinfo(t *testing.T) {
	for _, libc := range []string{"glibc", "musl"} {
		for _, family := range []string{"unspec", "inet", "inet6"} {
			for _, flags := range []string{"none", "addrconfig", "canonname", "addrconfig,canonname"} {
				t.Run(libc+"/"+family+"/"+flags, func(t *testing.T) {
					got := run(t, withStatic(program(libc), "alias.example", family, flags)...)
					lines := strings.Fields(got.stdout)
					var want []string
					if strings.Contains(flags, "canonname") {
						want = append(want, "canonical", "host.example")
					}
					if family != "inet6" {
						want = append(want, "192.0.2.1")
					}
					if family != "inet" {
						want = append(want, "2001:db8::1")
					}
					slices.Sort(lines)
					slices.Sort(want)
					if got.status != 0 || !slices.Equal(lines, want) || got.stderr != "" {
						t.Errorf("status %d, %q, %q; want %q", got.status, lines, got.stderr, want)
					}
				})
			}
		}
		t.Run(libc+"/IPv6 only", func(t *testing.T) {
			if got := run(t, withStatic(program(libc), "six.example", "unspec", "addrconfig")...); got.stdout != "2001:db8::6\n" {
				t.Errorf("%+v", got)
			}
		})
		t.Run(libc+"/denied", func(t *testing.T) {
			got := run(t, withStatic(program(libc), "other.example", "unspec", "none")...)
			if got.status != 1 || !strings.Contains(got.stdout, "ame ") || !strings.Contains(got.stderr, "--allow other.example") {
				t.Errorf("%+v", got)
			}
		})
	}
}

// TestLanguages asks through Go's two resolvers, Python and curl.
func TestLanguages(t *testing.T) {
	for _, name := range []string{"go", "cgo"} {
		t.Run(name, func(t *testing.T) {
			if got := run(t, withStatic(program(name), "alias.example")...); got.stdout != "192.0.2.1\n2001:db8::1\n" {
				t.Errorf("%+v", got)
			}
			if got := run(t, withStatic(program(name), "other.example")...); got.status != 1 || !strings.Contains(got.stdout, "no such host") {
				t.Errorf("denied: %+v", got)
			}
		})
	}
	t.Run("python", func(t *testing.T) {
		const script = "import socket; print(socket.getfqdn('alias.example'), socket.gethostbyname('alias.example')); " +
			"print(socket.getaddrinfo('alias.example', 443, flags=socket.AI_CANONNAME)[0][3])"
		got := run(t, withStatic("/usr/bin/python3", "-c", script)...)
		if got.status != 0 || !strings.Contains(got.stdout, " 192.0.2.1\nhost.example\n") {
			t.Errorf("%+v", got)
		}
	})
	t.Run("curl", func(t *testing.T) {
		got := run(t, withStatic("curl", "-sS", "--connect-timeout", "10", "http://other.example/")...)
		if got.status != 6 || !strings.Contains(got.stderr, "Could not resolve host: other.example") {
			t.Errorf("denied: %+v", got)
		}
		got = run(t, withStatic("curl", "-sS", "--connect-timeout", "10", "http://alias.example/")...)
		if got.status != 7 || strings.Contains(got.stderr, "resolve") {
			t.Errorf("resolved, not connected: %+v", got)
		}
	})
}

var resolvers = []string{"8.8.8.8", "127.0.0.53", "127.0.0.1", "::1", "2001:4860:4860::8888", "192.168.1.1"}

// TestEveryResolver asks whatever resolver a program might have been told, over UDP and TCP.
func TestEveryResolver(t *testing.T) {
	for _, resolver := range resolvers {
		for _, transport := range []string{"+notcp", "+tcp"} {
			t.Run(resolver+transport, func(t *testing.T) {
				got := run(t, withStatic("dig", transport, "+tries=1", "+time=5", "+short", "@"+resolver, "alias.example", "AAAA")...)
				if got.stdout != "host.example.\n2001:db8::1\n" {
					t.Errorf("%+v", got)
				}
				got = run(t, withStatic("dig", transport, "+tries=1", "+time=5", "@"+resolver, "other.example")...)
				if !strings.Contains(got.stdout, "status: NXDOMAIN") || !strings.Contains(got.stdout, "EDE: 15 (Blocked)") {
					t.Errorf("denied: %+v", got)
				}
			})
		}
	}
}

// TestEveryNameserverLine puts each resolver into resolv.conf, and lets each C library read it.
func TestEveryNameserverLine(t *testing.T) {
	for _, resolver := range append(resolvers, "fe80::1%eth0") {
		for _, libc := range []string{"glibc", "musl"} {
			t.Run(resolver+"/"+libc, func(t *testing.T) {
				if libc == "musl" && strings.Contains(resolver, "%") {
					// musl itself leaves out a nameserver whose interface does not exist, and asks 127.0.0.1.
					t.Log("musl asks 127.0.0.1 instead")
				}
				conf := filepath.Join(t.TempDir(), "resolv.conf")
				must(t, os.WriteFile(conf, []byte("nameserver "+resolver+"\n"), 0o644))
				got := run(t, withStatic("unshare", "--map-root-user", "--mount", "sh", "-c",
					"mount --bind "+conf+" /etc/resolv.conf && exec "+program(libc)+" alias.example unspec canonname")...)
				if got.status != 0 || !strings.HasPrefix(got.stdout, "canonical host.example\n") {
					t.Errorf("%+v", got)
				}
			})
		}
	}
}
