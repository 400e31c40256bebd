// What the programs here try to get out: a question for a name that nobody allows, to every address and port that could carry it,
// by every call that sends.
#ifndef WAYS_H
#define WAYS_H

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

// "exfil.corp.test", which the outside's resolver would answer.
#define MARKER "\x12\x34\1\0\0\1\0\0\0\0\0\0\5exfil\4corp\4test\0\0\1\0\1"
#define MARKER_SIZE (sizeof(MARKER) - 1)

struct way {
	union {
		struct sockaddr any;
		struct sockaddr_in in4;
		struct sockaddr_in6 in6;
		char bytes[28];
	} to;
	socklen_t size;
};

#define MAX_WAYS 256

// The addresses of one family, for each port.
int ways_to(int family, struct way *out);

// Whether a way is left out: with EVERY=n in the environment each n-th is tried, beginning anywhere.
int left_out(void);

// Tries every call on one socket; returns how many said that they sent.
int try_calls(int fd, const struct way *to);

#endif
