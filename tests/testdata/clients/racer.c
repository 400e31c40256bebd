// racer SECONDS: races the supervisor's look at addresses, payloads and descriptors. Some threads call connect, sendto,
// sendmsg and sendmmsg; others meanwhile change the address, the question and the socket behind the descriptor. It
// prints how many calls it made and what came back, and fails when an answer to the denied name carries records.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define RACED 100

static struct sockaddr_in addresses[5];
static union {
	struct sockaddr_in in;
	_Atomic unsigned long long words[2];
} raced;
static unsigned char allowed[64], denied[64], question[64];
static size_t length;
static int sockets[4];
static atomic_int stop;
static atomic_long calls, answers, leaks;

// Both questions have the same length: "host.example" and "leak.example".
static size_t build(unsigned char *out, const char *label)
{
	static const unsigned char header[12] = {0x12, 0x34, 1, 0, 0, 1};
	size_t n = sizeof(header);
	memcpy(out, header, n);
	out[n++] = 4;
	memcpy(out + n, label, 4), n += 4;
	out[n++] = 7;
	memcpy(out + n, "example", 7), n += 7;
	out[n++] = 0;
	memcpy(out + n, "\0\1\0\1", 4);
	return n + 4;
}

static void *flip(void *arg)
{
	for (unsigned i = 0; !stop; i++) {
		union {
			struct sockaddr_in in;
			unsigned long long words[2];
		} next = {addresses[i % 5]};
		raced.words[0] = next.words[0];
		memcpy(question, i & 8 ? denied : allowed, length);
	}
	return arg;
}

static void *swap(void *arg)
{
	for (unsigned i = 0; !stop; i++) {
		dup2(sockets[i % 4], RACED);
		if (i % 64 == 0) { // a fresh one now and then, since connects change them
			int kind = i / 64 % 4;
			close(sockets[kind]);
			sockets[kind] = socket(AF_INET, (kind == 1 ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK, 0);
		}
	}
	return arg;
}

static void look(int fd)
{
	unsigned char answer[4096];
	ssize_t n;
	while ((n = recv(fd, answer, sizeof(answer), MSG_DONTWAIT)) > 0) {
		unsigned char *a = answer;
		if (n >= 31 && a[2] == 0 && !(a[4] & 0x80)) // TCP: a length first
			a += 2, n -= 2;
		answers++;
		if (n >= 17 && !memcmp(a + 13, "leak", 4) && (a[6] || a[7]))
			leaks++;
	}
}

static void *call(void *arg)
{
	struct iovec iov = {question, length};
	struct mmsghdr two[2] = {0};
	for (int i = 0; i < 2; i++)
		two[i].msg_hdr = (struct msghdr){.msg_name = &raced.in, .msg_namelen = sizeof(raced.in), .msg_iov = &iov, .msg_iovlen = 1};
	for (unsigned i = 0; !stop; i++) {
		switch (i % 4) {
		case 0: connect(RACED, (struct sockaddr *)&raced.in, sizeof(raced.in)); write(RACED, question, length); break;
		case 1: sendto(RACED, question, length, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&raced.in, sizeof(raced.in)); break;
		case 2: sendmsg(RACED, &two[0].msg_hdr, MSG_DONTWAIT | MSG_NOSIGNAL); break;
		case 3: sendmmsg(RACED, two, 2, MSG_DONTWAIT | MSG_NOSIGNAL); break;
		}
		calls++;
		look(RACED);
	}
	return arg;
}

int main(int argc, char **argv)
{
	static const struct { const char *ip; int port; } list[5] = {
		{"127.0.0.1", 9}, {"10.9.8.1", 53}, {"10.9.8.1", 9999}, {"8.8.8.8", 53}, {"127.0.0.1", 53},
	};
	pthread_t threads[6];
	if (argc != 2)
		return 2;
	for (int i = 0; i < 5; i++) {
		addresses[i].sin_family = AF_INET;
		addresses[i].sin_port = htons(list[i].port);
		inet_pton(AF_INET, list[i].ip, &addresses[i].sin_addr);
	}
	signal(SIGPIPE, SIG_IGN);
	raced.in = addresses[0];
	length = build(allowed, "host");
	build(denied, "leak");
	memcpy(question, allowed, length);
	for (int i = 0; i < 4; i++)
		sockets[i] = socket(AF_INET, (i == 1 ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK, 0);
	dup2(sockets[0], RACED);
	for (int i = 0; i < 6; i++)
		pthread_create(&threads[i], NULL, i == 0 ? flip : i == 1 ? swap : call, NULL);
	struct timespec wait = {atoi(argv[1]), 0};
	nanosleep(&wait, NULL);
	stop = 1;
	for (int i = 0; i < 6; i++)
		pthread_join(threads[i], NULL);
	printf("calls %ld answers %ld leaks %ld\n", calls, answers, leaks);
	return leaks ? 1 : 0;
}
