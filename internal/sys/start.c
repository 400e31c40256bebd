// The constructor: what runs before the Go runtime. It notes how the process was started, since the runtime
// loses an inherited ignored SIGPIPE, raises RLIMIT_NOFILE and opens /dev/null in place of closed standard
// descriptors; and it turns the process into a keeper where it was started as one.

#define _GNU_SOURCE
#include "launch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef __GLIBC__
#error "the constructor relies on glibc passing argc, argv and envp to it"
#endif

struct dv_start dv_started;

static void note_signals(void)
{
	for (int sig = 1; sig <= 64; sig++) {
		struct dv_sigaction act;
		if (syscall(SYS_rt_sigaction, sig, NULL, &act, sizeof(act.mask)) == 0 && act.handler == (void *)SIG_IGN)
			dv_started.sig_ignored |= UINT64_C(1) << (sig - 1);
	}
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &dv_started.sig_mask, sizeof(dv_started.sig_mask));
}

static void add(int **list, int *n, int value)
{
	if ((*n & (*n - 1)) == 0) { // 0 and every power of two
		int *more = realloc(*list, (*n ? 2 * *n : 1) * sizeof(*more));
		if (!more)
			abort();
		*list = more;
	}
	(*list)[(*n)++] = value;
}

// note_descriptors says whether it could list them.
static int note_descriptors(void)
{
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			dv_started.closed |= 1u << fd;
	DIR *dir = opendir("/proc/self/fd");
	if (!dir)
		return 0; // without /proc nothing starts: the supervisor says so
	for (struct dirent *entry; (entry = readdir(dir));) {
		char *end;
		long fd = strtol(entry->d_name, &end, 10);
		if (*end || end == entry->d_name || fd < 3 || fd == dirfd(dir))
			continue;
		add(&dv_started.fds, &dv_started.nfds, (int)fd);
	}
	closedir(dir);
	return 1;
}

// A shell that execs us for its last command leaves us its jobs.
static void note_children(void)
{
	FILE *list = fopen("/proc/thread-self/children", "re");
	int pid;
	if (!list)
		return;
	while (fscanf(list, "%d", &pid) == 1)
		add(&dv_started.children, &dv_started.nchildren, pid);
	fclose(list);
}

// A thread's stack is 8 MiB, of which Go uses some KiB: a dozen of them are more than a machine may have to give that promises no
// more memory than it has (vm.overcommit_memory=2).
static void spare_stacks(void)
{
	pthread_attr_t attr;
	if (pthread_attr_init(&attr) == 0 && pthread_attr_setstacksize(&attr, DV_THREAD_STACK) == 0)
		pthread_setattr_default_np(&attr);
}

// dv_catch_interrupt installs a handler. Without SA_RESTART, which all of the Go runtime's have, it ends RECV: Linux 6.6 to 6.10 would begin it anew.
int dv_catch_interrupt(int flags)
{
	struct sigaction act = {.sa_handler = dv_interrupted, .sa_flags = SA_ONSTACK | flags};
	sigfillset(&act.sa_mask);
	return sigaction(DV_INTERRUPT, &act, NULL);
}

__attribute__((constructor)) static void dv_constructor(int argc, char **argv, char **envp)
{
	if (argc == 1 && strcmp(argv[0], DV_TELLER_NAME) == 0)
		dv_teller();
	if (argc > 3 && (strcmp(argv[0], DV_KEEPER_NAME) == 0 || strcmp(argv[0], DV_KEEPER_HERE_NAME) == 0)) {
		fcntl(atoi(argv[1]), F_SETFD, FD_CLOEXEC);
		fcntl(atoi(argv[2]), F_SETFD, FD_CLOEXEC);
		dv_keeper(atoi(argv[1]), atoi(argv[2]), strcmp(argv[0], DV_KEEPER_HERE_NAME) == 0, argv + 3);
	}
	struct rlimit nofile;
	if (getrlimit(RLIMIT_NOFILE, &nofile) == 0) {
		dv_started.nofile_cur = nofile.rlim_cur;
		dv_started.nofile_max = nofile.rlim_max;
	}
	int listed = note_descriptors();
	note_children();
	if (listed && !dv_started.closed) // else a socket of ours would have a standard descriptor's number
		dv_start_early(argc, argv);
	spare_stacks();
	// Else glibc maps an arena of its own for each thread of the Go runtime, which allocates hardly anything in C.
	mallopt(M_ARENA_MAX, 1);
	note_signals();
	dv_started.environ = envp;
}
