// The command, from the keeper's fork to its exec.

#define _GNU_SOURCE
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SECCOMP_SET_MODE_FILTER
#define SECCOMP_SET_MODE_FILTER 1
#endif

static int supervisor = -1; // the launch socket

static void fail(enum dv_stage stage, int err)
{
	dv_say(supervisor, DV_MSG_FAILED, stage, err);
	_exit(125);
}

static void await_go(void)
{
	struct dv_message message;
	if (dv_hear(supervisor, &message) < 0 || message.kind != DV_MSG_GO)
		_exit(125); // the supervisor is gone or gave up, and has said why
}

// A process that gains capabilities stops being dumpable, and its /proc files belong to root: the keeper could
// not write the maps, nor the supervisor take descriptors.
static void unshare_user(enum dv_stage stage)
{
	if (unshare(CLONE_NEWUSER) < 0 || prctl(PR_SET_DUMPABLE, 1) < 0)
		fail(stage, errno);
}

static void enter_user(int keeper)
{
	unshare_user(DV_STAGE_USERNS);
	if (dv_say(keeper, DV_MSG_GO, 0, 0) < 0)
		_exit(125);
}

static int reads(const char *path, char digit)
{
	char first = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (read(fd, &first, 1) != 1)
		first = 0;
	close(fd);
	return first == digit;
}

// Where user namespaces are root's alone (Debian's switch and Ubuntu's), the first one's root may make no other.
static int nesting_is_refused(void)
{
	return geteuid() == 0 && (reads("/proc/sys/kernel/unprivileged_userns_clone", '0') ||
				  reads("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", '1'));
}

static void await_maps(int keeper)
{
	struct dv_message mapped;
	if (dv_hear(keeper, &mapped) < 0)
		_exit(125);
	if (mapped.detail)
		fail(DV_STAGE_MAP, mapped.detail);
	close(keeper);
}

// send_sockets says a message with sockets, and closes them.
static void send_sockets(struct dv_message *message, const int *fds, int count)
{
	union {
		char bytes[CMSG_SPACE(DV_MAX_STREAMS * sizeof(int))];
		struct cmsghdr align;
	} control = {0};
	struct iovec data = {message, sizeof(*message)};
	struct msghdr header = {.msg_iov = &data, .msg_iovlen = 1};
	if (count) {
		header.msg_control = control.bytes;
		header.msg_controllen = CMSG_SPACE(count * sizeof(int));
		struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(rights), fds, count * sizeof(int));
	}
	if (sendmsg(supervisor, &header, 0) < 0)
		fail(DV_STAGE_SOCKETS, errno);
	while (count)
		close(fds[--count]);
}

// The sockets of the wall: whoever makes a socket fixes its network namespace, so the supervisor outside can
// bind, route and answer through these. Bit i of the message's value says that socket i exists.
void dv_hand_over_sockets(int to)
{
	supervisor = to;
	static const int kinds[DV_WALL_SOCKETS][3] = {
		{AF_NETLINK, SOCK_RAW, NETLINK_ROUTE},
		{AF_INET6, SOCK_DGRAM, 0},
		{AF_INET6, SOCK_STREAM, 0},
		{AF_INET, SOCK_DGRAM, 0},
		{AF_INET, SOCK_STREAM, 0},
	};
	int fds[DV_WALL_SOCKETS], count = 0;
	struct dv_message message = {DV_MSG_SOCKETS, 0, 0};
	for (int i = 0; i < DV_WALL_SOCKETS; i++) {
		int fd = socket(kinds[i][0], kinds[i][1] | SOCK_CLOEXEC | SOCK_NONBLOCK, kinds[i][2]);
		if (fd < 0 && kinds[i][0] == AF_INET6)
			continue; // a kernel without IPv6
		if (fd < 0)
			fail(DV_STAGE_SOCKETS, errno);
		message.value |= 1 << i;
		fds[count++] = fd;
	}
	send_sockets(&message, fds, count);
}

