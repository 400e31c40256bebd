// Network namespaces of one tree, each of a process that looked a name up in there.
//   crowd NAME COUNT N  then N look-ups in each, one process after another; prints how long each took, in nanoseconds.
//                       With N of 0 it prints "ready", and waits for the end of its input.
#define _GNU_SOURCE
#include <netdb.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

// member stops when it has looked up, and each time that it has been asked to again.
static void member(const char *name, long n)
{
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET)) {
		perror("unshare");
		_exit(1);
	}
	look_up(name, AF_INET);
	for (;;) {
		raise(SIGSTOP);
		for (long i = 0; i < n; i++) {
			long start = now();
			look_up(name, AF_INET);
			printf("%ld\n", now() - start);
		}
		fflush(stdout);
	}
}

static void await_stop(pid_t pid)
{
	int status;
	if (waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status))
		exit(1);
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	long count = atol(argv[2]), n = atol(argv[3]);
	pid_t *all = calloc(count, sizeof(*all));
	for (long i = 0; i < count; i++) {
		if (!(all[i] = fork()))
			member(argv[1], n);
		await_stop(all[i]);
	}
	for (long i = 0; n && i < count; i++) {
		kill(all[i], SIGCONT);
		await_stop(all[i]);
	}
	if (!n) {
		puts("ready");
		fflush(stdout);
		while (getchar() != EOF)
			;
	}
	for (long i = 0; i < count; i++)
		kill(all[i], SIGKILL), waitpid(all[i], NULL, 0);
	return 0;
}
