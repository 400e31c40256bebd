// Threads that the kernel does not give: the Go runtime would end with a trace of itself.

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

// The runtime tries so often, with pauses (gcc_libinit.c in runtime/cgo).
enum { ENOUGH = 20 };

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *), void *arg);

// The keeper ends the tree when this process ends.
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *), void *arg)
{
	static atomic_int failures;
	int err = __real_pthread_create(thread, attr, start, arg);
	if (err != EAGAIN) {
		failures = 0;
		return err;
	}
	if (++failures < ENOUGH)
		return err;
	dprintf(2, "error: start a thread: resource temporarily unavailable\n"
		   "hint: no more processes may be started: raise ulimit -u, or the pids.max of the cgroup (TasksMax of a systemd unit)\n");
	_exit(125);
}