// More stream sockets, for listeners of the supervisor's inside. Those of IPv6 are left out by a kernel without it.
static void hand_over_streams(const struct dv_config *config)
{
	int fds[DV_MAX_STREAMS], count = 0, wanted = (int)(config->streams4 + config->streams6);
	struct dv_message message = {DV_MSG_STREAMS, (int32_t)config->streams4, 0};
	if (wanted == 0)
		return;
	while (count < wanted) {
		int family = count < message.value ? AF_INET : AF_INET6;
		int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (fd < 0 && family == AF_INET6 && errno == EAFNOSUPPORT)
			break;
		if (fd < 0)
			fail(DV_STAGE_SOCKETS, errno);
		fds[count++] = fd;
	}
	send_sockets(&message, fds, count);
}

// A map of many ids can be written only from the parent namespace, so a child stays behind in it and writes.
static void nest_user(const struct dv_config *config)
{
	int pair[2], status;
	char byte = 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		fail(DV_STAGE_NESTED_USERNS, errno);
	pid_t self = getpid(), writer = fork();
	if (writer < 0)
		fail(DV_STAGE_NESTED_USERNS, errno);
	if (writer == 0) {
		close(pair[1]);
		if (read(pair[0], &byte, 1) != 1)
			_exit(EPIPE);
		_exit(dv_write_maps(self, config));
	}
	close(pair[0]);
	unshare_user(DV_STAGE_NESTED_USERNS);
	if (write(pair[1], &byte, 1) != 1 || waitpid(writer, &status, 0) != writer)
		fail(DV_STAGE_NESTED_MAP, errno);
	close(pair[1]);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		fail(DV_STAGE_NESTED_MAP, WIFEXITED(status) ? WEXITSTATUS(status) : EIO);
}

// The bounding set stays: without it a program with file capabilities fails at its exec, and no_new_privs
// already keeps it from gaining them.
static void drop_capabilities(void)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct none[2] = {{0}};
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 || syscall(SYS_capset, &header, none) < 0)
		fail(DV_STAGE_CAPS, errno);
}

// restore gives the command the process state that the caller gave us.
static void restore(const struct dv_config *config)
{
	struct rlimit nofile = {config->nofile_cur, config->nofile_max};
	if (setrlimit(RLIMIT_NOFILE, &nofile) < 0)
		fail(DV_STAGE_RESTORE, errno);
	for (int sig = 1; sig <= 64; sig++) {
		struct dv_sigaction act = {0};
		if (config->sig_ignored & (UINT64_C(1) << (sig - 1)))
			act.handler = (void *)SIG_IGN;
		syscall(SYS_rt_sigaction, sig, &act, NULL, sizeof(act.mask)); // SIGKILL and SIGSTOP refuse
	}
	for (int fd = 0; fd < 3; fd++)
		if (config->closed & (1u << fd))
			close(fd);
	if (syscall(SYS_rt_sigprocmask, SIG_SETMASK, &config->sig_mask, NULL, sizeof(config->sig_mask)) < 0)
		fail(DV_STAGE_RESTORE, errno);
}

// The courier sends the listener where the supervisor cannot take it. It shares our descriptors, and was made before the filter was
// loaded: our own sendmsg would be caught, and wait for a supervisor who has no listener yet.
struct courier {
	pid_t pid; // 0: there is none
	int tell;  // a pipe, for the number of the listener
};

static struct courier hire_courier(const struct dv_config *config)
{
	struct courier courier = {0};
	int pipe[2], listener;
	if (!(config->flags & DV_SEND_LISTENER))
		return courier;
	pid_t self = getpid();
	if (pipe2(pipe, O_CLOEXEC) < 0)
		fail(DV_STAGE_FORK, errno);
	courier.tell = pipe[1];
	courier.pid = (pid_t)syscall(SYS_clone, CLONE_FILES, NULL, NULL, NULL, NULL); // a fork, but for its descriptors; no signal at its end
	if (courier.pid < 0)
		fail(DV_STAGE_FORK, errno);
	if (courier.pid > 0)
		return courier;
	// The pipe has no end as long as we have both of its own.
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != self || read(pipe[0], &listener, sizeof(listener)) != sizeof(listener))
		_exit(125);
	struct dv_message message = {DV_MSG_LISTENER, listener, 0};
	send_sockets(&message, &listener, 1);
	close(pipe[0]);
	close(pipe[1]);
	_exit(0);
}

