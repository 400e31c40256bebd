// state prints what a process gets from whoever executes it: signals, limits, descriptors, environment, and so on.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv, char **envp)
{
	unsigned long mask = 0;
	char path[64], target[4096];
	struct { void *handler; unsigned long flags; void *restorer; unsigned long mask; } act;
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, 8);
	printf("blocked %lx\n", mask);
	for (int sig = 1; sig <= 64; sig++)
		if (!syscall(SYS_rt_sigaction, sig, NULL, &act, 8) && act.handler)
			printf("signal %d ignored\n", sig);
	for (int r = 0; r < RLIM_NLIMITS; r++) {
		struct rlimit l;
		if (!getrlimit(r, &l))
			printf("limit %d %lx %lx\n", r, (long)l.rlim_cur, (long)l.rlim_max);
	}
	for (int fd = 0; fd < 1024; fd++) {
		struct stat st;
		if (fstat(fd, &st) < 0)
			continue;
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		ssize_t n = readlink(path, target, sizeof(target) - 1);
		target[n < 0 ? 0 : n] = 0;
		printf("fd %d %s flags %x cloexec %d\n", fd, target, fcntl(fd, F_GETFL), fcntl(fd, F_GETFD));
	}
	mode_t mode = umask(0);
	printf("umask %o\ncwd %s\nsid %d\npgid %d\nnice %d\ntty %d\n", mode, getcwd(target, sizeof(target)), getsid(0), getpgrp(),
		getpriority(PRIO_PROCESS, 0), isatty(0));
	printf("uid %d %d gid %d %d\n", getuid(), geteuid(), getgid(), getegid());
	for (; argc > 1; argc--)
		printf("argument %s\n", *++argv);
	for (; *envp; envp++)
		printf("env %s\n", *envp);
	return 0;
}
