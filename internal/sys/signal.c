// Signals to ourselves, past the Go runtime's handlers, and the threads that they are for.

#define _GNU_SOURCE
#include "launch.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

void dv_take(int sig)
{
	struct dv_sigaction before, plain = {0};
	uint64_t mask, one = UINT64_C(1) << (sig - 1);
	syscall(SYS_rt_sigaction, sig, &plain, &before, sizeof(mask));
	syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, &one, &mask, sizeof(mask));
	syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), sig); // taken before the call returns
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof(mask));
	syscall(SYS_rt_sigaction, sig, &before, NULL, sizeof(mask));
}

// dv_tid asks the kernel once for each thread.
int dv_tid(void)
{
	static _Thread_local int tid;
	return tid ? tid : (tid = (int)syscall(SYS_gettid));
}
