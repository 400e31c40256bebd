package supervisor

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/landlock-lsm/go-landlock/landlock"
	ll "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
	"github.com/codex-dnsvisor/codex-dnsvisor/filter"
	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// serviceReads are directories whose files a forwarder may read, beside those of its policy: resolv.conf and authorities of
// certificates, which others change while it runs; who asks; time zones.
var serviceReads = []string{
	"/etc", "/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager", "/run/connman", // where resolv.conf may be a link to
	"/usr/share/ca-certificates", "/usr/local/share/ca-certificates", "/usr/share/pki", "/var/lib/ca-certificates", "/proc", "/usr/share/zoneinfo",
}

// ConfineService gives up what a forwarder at a door does not need any more: see Config.confine. files are those that it follows.
//
// As far as the kernel has Landlock, it reads no file but in those files' directories and in serviceReads, writes none, but where its log is
// rotated, removes its own socket and nothing elsewhere, listens at no TCP port (since Linux 6.7) and signals nobody (6.12). Which addresses and sockets it
// connects to is left to the policy, which may name others tomorrow.
func ConfineService(at Door, files []string, lines *audit.Log) error {
	domain, err := ruleset(at, files, lines)
	if err != nil {
		return fmt.Errorf("confine ourselves: %w", err)
	}
	defer domain.Close()
	return confine(filter.Own{Arch: filter.Native(), Serves: true, Rotates: lines.Rotates() != ""}, sys.Confinement{Capabilities: overFiles, Domain: domain})
}

// ruleset is what a forwarder's Landlock domain allows; nil: the kernel has no Landlock.
func ruleset(at Door, files []string, lines *audit.Log) (*os.File, error) {
	const fs = ll.AccessFSExecute | ll.AccessFSWriteFile | ll.AccessFSReadFile | ll.AccessFSReadDir | ll.AccessFSRemoveDir | ll.AccessFSRemoveFile |
		ll.AccessFSMakeChar | ll.AccessFSMakeDir | ll.AccessFSMakeReg | ll.AccessFSMakeSock | ll.AccessFSMakeFifo | ll.AccessFSMakeBlock | ll.AccessFSMakeSym |
		ll.AccessFSRefer | ll.AccessFSTruncate | ll.AccessFSIoctlDev
	usable := sys.UsableLandlock()
	if !usable.Files {
		return nil, nil
	}
	domain := landlock.Config{HandledAccessFS: fs}
	if usable.Net {
		domain.HandledAccessNet = ll.AccessNetBindTCP
	}
	if usable.Scope {
		domain.Scoped = ll.ScopeAbstractUnixSocket | ll.ScopeSignal
	}
	rules := []landlock.Rule{
		landlock.PathAccess(ll.AccessFSReadFile|ll.AccessFSReadDir, readable(files)...).IgnoreIfMissing(),
		landlock.PathAccess(ll.AccessFSRemoveFile, filepath.Dir(at.Path)),
	}
	if dir := lines.Rotates(); dir != "" {
		rules = append(rules, landlock.PathAccess(ll.AccessFSWriteFile|ll.AccessFSMakeReg|ll.AccessFSRemoveFile, dir))
	}
	// Its Restrict would wait for ever for a thread that does not come. Flags are of what the kernel logs; we ask for none.
	fd, _, err := domain.BestEffort().NewRulesetFD(rules...) // for rights over files that it has learnt later
	if err == nil && fd < 0 {                                // it found nothing to enforce, where the kernel has just said that it does
		err = unix.ENOSYS
	}
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), "ruleset"), nil
}

// readable are the directories of serviceReads and of files, of what these lead to by symbolic links, and of certificates that the
// environment names.
func readable(files []string) []string {
	dirs := slices.Clone(serviceReads)
	if dir := os.Getenv("SSL_CERT_DIR"); dir != "" {
		dirs = append(dirs, filepath.SplitList(dir)...)
	}
	for _, file := range append(slices.Clone(files), os.Getenv("SSL_CERT_FILE"), "/etc/resolv.conf") {
		if file == "" {
			continue
		}
		dirs = append(dirs, filepath.Dir(file))
		if target, err := filepath.EvalSymlinks(file); err == nil {
			dirs = append(dirs, filepath.Dir(target))
		}
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}
