// door PATH…: connects to AF_UNIX sockets, and says for each how that ended.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct sockaddr_un to = {.sun_family = AF_UNIX};
		strncpy(to.sun_path, argv[i], sizeof(to.sun_path) - 1);
		puts(connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&to, sizeof(to)) < 0 ? strerror(errno) : "ok");
	}
	return 0;
}
