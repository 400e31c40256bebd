// hammer CALL HANDLER USEC COUNT SERVER: asks COUNT questions, each a name of its own, while a timer's signal comes every USEC
// microseconds. CALL is sendto, sendmsg, sendmmsg, send (connected) or tcp; HANDLER is restart or interrupt (without
// SA_RESTART). It prints how the calls ended and fails unless each that succeeded got one response, and no other got any.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static struct sockaddr_in server = {.sin_family = AF_INET};
static unsigned char sent[1 << 16], interrupted[1 << 16], answers[1 << 16];
static volatile long ticks;

static void tick(int sig) { (void)sig, ticks++; }

static void say(const char *what)
{
	printf("%s: %m\n", what);
	exit(2);
}

static void timer(int usec)
{
	struct itimerval every = {{0, usec}, {0, usec}};
	setitimer(ITIMER_REAL, &every, NULL);
}

// "hNNNNN.corp.test", behind two bytes for TCP's length.
static int question(unsigned char *out, int id)
{
	static const unsigned char flags[10] = {1, 0, 0, 1};
	char name[40];
	sprintf(name, "\6h%05d\4corp\4test", id);
	int n = 2;
	out[n++] = id >> 8, out[n++] = id;
	memcpy(out + n, flags, 10), n += 10;
	memcpy(out + n, name, 18), n += 17;
	memcpy(out + n, "\0\0\1\0\1", 5), n += 5;
	out[0] = 0, out[1] = n - 2;
	return n - 2;
}

// Whether a response came within ms. Every one is counted.
static int receive(int fd, int ms)
{
	unsigned char a[1500];
	struct pollfd p = {fd, POLLIN, 0};
	int ready;
	while ((ready = poll(&p, 1, ms)) < 0 && errno == EINTR)
		;
	ssize_t n = ready == 1 ? recv(fd, a, sizeof(a), MSG_DONTWAIT) : -1;
	if (n < 12)
		return 0;
	answers[a[0] << 8 | a[1]]++;
	return 1;
}

// One call of the kind for the questions id and, with sendmmsg, id + 1: how many it took.
static int call(const char *kind, int fd, unsigned char q[2][64], int len)
{
	struct iovec iov[2] = {{q[0] + 2, len}, {q[1] + 2, len}};
	struct mmsghdr m[2] = {0};
	for (int i = 0; i < 2; i++)
		m[i].msg_hdr = (struct msghdr){.msg_name = &server, .msg_namelen = sizeof(server), .msg_iov = &iov[i], .msg_iovlen = 1};
	if (!strcmp(kind, "sendmmsg"))
		return sendmmsg(fd, m, 2, 0);
	ssize_t n = !strcmp(kind, "sendto")    ? sendto(fd, q[0] + 2, len, 0, (void *)&server, sizeof(server))
		    : !strcmp(kind, "sendmsg") ? sendmsg(fd, &m[0].msg_hdr, 0)
					       : send(fd, q[0] + 2, len, 0);
	if (n >= 0 && n != len)
		say("a part of a datagram was sent");
	return n < 0 ? -1 : 1;
}

static void datagrams(const char *kind, int count, int usec)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0), per = !strcmp(kind, "sendmmsg") ? 2 : 1;
	unsigned char q[2][64];
	timer(usec);
	for (int id = 1; id <= count; id += per) {
		int len = question(q[0], id), done;
		question(q[1], id + 1);
		if (!strcmp(kind, "send")) {
			while (connect(fd, (void *)&server, sizeof(server)) < 0)
				if (errno != EINTR)
					say("connect");
		}
		done = call(kind, fd, q, len);
		if (done < 0 && errno != EINTR)
			say(kind);
		for (int i = 0; i < per; i++)
			(i < done ? sent : interrupted)[id + i] = 1;
		for (int i = 0; i < done; i++)
			while (!answers[id + i] && receive(fd, 20000))
				;
	}
	timer(0);
	while (receive(fd, 500))
		; // whoever comes late
}

static void streams(int count, int usec)
{
	unsigned char q[64], a[512];
	timer(usec);
	for (int id = 1; id <= count; id++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0), len = question(q, id), err = connect(fd, (void *)&server, sizeof(server));
		if (err < 0 && errno != EINTR)
			say("connect");
		if (err < 0 || write(fd, q, len + 2) != len + 2) {
			interrupted[id] = 1;
			close(fd);
			continue;
		}
		shutdown(fd, SHUT_WR);
		sent[id] = 1;
		int have = 0, n;
		while ((n = read(fd, a + have, sizeof(a) - have)) > 0 || (n < 0 && errno == EINTR))
			have += n > 0 ? n : 0;
		for (int at = 0; at + 14 <= have; at += 2 + (a[at] << 8 | a[at + 1]))
			answers[a[at + 2] << 8 | a[at + 3]]++;
		close(fd);
	}
	timer(0);
}

int main(int argc, char **argv)
{
	if (argc != 6)
		return 2;
	struct sigaction act = {.sa_handler = tick, .sa_flags = strcmp(argv[2], "restart") ? 0 : SA_RESTART};
	int count = atoi(argv[4]), usec = atoi(argv[3]), good = 0, cut = 0, none = 0, twice = 0, stray = 0;
	server.sin_port = htons(53);
	inet_pton(AF_INET, argv[5], &server.sin_addr);
	sigaction(SIGALRM, &act, NULL);
	strcmp(argv[1], "tcp") ? datagrams(argv[1], count, usec) : streams(count, usec);
	for (int id = 0; id < 1 << 16; id++) {
		good += sent[id], cut += interrupted[id];
		none += sent[id] && !answers[id];
		twice += answers[id] > 1;
		stray += !sent[id] && answers[id];
	}
	printf("succeeded %d interrupted %d unanswered %d twice %d stray %d ticks %ld\n", good, cut, none, twice, stray, ticks);
	return none || twice || stray || good + cut < count;
}