// tell_listener tells the supervisor of the listener, and leaves nothing of it here once that has gone on.
static void tell_listener(const struct courier *courier, int listener)
{
	int status;
	if (!courier->pid) {
		dv_say(supervisor, DV_MSG_LISTENER, listener, 0);
		await_go(); // it has been taken
		close(listener);
		return;
	}
	if (write(courier->tell, &listener, sizeof(listener)) != sizeof(listener) || waitpid(courier->pid, &status, __WALL) != courier->pid)
		fail(DV_STAGE_FORK, errno);
	if (status)
		fail(DV_STAGE_SECCOMP, ECHILD); // it was killed
	await_go();
}

static int load_filter(const struct dv_config *config)
{
	struct {
		unsigned short len;
		const struct dv_insn *filter;
	} program = {(unsigned short)config->filter_len, config->filter};
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		fail(DV_STAGE_NO_NEW_PRIVS, errno);
	if (config->flags & DV_UNIX_INSIDE && dv_stay_inside() < 0)
		fail(DV_STAGE_LANDLOCK, errno);
	int listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, config->seccomp_flags, &program);
	if (listener < 0)
		fail(DV_STAGE_SECCOMP, errno);
	return listener;
}

// exists tells a file in PATH that may not be executed from a directory in PATH that may not be searched: execvp gives
// EACCES for both, a shell calls the second one not found.
static int exists(const char *name)
{
	char path[PATH_MAX];
	const char *dirs = getenv("PATH");
	if (strchr(name, '/') || !dirs)
		return 1;
	for (const char *end; *dirs; dirs = *end ? end + 1 : end) {
		end = strchrnul(dirs, ':');
		int n = snprintf(path, sizeof(path), "%.*s/%s", end == dirs ? 1 : (int)(end - dirs), end == dirs ? "." : dirs, name);
		if (n < (int)sizeof(path) && access(path, F_OK) == 0)
			return 1;
	}
	return 0;
}

// enter_own gives the command namespaces of its own.
static void enter_own(int keeper, struct dv_config *config)
{
	// The network namespace is then the caller's own, and one user namespace enough.
	int flat = nesting_is_refused() && unshare(CLONE_NEWNET) == 0;
	if (flat)
		dv_hand_over_sockets(supervisor); // what routes through them, these capabilities decide too
	enter_user(keeper);
	if (!flat && unshare(CLONE_NEWNET) < 0)
		fail(DV_STAGE_NETNS, errno);
	if (!flat)
		dv_hand_over_sockets(supervisor);
	if (dv_read_config(supervisor, config) < 0)
		_exit(125); // the supervisor is gone or gave up
	hand_over_streams(config);
	await_maps(keeper);
	if (!(config->flags & DV_NESTED))
		drop_capabilities();
	else if (!flat)
		nest_user(config);
}

static void stay(int keeper, struct dv_config *config)
{
	close(keeper); // there is nothing to map
	if (dv_read_config(supervisor, config) < 0)
		_exit(125);
}

void dv_command(int launch, int keeper, int here, char **argv)
{
	static struct dv_config config;
	supervisor = launch;
	if (here)
		stay(keeper, &config);
	else
		enter_own(keeper, &config);
	// Dropping capabilities leaves the process dumpable, gaining them did not.
	if (prctl(PR_SET_DUMPABLE, 1) < 0)
		fail(DV_STAGE_CAPS, errno);
	struct courier courier = hire_courier(&config);
	restore(&config);
	tell_listener(&courier, load_filter(&config));
	execvp(argv[0], argv);
	int err = errno == EACCES && !exists(argv[0]) ? ENOENT : errno;
	dv_say(supervisor, DV_MSG_FAILED, DV_STAGE_EXEC, err);
	_exit(125);
}
