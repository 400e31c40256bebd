// The least that a supervisor can do, as a floor: it knows no policy and checks nothing.
//   supervise errno COMMAND…     connect(2) fails with EACCES
//   supervise continue COMMAND…  connect(2) is let run
//   supervise perform COMMAND…   of connect(2) the address is read, the socket taken with pidfd_getfd and connected
//   supervise all COMMAND…       connect(2), sendmsg(2), sendmmsg(2), and sendto(2) with an address are let run
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <poll.h>
#include <unistd.h>

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS // Linux 6.6
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP 1
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#endif

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int install(int all)
{
	const unsigned nr = offsetof(struct seccomp_data, nr), address = offsetof(struct seccomp_data, args[4]);
	const struct sock_filter notify = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF), allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_filter one[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_connect, 0, 1),
		notify,
		allow,
	};
	struct sock_filter each[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_connect, 7, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sendmsg, 6, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sendmmsg, 5, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sendto, 0, 5),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, address),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, address + 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
		notify,
		allow,
	};
	struct sock_fprog program = {sizeof(one) / sizeof(*one), one};
	if (all)
		program = (struct sock_fprog){sizeof(each) / sizeof(*each), each};
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		die("no_new_privs");
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program);
}

static void perform(const struct seccomp_notif *call, struct seccomp_notif_resp *verdict)
{
	struct sockaddr_storage to;
	struct iovec local = {&to, call->data.args[2]}, remote = {(void *)call->data.args[1], call->data.args[2]};
	if (local.iov_len > sizeof(to) || process_vm_readv(call->pid, &local, 1, &remote, 1, 0) != (ssize_t)local.iov_len)
		die("process_vm_readv");
	int process = syscall(SYS_pidfd_open, call->pid, 0);
	int fd = syscall(SYS_pidfd_getfd, process, (int)call->data.args[0], 0);
	if (fd < 0)
		die("pidfd_getfd");
	verdict->error = connect(fd, (void *)&to, local.iov_len) ? -errno : 0;
	close(fd);
	close(process);
}

static void serve(int listener, const char *how)
{
	struct pollfd ready = {listener, POLLIN, 0};
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP); // not before 6.6
	for (;;) {
		struct seccomp_notif call = {0};
		if (poll(&ready, 1, -1) < 0 || ready.revents & POLLHUP)
			return;
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call))
			continue;
		struct seccomp_notif_resp verdict = {.id = call.id};
		if (*how == 'e')
			verdict.error = -EACCES;
		else if (*how == 'c' || *how == 'a')
			verdict.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		else
			perform(&call, &verdict);
		ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &verdict);
	}
}

int main(int argc, char **argv)
{
	int listener, status, tell[2];
	if (argc < 3 || pipe(tell))
		return 2;
	pid_t target = syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0); // the listener is in both tables
	if (!target) {
		listener = install(*argv[1] == 'a');
		if (write(tell[1], &listener, sizeof(listener)) != sizeof(listener))
			_exit(1);
		execvp(argv[2], argv + 2);
		_exit(1);
	}
	if (read(tell[0], &listener, sizeof(listener)) != sizeof(listener) || listener < 0)
		die("listener");
	serve(listener, argv[1]);
	return waitpid(target, &status, 0) != target || status != 0;
}
