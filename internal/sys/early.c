// A run's keeper and command, started by the constructor: making namespaces takes as long as starting Go, so both are done at once.
// What has been started in vain, since the command line is no run's or means another command, ends when its sockets are closed.

#define _GNU_SOURCE
#include "launch.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// Defined by the package early, in programs that have it.
extern const int dv_starts_early __attribute__((weak));

// command_of returns the command of a run with a network of its own; NULL where it has none, or where that cannot be told so simply.
static char **command_of(int argc, char **argv)
{
	if (argc > 1 && argv[1][0] != '-' && strcmp(argv[1], "run") != 0)
		return NULL; // another subcommand
	for (int i = 1; i + 1 < argc; i++) {
		if (strcmp(argv[i], "--") == 0)
			return argv + i + 1;
		if (strncmp(argv[i], "--net", strlen("--net")) == 0)
			return NULL;
	}
	return NULL;
}

void dv_start_early(int argc, char **argv)
{
	int events[2], launch[2];
	char **command = &dv_starts_early ? command_of(argc, argv) : NULL;
	if (!command || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, events) < 0)
		return;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, launch) < 0) {
		close(events[0]);
		close(events[1]);
		return;
	}
	pid_t keeper = fork();
	if (keeper == 0) {
		close(events[0]);
		close(launch[0]);
		dv_keeper(events[1], launch[1], 0, command);
	}
	close(events[1]);
	close(launch[1]);
	if (keeper < 0) { // Go tries once more, and says why not
		close(events[0]);
		close(launch[0]);
		return;
	}
	dv_started.early = (struct dv_early){keeper, events[0], launch[0], command};
}
