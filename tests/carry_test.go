package tests

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/carry"
)

// proxyVariables are taken from the environment that the tests themselves run in.
var proxyVariables = []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy"}

// serve is a server of connections outside: "echo" says what it hears, "count" how much it was when the client has half-closed.
const serve = `import asyncio, sys
mode = sys.argv[1]
async def client(reader, writer):
    if mode == "echo":
        while data := await reader.read(65536):
            writer.write(data)
    else:
        count = 0
        try:
            while data := await reader.read(65536):
                count += len(data)
        except OSError as e:
            return print("lost after", count, e, flush=True)
        print("heard", count, flush=True)
        writer.write(b"%d" % count)
    try:
        writer.write_eof()
        await writer.drain()
    except OSError:
        pass
    writer.close()
async def main():
    if sys.argv[2].isdigit():
        server = await asyncio.start_server(client, "127.0.0.1", int(sys.argv[2]), backlog=4096)
    else:
        server = await asyncio.start_unix_server(client, sys.argv[2])
    print("ready", flush=True)
    await server.serve_forever()
asyncio.run(main())
`

// startPython starts a server outside and returns what else it prints.
func (o *outside) startPython(mode, at string) func(text string) {
	o.t.Helper()
	must(o.t, os.WriteFile(o.path("serve.py"), []byte(serve), 0o644))
	// The limit of open files is for two thousand connections, whatever it is where the tests run.
	lines := startLines(o.t, o.enter("sh", "-c", `ulimit -n "$(ulimit -Hn)"; exec /usr/bin/python3 serve.py "$@"`, "sh", mode, at))
	await(o.t, lines, "ready")
	return func(text string) {
		o.t.Helper()
		await(o.t, lines, text)
	}
}

// start starts a service outside that listens on 127.0.0.1.
func (o *outside) start(port string, args ...string) {
	o.t.Helper()
	startLines(o.t, o.enter(args...))
	got := finish(o.t, o.enter("timeout", "50", "bash", "-c", `until exec 3<>/dev/tcp/127.0.0.1/$0; do :; done 2>/dev/null`, port))
	if got.status != 0 {
		o.t.Fatalf("%v does not listen: %+v", args, got)
	}
}

