//go:build clients

package clients

// client is one program with one way of looking names up.
type client struct {
	name    string
	from    string   // the packages that it comes with
	command []string // NAME and TYPE (A, or AAAA for the IPv6-only name) are filled in
	saw     string   // a pattern for the line that its user sees when a name does not resolve
	note    string   // what to know about it
}

// sh lets a command use the environment and a pipe.
func sh(script string) []string { return []string{"sh", "-c", script} }

// error is the line that the tests' own scripts print.
const scriptError = `error: .*`

func java(how string) []string {
	return []string{"java", "-XX:TieredStopAtLevel=1", "-cp", built, "Lookup", how, "NAME", "TYPE"}
}

func node(how string) []string {
	return []string{"node", program("testdata/lookup.cjs"), how, "NAME", "TYPE"}
}

func python(how string) []string {
	return []string{"/usr/bin/python3", program("testdata/lookup.py"), how, "NAME", "TYPE"}
}

// table is every client, in the order of the page.
func table() []client {
	return []client{
		{"Java InetAddress", "openjdk-17-jdk-headless", java("inet"), scriptError, ""},
		{"Java JNDI DNS", "openjdk-17-jdk-headless", java("jndi"), scriptError, ""},
		{"Node dns.lookup", "nodejs", node("lookup"), scriptError, ""},
		{"Node dns.resolve4, resolve6", "nodejs", node("resolve"), scriptError, ""},
		{"Node dns.resolve, resolveCname", "nodejs", node("resolveAny"), scriptError, ""},
		{"Node fetch", "nodejs", node("fetch"), scriptError, ""},
		{"undici fetch", "npm: undici", node("undici"), scriptError, ""},
		{"libunbound: unbound-host", "unbound-host", []string{"unbound-host", "-r", "-t", "TYPE", "NAME"}, `Host .* not found.*`, "it asks for the name that an alias leads to as well: allow both"},
		{"ldns: drill, UDP", "ldnsutils", []string{"drill", "-u", "NAME", "TYPE"}, `rcode: NXDOMAIN`, ""},
		{"ldns: drill, TCP", "ldnsutils", []string{"drill", "-t", "NAME", "TYPE"}, `rcode: NXDOMAIN`, ""},
		{"getdns: getdns_query, UDP", "getdns-utils", []string{"getdns_query", "-s", "-u", "NAME", "TYPE"}, `GETDNS_RESPSTATUS_NO_NAME`, ""},
		{"getdns: getdns_query, TCP", "getdns-utils", []string{"getdns_query", "-s", "-T", "NAME", "TYPE"}, `GETDNS_RESPSTATUS_NO_NAME`, ""},
		{"kdig, UDP", "knot-dnsutils", []string{"kdig", "+notcp", "NAME", "TYPE"}, `status: NXDOMAIN`, ""},
		{"kdig, TCP", "knot-dnsutils", []string{"kdig", "+tcp", "NAME", "TYPE"}, `status: NXDOMAIN`, ""},
		{"Python socket", "python3", python("socket"), scriptError, ""},
		{"dnspython, UDP", "python3-dnspython", python("dnspython"), scriptError, ""},
		{"dnspython, TCP", "python3-dnspython", python("dnspython-tcp"), scriptError, ""},
		{"aiodns", "python3-aiodns", python("aiodns"), scriptError, "over c-ares"},
		{"Twisted", "python3-twisted", python("twisted"), scriptError, ""},
		{"perl Net::DNS", "libnet-dns-perl", []string{"perl", program("testdata/lookup.pl"), "NAME", "TYPE"}, scriptError, ""},
		{"Ruby Resolv", "ruby", []string{"ruby", program("testdata/lookup.rb"), "NAME", "TYPE"}, scriptError, ""},
		{"PHP dns_get_record", "php-cli", []string{"php", program("testdata/lookup.php"), "records", "NAME", "TYPE"}, scriptError, ""},
		{"PHP file_get_contents", "php-cli", []string{"php", program("testdata/lookup.php"), "fetch", "NAME", "TYPE"}, scriptError, ""},
		{"Erlang inet_res", "erlang-base", []string{"escript", program("testdata/lookup.erl"), "NAME", "TYPE"}, scriptError, ""},
		{"Rust trust-dns-resolver", "librust-trust-dns-resolver-dev", []string{program("rust/release/lookup"), "NAME"}, scriptError, ""},
		{"Mono System.Net.Dns", "mono-runtime", []string{"mono", program("lookup.exe"), "NAME"}, scriptError, ""},
		{"Go net.Resolver{PreferGo}, static, no NSS", "the Go toolchain", []string{program("golang"), "NAME"}, scriptError, ""},
		{"busybox nslookup, static", "busybox-static", []string{"busybox", "nslookup", "NAME"}, `\*\* server can't find .*|nslookup: .*`, ""},
		{"busybox wget, static", "busybox-static", []string{"busybox", "wget", "-qO-", "http://NAME:8080/"}, `wget: .*`, ""},
		{"musl, static", "musl-tools", []string{program("musl"), "NAME", "unspec", "none"}, `.+`, ""},
		{"curl", "curl", []string{"curl", "-sS", "http://NAME:8080/"}, `curl: .*`, "Debian's build resolves by getaddrinfo in a thread"},
		{"git over http", "git", []string{"git", "ls-remote", "http://NAME:8080/r"}, `fatal: .*`, ""},
		{"git over git://", "git", []string{"git", "ls-remote", "git://NAME:8079/r"}, `fatal: .*`, "nobody listens at that port"},
		{"ssh", "openssh-client", []string{"ssh", "-v", "-oBatchMode=yes", "-p8079", "NAME"}, `ssh: .*`, "nobody listens at that port"},
		{"wget", "wget", []string{"wget", "-O-", "--tries=1", "http://NAME:8080/"}, `wget: .*`, ""},
		{"aria2", "aria2", sh(`rm -f out; timeout 3 aria2c --max-tries=1 --console-log-level=error -o out http://NAME:8080/; cat out`), `errorCode=19 .*`, "over c-ares"},
		{"apt", "apt", sh(aptScript), `.*Could not resolve.*|.*Temporary failure.*`, ""},
		{"npm", "npm, or Node's own", sh(`npm ping --registry http://NAME:8080/ --fetch-retries=0`), `npm (?:ERR!|error) (?:network )?request to .*`, ""},
		{"pip", "python3-pip", sh(pipScript), `.*Failed to establish a new connection: .*`, "with one retry, which does not wait; of more it waits before each"},
		{"Chromium, its own resolver", "chromium", chromium("--enable-features=AsyncDns"), `ERR_[A-Z_]+`, ""},
		{"Chromium, the system's resolver", "chromium", chromium("--disable-features=AsyncDns"), `ERR_[A-Z_]+`, ""},
		{"strace -f getent", "strace", sh(`strace -f -o /dev/null getent ahosts NAME || echo "error: status $?"`), scriptError, "strace works inside"},
		{"gdb, getent", "gdb", []string{"gdb", "-batch", "-ex", "run", "--args", "getent", "ahosts", "NAME"}, `.*exited with code .*`, "gdb works inside"},
	}
}

const aptScript = `mkdir -p a/lists/partial a/cache/archives/partial; : >>a/status
echo "deb [trusted=yes] http://NAME:8080/ ./" >a/list
apt-get -o Dir::Etc::sourcelist=$PWD/a/list -o Dir::Etc::sourceparts=- -o Dir::State=$PWD/a -o Dir::State::status=$PWD/a/status \
	-o Dir::Cache=$PWD/a/cache -o Acquire::Retries=0 -o Debug::Acquire::http=1 -o Debug::NoLocking=1 update; rm -r a/lists`

const pipScript = `pip download --no-cache-dir --disable-pip-version-check --isolated --retries 1 --no-deps --index-url http://NAME:8080/simple --trusted-host NAME nothing-of-this-name; true`

func chromium(feature string) []string {
	return []string{"chromium", "--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--user-data-dir=chromium", feature, "--dump-dom", "http://NAME:8080/"}
}
