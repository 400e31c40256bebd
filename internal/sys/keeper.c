// The keeper: the command's parent and the subreaper of its tree. It holds nothing of the caller's, answers to
// nobody but the supervisor, and when the supervisor's end of the socket closes it ends every descendant.

#define _GNU_SOURCE
#include "launch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int supervisor = -1; // socket
static int children = -1;   // /proc/self/task/N/children, open so that nothing mounted later hides it
static int signals = -1;    // signalfd
static pid_t command;
static int command_gone;
static int stops; // of the command
static int unsure; // how often in a row wait failed: nothing tells again of a child that has ended
// How often a signal reached the keeper itself, when it did so last, and was not accounted for yet.
static struct { struct timespec last; int times; } seen[65];

int dv_say(int fd, uint32_t kind, int32_t value, int32_t detail)
{
	struct dv_message message = {kind, value, detail};
	ssize_t n;
	do // write(2), not send(2): after the filter is loaded sendto and sendmsg would notify
		n = write(fd, &message, sizeof(message));
	while (n < 0 && errno == EINTR);
	return n == sizeof(message) ? 0 : -1;
}

int dv_hear(int fd, struct dv_message *message)
{
	ssize_t n;
	do
		n = read(fd, message, sizeof(*message));
	while (n < 0 && errno == EINTR);
	return n == sizeof(*message) ? 0 : -1;
}

int dv_read_config(int fd, struct dv_config *config)
{
	ssize_t n;
	do
		n = read(fd, config, sizeof(*config));
	while (n < 0 && errno == EINTR);
	return n == sizeof(*config) && config->size == sizeof(*config) ? 0 : -1;
}

// close_between closes descriptors. Without close_range(2) it closes those that /proc lists.
static void close_between(unsigned low, unsigned high, int each)
{
	if (!each && syscall(SYS_close_range, low, high, 0) == 0)
		return;
	DIR *dir = opendir("/proc/self/fd");
	if (!dir)
		_exit(125); // what it keeps, others wait for
	for (struct dirent *entry; (entry = readdir(dir));) {
		char *end;
		unsigned long fd = strtoul(entry->d_name, &end, 10);
		if (!*end && end != entry->d_name && fd >= low && fd <= high && (int)fd != dirfd(dir))
			close((int)fd);
	}
	closedir(dir);
}

void dv_close_all_but(int a, int b, int c, int each)
{
	int keep[3] = {a, b, c};
	unsigned next = 0;
	for (;;) {
		unsigned low = ~0u;
		for (int i = 0; i < 3; i++)
			if (keep[i] >= 0 && (unsigned)keep[i] >= next && (unsigned)keep[i] < low)
				low = keep[i];
		if (low > next)
			close_between(next, low == ~0u ? ~0u : low - 1, each);
		if (low == ~0u)
			return;
		next = low + 1;
	}
}

static void pause_briefly(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 10 * 1000 * 1000}, NULL);
}

#define TOO_MANY 100 // failures in a row of what does not fail for long

// helpless waits a moment after the children could not be listed or, killed, not be waited for. In the end it leaves them to the supervisor, which adopts them; but
// not who is not killed where there is none any more.
static void helpless(int in_a_row, int killed)
{
	struct pollfd fd = {supervisor, 0, 0};
	if (in_a_row >= TOO_MANY && (killed || poll(&fd, 1, 0) == 0))
		_exit(125);
	pause_briefly();
}

// Ending the tree needs direct children only: whoever dies hands its own children up to the nearest subreaper
// left alive, and in the end that is the keeper.
static void kill_children(void)
{
	char list[65536];
	ssize_t n;
	off_t at = 0;
	int failed = 0;
	while ((n = pread(children, list, sizeof(list) - 1, at)) != 0) {
		if (n < 0) {
			helpless(++failed, 0);
			continue;
		}
		failed = 0;
		// A read ends inside a number only where the buffer is full: step back to the last blank.
		if (n == sizeof(list) - 1)
			while (n > 0 && list[n - 1] != ' ')
				n--;
		at += n;
		list[n] = 0;
		for (char *next = list, *end; *next; next = end) {
			long pid = strtol(next, &end, 10);
			if (end == next)
				break;
			kill((pid_t)pid, SIGKILL);
		}
	}
}

