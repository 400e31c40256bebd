// Calls connect(2) on a new socket each time, and prints how long each call took, in nanoseconds.
//   connect resolver N  UDP, to 127.0.0.1:53
//   connect loopback N  UDP, to 127.0.0.1:9
//   connect denied N    TCP, to 192.0.2.1:80, which has to fail
//   connect unix N      AF_UNIX, to a socket of its own, by its path in the current directory
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

static void each(int kind, const struct sockaddr *to, socklen_t length, int fails, long n)
{
	for (; n > 0; n--) {
		int fd = socket(to->sa_family, kind, 0);
		long start = now();
		int failed = connect(fd, to, length) != 0;
		printf("%ld\n", now() - start);
		if (fd < 0 || failed != fails)
			die("connect");
		close(fd);
	}
}

static void internet(int kind, const char *address, int port, int fails, long n)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
	inet_pton(AF_INET, address, &to.sin_addr);
	each(kind, (void *)&to, sizeof(to), fails, n);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	long n = atol(argv[2]);
	if (!strcmp(argv[1], "resolver")) {
		internet(SOCK_DGRAM, "127.0.0.1", 53, 0, n);
	} else if (!strcmp(argv[1], "loopback")) {
		internet(SOCK_DGRAM, "127.0.0.1", 9, 0, n);
	} else if (!strcmp(argv[1], "denied")) {
		internet(SOCK_STREAM, "192.0.2.1", 80, 1, n);
	} else if (!strcmp(argv[1], "unix")) {
		struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = "connect.socket"};
		int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
		unlink(to.sun_path);
		if (fd < 0 || bind(fd, (void *)&to, sizeof(to)))
			die("bind");
		each(SOCK_DGRAM, (void *)&to, sizeof(to), 0, n);
		unlink(to.sun_path);
	} else {
		return 2;
	}
	return 0;
}
