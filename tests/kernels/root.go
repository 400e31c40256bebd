package main

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// packages are what a guest has, with all that they depend on. They are of the machine's own release, whose libraries the tests'
// clients were linked with.
var packages = []string{
	"bash", "dash", "coreutils", "grep", "sed", "mawk", "libc-bin", "mount", "busybox-static", "util-linux", "procps", "iproute2",
	"python3", "bind9-dnsutils", "curl", "bubblewrap", "dnsmasq-base", "unbound", "tcpdump", "strace", "apparmor", "libcap2-bin",
}

// needless are dependencies that only the installation of a package uses.
var needless = regexp.MustCompile(`^(perl.*|libperl.*|lib.*-perl|dpkg|debconf|usrmerge|passwd|adduser|tar|init-system-helpers|lsb-base|sysvinit-utils|media-types|base-files|libpam.*|gcc-.*-base)$`)

// omitted are directories that no test reads.
var omitted = []string{
	"usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info", "usr/share/lintian", "usr/share/bug", "usr/share/bash-completion",
	"usr/share/common-licenses", "usr/share/python3", "usr/share/perl5", "usr/share/icu", "usr/lib/python3.11/ensurepip", "var", "etc/init.d", "etc/apparmor.d", "usr/share/gdb",
}

// guestFiles are files that packages write when they are installed, or an administrator.
var guestFiles = map[string]string{
	"etc/passwd":        "root:x:0:0:root:/root:/bin/sh\nuser:x:54321:54321::/tmp:/bin/sh\ntcpdump:x:100:100::/nonexistent:/usr/sbin/nologin\nnobody:x:65534:65534::/nonexistent:/usr/sbin/nologin\n",
	"etc/group":         "root:x:0:\ntty:x:5:\nuser:x:54321:\ntcpdump:x:100:\nnogroup:x:65534:\n",
	"etc/hosts":         "127.0.0.1 localhost\n::1 localhost ip6-localhost\n",
	"etc/hostname":      "guest\n",
	"etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
	"etc/resolv.conf":   "nameserver 192.0.2.53\n",
	"etc/protocols":     "ip 0 IP\nicmp 1 ICMP\ntcp 6 TCP\nudp 17 UDP\nipv6 41 IPv6\nipv6-icmp 58 IPv6-ICMP\n",
	"etc/services":      "domain 53/tcp\ndomain 53/udp\nhttp 80/tcp\nhttps 443/tcp\n",
}

// merged are directories that are links into usr.
var merged = []string{"bin", "sbin", "lib", "lib32", "lib64", "libx32"}

// place is where the guest has a file of a package: below usr what is of the merged directories, nothing of what is omitted.
func place(name string) string {
	top, _, _ := strings.Cut(name, "/")
	if slices.Contains(merged, top) {
		name = "usr/" + name
	}
	if slices.Contains(omitted, name) {
		return ""
	}
	return name
}

// buildRoot writes the root that all guests of an architecture have: Debian's packages, the guest's init, and the directory with the
// tests, their clients and codex-dnsvisor.
func buildRoot(file, cache string, a arch, tests string) error {
	dirs, err := rootPackages(cache, a)
	if err != nil {
		return err
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer f.Close()
	c := newCPIO(f)
	for _, dir := range merged {
		err = errors.Join(err, c.entry(dir, modeLink|0o777, []byte("usr/"+dir)))
	}
	for _, dir := range []string{"dev", "proc", "sys", "run", "root", "home", "mnt", "var/tmp", "usr/lib64", "usr/lib32"} {
		err = errors.Join(err, c.entry(dir, modeDir|0o755, nil))
	}
	err = errors.Join(err, c.entry("tmp", modeDir|0o1777, nil), c.entry("init", modeFile|0o755, initScript),
		c.entry("usr/bin/awk", modeLink|0o777, []byte("mawk")))
	for name, text := range guestFiles {
		err = errors.Join(err, c.entry(name, modeFile|0o644, []byte(text)))
	}
	for _, dir := range dirs {
		err = errors.Join(err, c.tree(dir, place))
	}
	err = errors.Join(err, c.tree(tests, func(name string) string { return filepath.Join("tests", name) }))
	return errors.Join(err, c.close(), f.Close())
}

// rootPackages fetches the packages with their dependencies.
func rootPackages(cache string, a arch) ([]string, error) {
	own, _, _, err := mirrors()
	if err != nil {
		return nil, err
	}
	debian, err := open(filepath.Join(cache, "root-"+a.name), a.name, own)
	if err != nil {
		return nil, err
	}
	out, err := debian.run("apt-get", append([]string{"install", "--simulate", "--no-install-recommends"}, packages...)...)
	if err != nil {
		return nil, err
	}
	var chosen []string
	for _, found := range installed.FindAllStringSubmatch(out, -1) {
		if !needless.MatchString(found[1]) {
			chosen = append(chosen, found[1]+"="+found[2])
		}
	}
	return debian.unpack(chosen)
}

// installed is what apt says of a package that it would install.
var installed = regexp.MustCompile(`(?m)^Inst ([^ :]+)\S* \((\S+) `)