static _Noreturn void end_tree(void)
{
	for (int failed = 0;;) {
		int status;
		kill_children();
		pid_t pid = waitpid(-1, &status, __WALL);
		while (pid > 0) {
			if (pid == command && !command_gone) {
				command_gone = 1;
				dv_say(supervisor, DV_MSG_EXITED, status, 0);
			}
			pid = waitpid(-1, &status, __WALL | WNOHANG);
		}
		if (pid < 0 && errno == ECHILD)
			_exit(0);
		if (pid < 0)
			helpless(++failed, 1);
	}
}

// again waits a moment after a call that failed, of which too many in a row end the tree: nobody could end it by order any more.
static void again(int in_a_row)
{
	if (in_a_row == TOO_MANY) {
		dv_say(supervisor, DV_MSG_FAILED, DV_STAGE_KEEP, errno);
		end_tree();
	}
	pause_briefly();
}

static void reap(int linger)
{
	int status;
	pid_t pid;
	while ((pid = waitpid(-1, &status, __WALL | WNOHANG | WUNTRACED)) > 0) {
		if (pid != command || command_gone)
			continue;
		if (WIFSTOPPED(status)) {
			dv_say(supervisor, DV_MSG_STOPPED, WSTOPSIG(status), ++stops);
			continue;
		}
		command_gone = 1;
		dv_say(supervisor, DV_MSG_EXITED, status, 0);
		if (!linger)
			end_tree();
	}
	if (pid < 0 && errno == ECHILD)
		_exit(0);
	if (pid < 0)
		again(++unsure);
	else
		unsure = 0;
}

static void drain_signals(int linger)
{
	struct signalfd_siginfo info;
	while (read(signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo <= 64) {
			clock_gettime(CLOCK_MONOTONIC, &seen[info.ssi_signo].last);
			seen[info.ssi_signo].times++;
		}
	reap(linger);
}

// pass_on gives the command a signal that was sent to the supervisor. What was sent to the whole process group
// (a terminal's Ctrl-C, kill(-pgrp)) has reached the keeper as well, and the command without our help.
static void pass_on(int sig, int followed, int linger)
{
	struct timespec now;
	if (sig < 1 || sig > 64)
		return;
	drain_signals(linger);
	if (command_gone) {
		if (sig == SIGTERM || sig == SIGINT || sig == SIGHUP || sig == SIGQUIT)
			end_tree(); // lingering: there is no command left to decide
		return;
	}
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec - seen[sig].last.tv_sec > 1)
		seen[sig].times = 0; // the supervisor took two for one
	int ours = getpgid(command) == getpgrp() && seen[sig].times > 0;
	if (seen[sig].times > 0)
		seen[sig].times--;
	// A SIGCONT from before the command stopped once more is not meant for that stop.
	if (!ours && (sig != SIGCONT || followed == stops))
		kill(command, sig);
}

static void write_file(int pid, const char *name, const char *text, struct dv_message *failed)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		failed->detail = failed->detail ? failed->detail : errno;
	if (fd >= 0)
		close(fd);
}

// dv_write_maps gives the user namespace of pid its ids. It returns 0 or an errno.
int dv_write_maps(int pid, const struct dv_config *config)
{
	struct dv_message failed = {0};
	if (config->flags & DV_DENY_SETGROUPS)
		write_file(pid, "setgroups", "deny", &failed);
	write_file(pid, "uid_map", config->uid_map, &failed);
	write_file(pid, "gid_map", config->gid_map, &failed);
	return failed.detail;
}

