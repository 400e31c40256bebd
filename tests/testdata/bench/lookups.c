// lookups N NAME FAMILY: N calls of getaddrinfo (FAMILY 4: A; 0: A and AAAA), and how long each took, in nanoseconds.
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

static long now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	struct addrinfo hints = {.ai_family = atoi(argv[3]) == 4 ? AF_INET : AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *list;
	for (long n = atol(argv[1]), start; n > 0; n--) {
		start = now();
		int error = getaddrinfo(argv[2], NULL, &hints, &list);
		if (error) {
			fprintf(stderr, "%s: %s\n", argv[2], gai_strerror(error));
			return 1;
		}
		printf("%ld\n", now() - start);
		freeaddrinfo(list);
	}
}
