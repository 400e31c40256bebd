// One kind of work, many times; it prints how long each took, in nanoseconds.
//   work a NAME N      getaddrinfo of addresses of IPv4
//   work aaaa NAME N   getaddrinfo of both families
//   work first NAME N  getaddrinfo of addresses of IPv4, the first one in a network namespace of its own
//   work second NAME N the same, once there was one before
//   work tcp - N       256 MiB over loopback TCP, by write
//   work unix - N      1 GiB over a pair of AF_UNIX stream sockets, by write
//   work upload PORT N 256 MiB to a port of 127.0.0.1, until the server there closes
//   work download PORT N what a port of 127.0.0.1 has to give, to its end: 256 MiB
//   work sendmsg - N   there and back over AF_UNIX, by sendmsg
//   work send - N      there and back over connected loopback UDP, by send
//   work tcpsend - N   there and back over loopback TCP, by send
//   work unixsend - N  there and back over a pair of AF_UNIX datagram sockets, by send
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

static void connected_pair(int fd[2], int kind)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}, b = a;
	socklen_t len = sizeof(a);
	int listener = socket(AF_INET, kind, 0);
	if (bind(listener, (void *)&a, len) || getsockname(listener, (void *)&a, &len))
		die("bind");
	fd[0] = socket(AF_INET, kind, 0);
	if (kind == SOCK_STREAM) {
		if (listen(listener, 1) || connect(fd[0], (void *)&a, len) || (fd[1] = accept(listener, NULL, NULL)) < 0)
			die("connect");
		close(listener);
		return;
	}
	fd[1] = listener;
	if (bind(fd[0], (void *)&b, len) || getsockname(fd[0], (void *)&b, &len) || connect(fd[0], (void *)&a, len) || connect(fd[1], (void *)&b, len))
		die("connect");
}

static void bulk(int fd[2], long total)
{
	static char buf[65536];
	if (!fork()) {
		for (long left = total; left > 0;) {
			ssize_t n = read(fd[1], buf, sizeof(buf));
			if (n <= 0)
				_exit(1);
			left -= n;
		}
		_exit(0);
	}
	for (long left = total; left > 0;) {
		ssize_t n = write(fd[0], buf, sizeof(buf));
		if (n <= 0)
			die("write");
		left -= n;
	}
	int status;
	if (wait(&status) < 0 || status)
		die("the reader");
}

static int connected(int port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(fd, (void *)&a, sizeof(a)))
		die("connect");
	return fd;
}

static void download(int port)
{
	static char buf[262144];
	long got = 0;
	int fd = connected(port);
	for (ssize_t n; (n = read(fd, buf, sizeof(buf))) != 0; got += n)
		if (n < 0)
			die("read");
	close(fd);
	if (got != 256L << 20)
		die("the end");
}

static void upload(int port)
{
	static char buf[65536];
	int fd = connected(port);
	for (long left = 256L << 20; left > 0;) {
		ssize_t n = write(fd, buf, sizeof(buf));
		if (n <= 0)
			die("write");
		left -= n;
	}
	if (shutdown(fd, SHUT_WR) || read(fd, buf, 1) != 0)
		die("the end");
	close(fd);
}

static void by_send(int fd)
{
	char byte = 0;
	if (send(fd, &byte, 1, 0) != 1)
		die("send");
}

static void by_sendmsg(int fd)
{
	char byte = 0;
	struct iovec iov = {&byte, 1};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
	if (sendmsg(fd, &m, 0) != 1)
		die("sendmsg");
}

// in_sandbox looks up in a new network namespace, after as many look-ups as are not timed.
static void in_sandbox(const char *name, int before)
{
	int status;
	if (!fork()) {
		if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
			die("unshare");
		while (before--)
			look_up(name, AF_INET);
		long start = now();
		look_up(name, AF_INET);
		printf("%ld\n", now() - start);
		fflush(stdout);
		_exit(0);
	}
	if (wait(&status) < 0 || status)
		exit(1);
}

static void there_and_back(int fd[2], void (*put)(int), long n)
{
	char byte;
	pid_t other = fork();
	if (!other)
		for (;;) {
			if (recv(fd[1], &byte, 1, 0) != 1)
				_exit(1);
			put(fd[1]);
		}
	for (; n > 0; n--) {
		long start = now();
		put(fd[0]);
		if (recv(fd[0], &byte, 1, 0) != 1)
			die("recv");
		printf("%ld\n", now() - start);
	}
	kill(other, SIGKILL);
	wait(NULL);
}

int main(int argc, char **argv)
{
	int fd[2];
	if (argc != 4)
		return 2;
	long n = atol(argv[3]);
	if (!strcmp(argv[1], "send")) {
		connected_pair(fd, SOCK_DGRAM);
		there_and_back(fd, by_send, n);
		return 0;
	}
	if (!strcmp(argv[1], "tcpsend")) {
		int at_once = 1;
		connected_pair(fd, SOCK_STREAM);
		for (int i = 0; i < 2; i++)
			setsockopt(fd[i], IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof(at_once));
		there_and_back(fd, by_send, n);
		return 0;
	}
	if (!strcmp(argv[1], "sendmsg") || !strcmp(argv[1], "unixsend")) {
		if (socketpair(AF_UNIX, SOCK_DGRAM, 0, fd))
			die("socketpair");
		there_and_back(fd, strcmp(argv[1], "sendmsg") ? by_send : by_sendmsg, n);
		return 0;
	}
	if (!strcmp(argv[1], "first") || !strcmp(argv[1], "second")) {
		for (; n > 0; n--)
			in_sandbox(argv[2], *argv[1] == 's');
		return 0;
	}
	for (; n > 0; n--) {
		long start;
		if (!strcmp(argv[1], "tcp"))
			connected_pair(fd, SOCK_STREAM);
		else if (!strcmp(argv[1], "unix") && socketpair(AF_UNIX, SOCK_STREAM, 0, fd))
			die("socketpair");
		start = now();
		if (!strcmp(argv[1], "a"))
			look_up(argv[2], AF_INET);
		else if (!strcmp(argv[1], "aaaa"))
			look_up(argv[2], AF_UNSPEC);
		else if (!strcmp(argv[1], "tcp"))
			bulk(fd, 256L << 20);
		else if (!strcmp(argv[1], "unix"))
			bulk(fd, 1L << 30);
		else if (!strcmp(argv[1], "upload"))
			upload(atoi(argv[2]));
		else if (!strcmp(argv[1], "download"))
			download(atoi(argv[2]));
		else
			return 2;
		printf("%ld\n", now() - start);
		if (*argv[2] == '-')
			close(fd[0]), close(fd[1]);
	}
	return 0;
}
