// What the races have in common: two questions of the same length, of which one is allowed, and the count of what comes back.
#ifndef RACE_H
#define RACE_H

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
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define QUESTION_SIZE 30

// "host.example" is allowed, "leak.example" is not; the second byte of the name tells them apart in an answer.
static const unsigned char allowed_question[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0\4host\7example\0\0\1\0\1";
static const unsigned char denied_question[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0\4leak\7example\0\0\1\0\1";

static atomic_int stop;
static atomic_long calls, answers, leaks;

static inline struct sockaddr_in address(const char *ip, int port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
	inet_pton(AF_INET, ip, &to.sin_addr);
	return to;
}

// look counts what a socket has got, and answers with records for the name that is denied.
static inline void look(int fd)
{
	unsigned char answer[4096];
	ssize_t n;
	while ((n = recv(fd, answer, sizeof(answer), MSG_DONTWAIT)) > 0) {
		answers++;
		if (n >= 17 && !memcmp(answer + 13, "leak", 4) && (answer[6] || answer[7]))
			leaks++;
	}
}

static inline void wait_seconds(int seconds)
{
	struct timespec left = {seconds, 0};
	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
	stop = 1;
}

// run_threads runs count threads for a time: of every four, one changes what three use.
static inline int run_threads(int seconds, int count, void *(*change)(void *), void *(*use)(void *))
{
	pthread_t threads[64];
	signal(SIGPIPE, SIG_IGN);
	for (long i = 0; i < count && i < 64; i++)
		pthread_create(&threads[i], NULL, i % 4 ? use : change, (void *)i);
	wait_seconds(seconds);
	for (int i = 0; i < count && i < 64; i++)
		pthread_join(threads[i], NULL);
	printf("calls %ld answers %ld leaks %ld\n", calls, answers, leaks);
	return leaks > 0;
}

#endif
