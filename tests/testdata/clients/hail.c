// hail HOW COUNT SERVER: asks COUNT questions, by each call in turn, while signals come: timer (timer_create, 1 kHz), urg, chld (of children
// by the hundred), stop (SIGSTOP and SIGCONT), or kill (the asker is killed, and another goes on). Each response must be to its
// question, by id and by name. It prints what came, and how many signals did.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct counts {
	volatile long asked, answered, twice, wrong, lost, signals;
} *all;

static struct sockaddr_in server = {.sin_family = AF_INET};

// failed counts a call that should not have failed, and says why the first did.
static void failed(const char *what)
{
	if (!all->wrong++)
		perror(what);
}

static void came(int sig) { (void)sig, all->signals++; }

static void reap(int sig)
{
	int was = errno;
	(void)sig;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		all->signals++;
	errno = was;
}

// The question of a number: an id and a name of its own, behind two bytes for TCP's length.
static int question(unsigned char *q, long number)
{
	static const unsigned char header[] = {1, 0, 0, 1, 0, 0, 0, 0, 0, 0};
	char name[40];
	q[0] = 0, q[2] = number >> 8, q[3] = number;
	memcpy(q + 4, header, 10);
	snprintf(name, sizeof(name), "\4h%03ld\4corp\4test", (number & 0xffff) % 1000);
	memcpy(q + 14, name, 15);
	memcpy(q + 29, "\0\0\1\0\1", 5);
	return q[1] = 32;
}

// take counts a response, and tells whether it is that to a number's question.
static int take(const unsigned char *a, long n, long number)
{
	unsigned char q[64];
	long id = n < 12 ? -1 : a[0] << 8 | a[1];
	int len = question(q, id);
	if (id < 0 || n < len || memcmp(a + 12, q + 14, len - 12) || !(a[2] & 0x80) || !a[7])
		return all->wrong++, 0;
	if (id != (number & 0xffff))
		return all->twice++, 0;
	return 1;
}

static void datagram(int how, int fd, long number)
{
	unsigned char q[64], a[600];
	int len = question(q, number), ok;
	struct iovec iov = {q + 2, len};
	struct mmsghdr m = {.msg_hdr = {.msg_name = &server, .msg_namelen = sizeof(server), .msg_iov = &iov, .msg_iovlen = 1}};
	ok = how == 0   ? sendto(fd, q + 2, len, 0, (void *)&server, sizeof(server)) == len
	     : how == 1 ? sendmsg(fd, &m.msg_hdr, 0) == len
	     : how == 2 ? sendmmsg(fd, &m, 1, 0) == 1
			: send(fd, q + 2, len, 0) == len;
	if (!ok) {
		failed("a call with a datagram");
		return;
	}
	for (struct pollfd p = {fd, POLLIN, 0};;) {
		int ready = poll(&p, 1, 20000);
		if (ready < 0 && errno == EINTR)
			continue;
		if (ready != 1) {
			all->lost++;
			return;
		}
		if (take(a, recv(fd, a, sizeof(a), 0), number)) {
			all->answered++;
			return;
		}
	}
}

static void stream(long number)
{
	unsigned char q[64], a[600];
	int len = question(q, number), have = 0, n, fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(fd, (void *)&server, sizeof(server)) || write(fd, q, len + 2) != len + 2 || shutdown(fd, SHUT_WR)) {
		failed("TCP");
		close(fd);
		return;
	}
	while ((n = read(fd, a + have, sizeof(a) - have)) > 0)
		have += n;
	if (n < 0 || have < 2 || have != 2 + (a[0] << 8 | a[1]))
		all->lost++;
	else if (take(a + 2, have - 2, number))
		all->answered++;
	close(fd);
}

static void ask(long count)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0), connected = socket(AF_INET, SOCK_DGRAM, 0);
	if (connect(connected, (void *)&server, sizeof(server)))
		failed("connect");
	while (all->asked < count) {
		long number = all->asked++;
		if (number % 5 == 4)
			stream(number);
		else
			datagram(number % 5, number % 5 == 3 ? connected : fd, number);
	}
}

static void *breed(void *unused)
{
	for (;;) {
		if (!fork())
			_exit(0);
		usleep(500);
	}
	return unused;
}

static void handle(int sig, void (*handler)(int))
{
	struct sigaction act = {.sa_handler = handler, .sa_flags = SA_RESTART};
	sigaction(sig, &act, NULL);
}

// ready has the asker's own signals come.
static void ready(const char *how)
{
	handle(SIGURG, came);
	handle(SIGRTMIN, came);
	if (!strcmp(how, "timer")) {
		struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
		struct itimerspec every = {{0, 1000000}, {0, 1000000}};
		timer_t timer;
		if (timer_create(CLOCK_MONOTONIC, &event, &timer) || timer_settime(timer, 0, &every, NULL))
			failed("timer_create");
	}
	if (!strcmp(how, "chld")) {
		pthread_t thread;
		sigset_t chld;
		handle(SIGCHLD, reap);
		sigemptyset(&chld), sigaddset(&chld, SIGCHLD);
		pthread_sigmask(SIG_BLOCK, &chld, NULL);
		if (pthread_create(&thread, NULL, breed, NULL))
			failed("a thread");
		pthread_sigmask(SIG_UNBLOCK, &chld, NULL);
	}
}

static pid_t start(const char *how, long count)
{
	pid_t pid = fork();
	if (pid)
		return pid;
	ready(how);
	ask(count);
	_exit(0);
}

static void hail(const char *how, long count)
{
	pid_t pid = start(how, count);
	int status;
	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (!strcmp(how, "urg")) {
			kill(pid, SIGURG);
			usleep(100);
		} else if (!strcmp(how, "stop")) {
			kill(pid, SIGSTOP);
			usleep(random() % 300);
			kill(pid, SIGCONT);
			usleep(random() % 1000);
			all->signals++;
		} else if (!strcmp(how, "kill")) {
			long before = all->asked;
			while (all->asked == before && waitpid(pid, &status, WNOHANG) == 0)
				usleep(50); // each has asked, or the hail would have no end
			usleep(random() % 1000);
			kill(pid, SIGKILL);
			all->signals++;
			waitpid(pid, &status, 0);
			if (all->asked < count)
				pid = start(how, count);
		} else
			usleep(1000);
	}
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	all = mmap(NULL, sizeof(*all), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	server.sin_port = htons(53);
	inet_pton(AF_INET, argv[3], &server.sin_addr);
	hail(argv[1], atol(argv[2]));
	printf("asked %ld answered %ld twice %ld wrong %ld lost %ld signals %ld\n", all->asked, all->answered, all->twice, all->wrong, all->lost, all->signals);
	return 0;
}