// send_visitor forks the visitor of a network namespace. The kernel's refusal is said at the visitor's own socket.
static void send_visitor(int to, int netns)
{
	pid_t visitor = fork();
	if (visitor == 0) {
		close(supervisor);
		dv_enter(to, netns);
	}
	if (visitor < 0)
		dv_say(to, DV_MSG_FAILED, DV_STAGE_FORK, errno);
}

// hear_supervisor takes a message and the two descriptors that may come with it; -1 where there are none. It returns 1, 0 where the supervisor is gone,
// or -1 with errno.
static int hear_supervisor(struct dv_message *message, int fds[2])
{
	union {
		char bytes[CMSG_SPACE(2 * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec data = {message, sizeof(*message)};
	struct msghdr header = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof(control)};
	fds[0] = fds[1] = -1;
	ssize_t n = recvmsg(supervisor, &header, MSG_CMSG_CLOEXEC);
	if (n < 0)
		return -1;
	struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
	if (rights && rights->cmsg_type == SCM_RIGHTS) // one alone where there was no number for the other
		memcpy(fds, CMSG_DATA(rights), rights->cmsg_len - CMSG_LEN(0));
	return n == sizeof(*message);
}

static _Noreturn void keep(int linger)
{
	struct pollfd fds[2] = {{supervisor, POLLIN, 0}, {signals, POLLIN, 0}};
	int failed = 0; // calls in a row
	for (;;) {
		if (poll(fds, 2, unsure ? 0 : -1) < 0) {
			again(++failed);
			continue;
		}
		if (fds[1].revents || unsure)
			drain_signals(linger);
		if (!fds[0].revents) {
			failed = 0;
			continue;
		}
		struct dv_message message;
		int with[2];
		int heard = hear_supervisor(&message, with);
		if (heard < 0) {
			again(++failed);
			continue;
		}
		failed = 0;
		if (heard == 0 || message.kind == DV_MSG_END)
			end_tree();
		if (message.kind == DV_MSG_SIGNAL)
			pass_on(message.value, message.detail, linger);
		if (message.kind == DV_MSG_ENTER && with[1] >= 0)
			send_visitor(with[0], with[1]);
		for (int i = 0; i < 2; i++)
			if (with[i] >= 0)
				close(with[i]);
	}
}

static void fail(enum dv_stage stage)
{
	dv_say(supervisor, DV_MSG_FAILED, stage, errno);
	_exit(125);
}

_Noreturn void dv_keeper(int events, int launch, int here, char **argv)
{
	static struct dv_config config;
	int pair[2];
	sigset_t all;

	supervisor = events;
	prctl(PR_SET_NAME, "dnsvisor-keeper");
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	signal(SIGCHLD, SIG_DFL); // ignored, it would leave nobody to wait for
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		fail(DV_STAGE_FORK);
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	children = open(path, O_RDONLY | O_CLOEXEC);
	if (children < 0)
		fail(DV_STAGE_CHILDREN);
	signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		fail(DV_STAGE_FORK);

	command = fork();
	if (command < 0)
		fail(DV_STAGE_FORK);
	if (command == 0) {
		close(pair[0]);
		close(supervisor);
		dv_command(launch, pair[1], here, argv);
		_exit(125);
	}
	close(pair[1]);
	prctl(PR_SET_DUMPABLE, 0); // a command that stays in our user namespace may not look into us
	dv_say(supervisor, DV_MSG_STARTED, command, 0);

	if (dv_read_config(supervisor, &config) < 0)
		end_tree(); // the supervisor gave up
	// The command says when its user namespace stands, if it makes one; only its parent may write a map of many ids.
	struct dv_message ready;
	if (dv_hear(pair[0], &ready) == 0)
		dv_say(pair[0], DV_MSG_GO, 0, dv_write_maps(command, &config));
	dv_close_all_but(supervisor, children, signals, config.flags & DV_CLOSE_EACH);
	if (chdir("/") < 0)
		_exit(125);
	keep(config.flags & DV_LINGER);
}
