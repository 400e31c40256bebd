// trace: a process that is traced makes harmless calls, and its tracer turns them into others while the kernel has them: at a stop for
// SECCOMP_RET_TRACE, and at one for PTRACE_SYSCALL. Says what became of them, of a filter with a listener of its own, and of the ways out
// of seccomp.
#include "ways.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

static struct sockaddr_in to = {.sin_family = AF_INET};

static long load(unsigned flags, unsigned action)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(insns) / sizeof(*insns), insns};
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

struct change {
	const char *what;
	long number, a, b, c, d, e, f;
};

static const char *name(long result) { return result < 0 ? strerrorname_np(-result) : "worked"; }

// One call of a traced child is made another one.
static void turn(const struct change *change, int by_filter)
{
	struct user_regs_struct regs;
	int status, stops = 0;
	long result = 0;
	pid_t child = fork();
	if (child == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		if (by_filter && load(0, SECCOMP_RET_TRACE) < 0)
			_exit(1);
		syscall(SYS_getppid);
		_exit(0);
	}
	waitpid(child, &status, 0);
	ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESECCOMP | PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
	for (int turned = 0; stops < 200; stops++) {
		ptrace(by_filter && !turned ? PTRACE_CONT : PTRACE_SYSCALL, child, 0, 0);
		if (waitpid(child, &status, 0) < 0 || !WIFSTOPPED(status))
			break;
		ptrace(PTRACE_GETREGS, child, 0, &regs);
		if (turned) {
			result = regs.rax;
			break;
		}
		if (regs.orig_rax != SYS_getppid || (by_filter && status >> 8 != (SIGTRAP | PTRACE_EVENT_SECCOMP << 8)))
			continue;
		regs.orig_rax = change->number, regs.rdi = change->a, regs.rsi = change->b, regs.rdx = change->c;
		regs.r10 = change->d, regs.r8 = change->e, regs.r9 = change->f;
		ptrace(PTRACE_SETREGS, child, 0, &regs);
		turned = 1;
	}
	printf("%s by %s: %s\n", change->what, by_filter ? "a filter" : "a stop", name(result));
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
}

int main(void)
{
	static const char marker[] = MARKER;
	int udp = socket(AF_INET, SOCK_DGRAM, 0);
	to.sin_port = htons(9999);
	inet_pton(AF_INET, "10.9.8.1", &to.sin_addr);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	const struct change changes[] = {
		{"socket(AF_PACKET)", SYS_socket, AF_PACKET, SOCK_RAW, 0, 0, 0, 0},
		{"socket(AF_VSOCK)", SYS_socket, AF_VSOCK, SOCK_STREAM, 0, 0, 0, 0},
		{"connect", SYS_connect, udp, (long)&to, sizeof(to), 0, 0, 0},
		{"sendto", SYS_sendto, udp, (long)marker, MARKER_SIZE, 0, (long)&to, sizeof(to)},
		{"io_uring_setup", SYS_io_uring_setup, 1, (long)marker, 0, 0, 0, 0},
		{"ioctl(TIOCSTI)", SYS_ioctl, 0, 0x5412, (long)marker, 0, 0, 0},
	};
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++)
		for (int by_filter = 0; by_filter < 2; by_filter++)
			turn(&changes[i], by_filter);
	long listener = load(SECCOMP_FILTER_FLAG_NEW_LISTENER, SECCOMP_RET_USER_NOTIF);
	printf("a listener: %s\n", listener < 0 ? strerrorname_np(errno) : "worked");
	pid_t child = fork();
	if (child == 0)
		pause();
	printf("PTRACE_O_SUSPEND_SECCOMP: %s\n", ptrace(PTRACE_SEIZE, child, 0, PTRACE_O_SUSPEND_SECCOMP) < 0 ? strerrorname_np(errno) : "worked");
	kill(child, SIGKILL);
	return 0;
}