// startProxies starts a web server, with TLS on 8443 and without on 8080, and before it a tinyproxy on 3128, which lets nobody
// but localhost through, and a SOCKS proxy on 1080.
func (o *outside) startProxies() {
	o.t.Helper()
	must(o.t, os.WriteFile(o.path("page"), []byte("the page\n"), 0o644))
	must(o.t, os.WriteFile(o.path("allowlist"), []byte("^localhost$\n"), 0o644))
	must(o.t, os.WriteFile(o.path("tinyproxy.conf"), []byte(fmt.Sprintf(
		"Port 3128\nListen 127.0.0.1\nTimeout 60\nMaxClients 100\nConnectPort 8443\nFilter %q\nFilterDefaultDeny Yes\n", o.path("allowlist"))), 0o644))
	got := finish(o.t, o.enter("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost",
		"-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "cert.pem"))
	if got.status != 0 {
		o.t.Fatalf("%+v", got)
	}
	o.start("8080", "/usr/bin/python3", "-m", "http.server", "8080", "--bind", "127.0.0.1")
	o.start("8443", "openssl", "s_server", "-quiet", "-WWW", "-accept", "127.0.0.1:8443", "-cert", "cert.pem", "-key", "key.pem")
	o.start("3128", "tinyproxy", "-d", "-c", "tinyproxy.conf")
	o.start("1080", "microsocks", "-i", "127.0.0.1", "-p", "1080")
}

// runIn runs codex-dnsvisor in the namespace with no proxy variables but the given ones.
func (o *outside) runIn(env []string, args ...string) result {
	o.t.Helper()
	line := []string{"env"}
	for _, name := range proxyVariables {
		line = append(line, "-u", name)
	}
	return finish(o.t, o.enter(slices.Concat(line, env, []string{binary}, args)...))
}

// The proxies on loopback that the environment names are reached, and decide.
func TestForwardedProxies(t *testing.T) {
	o := newOutside(t)
	o.startProxies()
	const web, tls = "http://localhost:8080/page", "https://localhost:8443/page"
	for _, tt := range []struct{ variable, url string }{
		{"http_proxy=http://127.0.0.1:3128", web},
		{"HTTPS_PROXY=http://127.0.0.1:3128", tls},
		{"https_proxy=http://localhost:3128/", tls},
		{"ALL_PROXY=http://localhost:3128", tls},
		{"all_proxy=127.0.0.1:3128", web},
		{"ALL_PROXY=socks5h://localhost:1080", tls},
		{"all_proxy=socks5://127.0.0.1:1080", web},
	} {
		t.Run(tt.variable, func(t *testing.T) {
			got := o.runIn([]string{tt.variable}, "--", "curl", "-sS", "--cacert", "cert.pem", tt.url)
			if got != (result{0, "the page\n", ""}) {
				t.Errorf("%+v", got)
			}
		})
	}
	t.Run("HTTP_PROXY", func(t *testing.T) { // which curl does not read
		fetch := `import urllib.request; print(urllib.request.urlopen("` + web + `").read().decode(), end="")`
		if got := o.runIn([]string{"HTTP_PROXY=http://127.0.0.1:3128"}, "--", "/usr/bin/python3", "-c", fetch); got != (result{0, "the page\n", ""}) {
			t.Errorf("%+v", got)
		}
	})
	t.Run("denied by the proxy", func(t *testing.T) {
		code := []string{"--", "curl", "-sS", "-o", "/dev/null", "-w", "%{http_code} %{http_connect}"}
		got := o.runIn([]string{"http_proxy=http://127.0.0.1:3128"}, append(code, "http://other.test:8080/page")...)
		if got != (result{0, "403 000", ""}) {
			t.Errorf("%+v", got)
		}
		got = o.runIn([]string{"https_proxy=http://127.0.0.1:3128"}, append(code, "https://other.test:8443/page")...)
		if got.stdout != "000 403" {
			t.Errorf("%+v", got)
		}
	})
	t.Run("none", func(t *testing.T) {
		got := o.runIn([]string{"https_proxy=http://127.0.0.1:3128"}, "--forward", "none", "--", "sh", "-c", `echo $https_proxy; curl -sS `+tls)
		if got.status != 7 || got.stdout != "http://127.0.0.1:3128\n" {
			t.Errorf("%+v", got)
		}
	})
	t.Run("beside a named forward", func(t *testing.T) {
		got := o.runIn([]string{"https_proxy=http://127.0.0.1:3128"}, "--forward", "88:8080", "--", "curl", "-sS", "--cacert", "cert.pem", "http://127.0.0.1:88/page", tls)
		if got != (result{0, "the page\nthe page\n", ""}) {
			t.Errorf("%+v", got)
		}
	})
}

// A NO_PROXY that leads past the proxy is told of where the name is allowed: it resolves, and cannot be reached.
func TestForwardWarnsOfNoProxy(t *testing.T) {
	o := newOutside(t)
	const proxy = "https_proxy=http://127.0.0.1:3128"
	for _, tt := range []struct {
		env  []string
		args []string
		want string
	}{
		{[]string{proxy, "NO_PROXY=localhost,.corp.test"}, []string{"--allow", "a.corp.test"}, "corp.test (a.corp.test)"},
		{[]string{proxy, "no_proxy=a.corp.test"}, []string{"--allow", "**.corp.test"}, "a.corp.test (a.corp.test)"},
		{[]string{proxy, "no_proxy=*"}, []string{"--allow", "*.corp.test"}, "* (*.corp.test)"},
		{[]string{proxy, "no_proxy=corp.test"}, []string{"--allow", "x.test"}, ""},
		{[]string{proxy, "no_proxy=corp.test"}, []string{"--allow", "notcorp.test"}, ""},
		{[]string{proxy, "no_proxy=corp.test"}, []string{"--allow", "a.corp.test", "--quiet"}, ""},
		{[]string{proxy, "no_proxy=corp.test"}, []string{"--allow", "a.corp.test", "--forward", "none"}, ""},
		{[]string{"no_proxy=corp.test"}, []string{"--allow", "a.corp.test"}, ""},
		{[]string{proxy, "no_proxy=127.0.0.1,10.0.0.0/8"}, []string{"--allow", "**"}, ""},
	} {
		got := o.runIn(tt.env, append(slices.Clone(tt.args), "--", "true")...)
		if tt.want == "" && got.stderr != "" || !strings.Contains(got.stderr, tt.want) || got.status != 0 {
			t.Errorf("%v %v: %+v", tt.env, tt.args, got)
		}
	}
}

// reached says what connecting to each address gives, and listening on the last two.
const reached = `import errno, socket
def attempt(name, call):
    try:
        call()
        print(name, "ok")
    except OSError as e:
        print(name, errno.errorcode[e.errno])
for host, port in [("127.0.0.1", 7000), ("::1", 7000), ("127.0.0.1", 7001), ("127.0.0.2", 7000), ("192.0.0.8", 7000), ("100::8", 7000)]:
    attempt("connect %s %d" % (host, port), lambda: socket.create_connection((host, port)))
for port in 7000, 7001:
    attempt("listen %d" % port, lambda: socket.create_server(("127.0.0.1", port)))
`

// Only what is named is reachable, and its port is taken.
func TestForwardOpensNothingElse(t *testing.T) {
	o := newOutside(t)
	o.startPython("echo", "7000")
	o.startPython("echo", "7001")
	got := o.runIn(nil, "--forward", "7000", "--", "/usr/bin/python3", "-c", reached)
	const want = `connect 127.0.0.1 7000 ok
connect ::1 7000 ok
connect 127.0.0.1 7001 ECONNREFUSED
connect 127.0.0.2 7000 ECONNREFUSED
connect 192.0.0.8 7000 ECONNREFUSED
connect 100::8 7000 ECONNREFUSED
listen 7000 EADDRINUSE
listen 7001 ok
`
	if got.stdout != want || got.stderr != "" {
		t.Errorf("%+v", got)
	}
}

// half half-closes, and prints what comes then.
const half = `import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.sendall(b"x" * int(sys.argv[2]))
s.shutdown(socket.SHUT_WR)
print(s.makefile().read())
`

// Half-closing tells the server that the question is whole, over TCP and to a socket of AF_UNIX.
func TestForwardHalfCloses(t *testing.T) {
	o := newOutside(t)
	o.startPython("count", "7000")
	o.startPython("count", o.path("count.sock"))
	for _, size := range []string{"0", "1", "16384", "50000000"} {
		for _, port := range []string{"7000", "7001"} {
			got := o.runIn(nil, "--forward", "7000", "--forward", "7001:unix:"+o.path("count.sock"), "--", "/usr/bin/python3", "-c", half, port, size)
			if got != (result{0, size + "\n", ""}) {
				t.Errorf("port %s: %+v", port, got)
			}
		}
	}
}

// many opens connections, so many in all and so many at once, and then speaks on each of these.
const many = `import os, resource, socket, sys
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
left, most = map(int, sys.argv[1:])
right = 0
while left > 0:
    all = [socket.create_connection(("127.0.0.1", 7000)) for i in range(min(left, most))]
    for i, s in enumerate(all):
        s.sendall(b"%06d" % i)
    right += sum(s.recv(6, socket.MSG_WAITALL) == b"%06d" % i for i, s in enumerate(all))
    for s in all:
        s.close()
    left -= len(all)
print(right, os.getpid())
`

// Thousands of connections are carried at once, as many as files may be open for, and each is a line of the log that names its process.
func TestForwardsManyAtOnce(t *testing.T) {
	connections := 2000
	if long() {
		connections = carry.MaxConnections
	}
	var files unix.Rlimit
	must(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &files))
	atOnce := min(connections, (int(files.Max)*4/5-64)/2)
	t.Logf("%d connections, %d at once", connections, atOnce)
	o := newOutside(t)
	o.startPython("echo", "7000")
	got := o.runIn(nil, "--forward", "7000", "--audit", o.path("log"), "--", "/usr/bin/python3", "-c", many, strconv.Itoa(connections), strconv.Itoa(atOnce))
	var count, pid int
	if _, err := fmt.Sscan(got.stdout, &count, &pid); err != nil || count != connections || got.stderr != "" {
		t.Fatalf("%+v", got)
	}
	events, clients := o.events("log"), map[any]bool{}
	for _, e := range events {
		if !matches(e, map[string]any{"event.name": "codex.dns.forward", "process.pid": float64(pid), "client.bytes": 6.0, "server.bytes": 6.0}) {
			t.Fatalf("%v", e)
		}
		clients[e["client.address"]] = true
	}
	if len(events) != connections || len(clients) < atOnce {
		t.Errorf("%d lines, %d clients", len(events), len(clients))
	}
}

// events reads a log.
func (o *outside) events(name string) []map[string]any {
	o.t.Helper()
	return logged(o.t, o.path(name))
}

// Each connection is a line, with what it led to and why it led nowhere.
func TestForwardIsAudited(t *testing.T) {
	o := newOutside(t)
	o.startPython("count", "7000")
	o.startPython("count", o.path("count.sock"))
	script := `for port in 7001 7002 7003; do /usr/bin/python3 -c "$0" $port 5; done; exec true`
	got := o.runIn([]string{"ALL_PROXY=http://127.0.0.1:7003"}, "--forward", "7001:7000", "--forward", "7002:unix:"+o.path("count.sock"),
		"--audit", o.path("log"), "--", "sh", "-c", script, half)
	if got.stdout != "5\n5\n" || strings.Count(got.stderr, "127.0.0.1:7003 inside leads nowhere: dial tcp 127.0.0.1:7003: connect: connection refused") != 1 {
		t.Errorf("%+v", got)
	}
	events := o.events("log")
	if len(events) != 3 {
		t.Fatalf("%v", events)
	}
	for i, want := range []map[string]any{
		{"server.port": 7001.0, "network.peer.address": "127.0.0.1", "network.peer.port": 7000.0, "network.policy.rule": "7001:7000", "client.bytes": 5.0, "server.bytes": 1.0},
		{"server.port": 7002.0, "network.peer.address": o.path("count.sock"), "network.peer.port": nil, "client.bytes": 5.0, "server.bytes": 1.0},
		{"server.port": 7003.0, "network.policy.rule": "ALL_PROXY", "error.type": "ECONNREFUSED", "client.bytes": nil, "server.bytes": nil},
	} {
		want["event.name"], want["server.address"], want["network.transport.protocol"] = "codex.dns.forward", "127.0.0.1", "tcp"
		want["network.policy.scope"], want["network.policy.decision"] = "non_domain", "allow"
		if !matches(events[i], want) {
			t.Errorf("%v\nwants %v", events[i], want)
		}
		if exe, _ := events[i]["process.executable.path"].(string); !strings.Contains(exe, "/python3") || events[i]["process.pid"] == nil || events[i]["duration_us"] == nil {
			t.Errorf("%v", events[i])
		}
	}
}

// While a connection's line cannot be written, no other is carried.
func TestForwardNeedsItsLog(t *testing.T) {
	o := newOutside(t)
	o.startPython("count", "7000")
	script := `/usr/bin/python3 -c "$0" 7000 5; /usr/bin/python3 -c "$0" 7000 5`
	full := `ulimit -f 2; exec "$0" "$@"` // room for the first line of the session, and not for two
	got := finish(t, o.enter("sh", "-c", full, binary, "--forward", "7000", "--audit", o.path("log"), "--", "sh", "-c", script, half))
	if got.stdout != "5\n" || got.status == 0 || strings.Count(got.stderr, "file too large") < 1 {
		t.Errorf("%+v", got)
	}
}

// What was sent just before the end of the command still arrives, and what idles does not keep the run.
func TestForwardEndsWithTheTree(t *testing.T) {
	o := newOutside(t)
	heard := o.startPython("count", "7000")
	last := `import os, socket
for i in range(20):
    s = socket.create_connection(("127.0.0.1", 7000))
    s.sendall(b"x" * 1000000)
    if i < 19: s.close()
os._exit(0)`
	for range 5 {
		if got := o.runIn(nil, "--forward", "7000", "--", "/usr/bin/python3", "-c", last); got != (result{}) {
			t.Errorf("%+v", got)
		}
		for range 20 {
			heard("heard 1000000\n")
		}
	}
	t.Run("while others still use it", func(t *testing.T) {
		idle := `mkfifo fifo; (exec 3<>/dev/tcp/127.0.0.1/7000; echo >fifo; exec sleep 1000) & read <fifo; exit 3`
		if got := o.runIn(nil, "--forward", "7000", "--audit", o.path("log"), "--", "bash", "-c", idle); got.status != 3 {
			t.Errorf("%+v", got)
		}
		heard("heard 0\n")
		if events := o.events("log"); len(events) != 1 {
			t.Errorf("%v", events)
		}
	})
}
