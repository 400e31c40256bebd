// What the programs that are timed have in common.
#pragma once
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

// now is the time in nanoseconds, of a clock that nobody sets.
static inline long now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

static inline void die(const char *what)
{
	perror(what);
	exit(1);
}

static inline void look_up(const char *name, int family)
{
	struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM}, *list;
	int error = getaddrinfo(name, NULL, &hints, &list);
	if (error) {
		fprintf(stderr, "%s: %s\n", name, gai_strerror(error));
		exit(1);
	}
	freeaddrinfo(list);
}
