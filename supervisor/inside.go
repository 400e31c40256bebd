package supervisor

import (
	"os"
	"strconv"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// inside tells sockets of the wall's namespace, which the stub and the command's process are in, from those of
// namespaces that the tree makes. Before Linux 5.14, where a socket does not tell, its thread's namespace stands for it.
func inside(stub *sys.Stub, pid int) func(fd, tid int) bool {
	if ours, errno := stub.Cookie(); errno == 0 {
		return func(fd, _ int) bool {
			cookie, errno := sys.NetworkCookie(fd)
			return errno == 0 && cookie == ours
		}
	}
	ours := network(pid)
	return func(_, tid int) bool { return ours != "" && network(tid) == ours }
}

// network names a thread's network namespace; "" where it cannot be seen.
func network(tid int) string {
	name, err := os.Readlink("/proc/" + strconv.Itoa(tid) + "/ns/net")
	if err != nil {
		return ""
	}
	return name
}
