// The teller: says which program a process runs. Who is in a Landlock domain may not look that up itself.

#define _GNU_SOURCE
#include "launch.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

// Each question is a pid, each answer a byte and then the path, which is empty where it cannot be told.
void dv_teller(void)
{
	enum { ASKER = 0 }; // its descriptor
	char link[64], answer[1 + PATH_MAX] = {0};
	int32_t pid;
	sigset_t all;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	prctl(PR_SET_NAME, "dnsvisor-teller");
	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	while (read(ASKER, &pid, sizeof(pid)) == sizeof(pid)) {
		snprintf(link, sizeof(link), "/proc/%d/exe", (int)pid);
		ssize_t n = readlink(link, answer + 1, sizeof(answer) - 1);
		if (write(ASKER, answer, 1 + (n > 0 ? n : 0)) < 0)
			break;
	}
	_exit(0);
}
