// What each thread of ours gives up. Capabilities and Landlock domains are of one thread, which alone can change them: each is sent a signal, whose handler
// does it. (Go's AllThreadsSyscall is not for programs with cgo; libpsx does this too, and waits for ever for a thread that does not come.)
//
// Done is done: a thread has its creator's credentials, so that one that is confined creates none that is not. So all are once some instant was seen at which
// each thread there was had done it before: see look. It is seen in time, or the caller gets an error and runs nothing.

#define _GNU_SOURCE
#include "launch.h"

#include <dirent.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
	THREADS = 16384, // Go's runtime has 10,000 at the most
	// How long we wait for somebody to come, in ms; not counted are those in which we are stopped.
	PATIENCE = 5000,
	PAUSE = 128, // the longest, after which it is looked once more
	RESTRICT_SELF = 446, // landlock_restrict_self(2), of every architecture
};

static struct dv_confinement job; // of which working says that it is written
static atomic_int working, failed_at, failed_by;
static atomic_int done[THREADS]; // threads, without gaps
static atomic_uint times;        // that one came, a futex

static int give_up(enum dv_confine_step step)
{
	failed_by = errno;
	failed_at = step;
	return -1;
}

// confine confines the calling thread. It is called by a signal handler.
static int confine(void)
{
	struct __user_cap_header_struct self = {_LINUX_CAPABILITY_VERSION_3, 0};
	if (job.domain >= 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
			return give_up(DV_CONFINE_NO_NEW_PRIVS);
		if (syscall(RESTRICT_SELF, job.domain, 0) < 0)
			return give_up(DV_CONFINE_DOMAIN);
	}
	if (job.capset && syscall(SYS_capset, &self, job.capabilities) < 0)
		return give_up(DV_CONFINE_CAPABILITIES);
	return 0;
}

static int has_done(int tid)
{
	for (int i = 0; i < THREADS && done[i]; i++)
		if (done[i] == tid)
			return 1;
	return 0;
}

static int note_done(int tid)
{
	for (int i = 0; i < THREADS; i++) {
		int none = 0;
		if (atomic_compare_exchange_strong(&done[i], &none, tid))
			return 0;
	}
	errno = E2BIG;
	return give_up(DV_CONFINE_LIST);
}

// dv_interrupted is the handler of DV_INTERRUPT. It stays: a thread may have another of these signals to come when it has done it.
void dv_interrupted(int sig)
{
	(void)sig;
	int err = errno, tid = (int)syscall(SYS_gettid);
	if (working && !has_done(tid)) {
		if (confine() == 0)
			note_done(tid);
		times++;
		syscall(SYS_futex, &times, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	}
	errno = err;
}

// look returns how many threads, beside the calling one, have not done it, and signals them; at least 1 unless it is sure.
//
// A list may lack a thread, where another has ended meanwhile. If all that are in it had done it, the kernel then counts as many threads as there are in it,
// and each of them is still there after that, it lacked none at the instant of the count.
static int look(DIR *tasks, int self)
{
	static int listed[THREADS];
	int n = 0, waits = 0, pid = getpid();
	struct stat st;
	rewinddir(tasks);
	errno = 0;
	for (struct dirent *entry; (entry = readdir(tasks)); errno = 0) {
		int tid = atoi(entry->d_name);
		if (tid == 0)
			continue;
		if (n == THREADS) {
			errno = E2BIG;
			break;
		}
		listed[n++] = tid;
		if (tid == self || has_done(tid))
			continue;
		job.waits_for = tid;
		waits++;
		if (syscall(SYS_tgkill, pid, tid, DV_INTERRUPT) < 0 && errno != ESRCH)
			return give_up(DV_CONFINE_SIGNAL);
	}
	if (errno || fstat(dirfd(tasks), &st) < 0)
		return give_up(DV_CONFINE_LIST);
	if (waits)
		return waits;
	int all = st.st_nlink == (nlink_t)n + 2; // "." and ".."
	while (n > 0)
		all = syscall(SYS_tgkill, pid, listed[--n], 0) == 0 && all;
	return all ? 0 : 1;
}

// everywhere has each thread do it, the calling one last: it creates none meanwhile, and the first kernels with Landlock's scopes let who is in a domain
// signal no thread outside of it.
static int everywhere(DIR *tasks, int self)
{
	for (int left = PATIENCE, pause = 1; left > 0;) {
		unsigned before = times, now;
		int waits = look(tasks, self);
		if (waits < 0 || failed_at)
			return -1;
		if (waits == 0)
			return confine();
		while ((now = times) - before < (unsigned)waits) {
			struct timespec time = {.tv_nsec = pause * 1000000L};
			if (syscall(SYS_futex, &times, FUTEX_WAIT_PRIVATE, now, &time, NULL, 0) < 0 && errno != EAGAIN) {
				left -= pause;
				pause = pause < PAUSE ? 2 * pause : PAUSE;
				break;
			}
		}
	}
	return give_up(DV_CONFINE_ANSWER);
}

// dv_confine confines every thread: once in a process's life. Where it fails, some may be confined.
int dv_confine(struct dv_confinement *what)
{
	DIR *tasks = opendir("/proc/self/task");
	struct sigaction before;
	job = *what;
	if (!tasks)
		give_up(DV_CONFINE_LIST);
	else if (sigaction(DV_INTERRUPT, NULL, &before) < 0 || dv_catch_interrupt(SA_RESTART) < 0)
		give_up(DV_CONFINE_SIGNAL);
	else {
		working = 1;
		everywhere(tasks, (int)syscall(SYS_gettid));
		working = 0;
		if (before.sa_handler == dv_interrupted && dv_catch_interrupt(0) < 0) // a listener's
			give_up(DV_CONFINE_SIGNAL);
	}
	if (tasks)
		closedir(tasks);
	what->failed_at = failed_at;
	what->failed_by = failed_by;
	what->waits_for = job.waits_for;
	return failed_at ? -1 : 0;
}
