// Has a program that names one address in each sendto(2), as dnsperf does, connect its socket to it at the first, and name it no more.

#include <sys/socket.h>
#include <sys/types.h>

enum { MOST = 1024 };
static char connected[MOST];

ssize_t sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *to, socklen_t length)
{
	if (fd >= 0 && fd < MOST && !connected[fd]) {
		if (connect(fd, to, length) < 0)
			return -1;
		connected[fd] = 1;
	}
	return send(fd, data, size, flags);
}
