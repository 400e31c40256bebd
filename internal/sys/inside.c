// The Landlock domain of --unix=inside: AF_UNIX sockets that were made in the domain stay reachable from it, those of outside do not,
// by path or by abstract name (which without a network namespace of its own would reach the host's). landlock(7).

#define _GNU_SOURCE
#include "launch.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

// linux/landlock.h of Linux 7.1; the numbers are those of every architecture.
enum {
	CREATE_RULESET = 444,
	ADD_RULE = 445,
	RESTRICT_SELF = 446,
	PATH_BENEATH = 1,    // LANDLOCK_RULE_PATH_BENEATH
	REFER = 1 << 13,     // LANDLOCK_ACCESS_FS_REFER, ABI 2
	RESOLVE_UNIX = 1 << 16, // LANDLOCK_ACCESS_FS_RESOLVE_UNIX, ABI 9
	ABSTRACT_UNIX = 1 << 0, // LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET, ABI 6
};

// dv_stay_inside puts the process into a domain; no_new_privs is set. REFER is refused by every domain that does not allow it, and
// files would not move between directories any more.
int dv_stay_inside(void)
{
	struct {
		uint64_t handled_fs, handled_net, scoped;
	} domain = {REFER | RESOLVE_UNIX, 0, ABSTRACT_UNIX};
	struct {
		uint64_t allowed;
		int32_t parent;
	} __attribute__((packed)) everywhere = {REFER, open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)};
	int ruleset = (int)syscall(CREATE_RULESET, &domain, sizeof(domain), 0);
	if (everywhere.parent < 0 || ruleset < 0 || syscall(ADD_RULE, ruleset, PATH_BENEATH, &everywhere, 0) < 0 ||
	    syscall(RESTRICT_SELF, ruleset, 0) < 0)
		return -1;
	close(ruleset);
	close(everywhere.parent);
	return 0;
}
