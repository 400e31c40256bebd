// table [shared]: a thread with a descriptor table of its own asks a question on a socket that no other thread has; or one that
// shares its process's.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static void *ask(void *arg)
{
	static const char question[] = "\x12\x34\x01\0\0\1\0\0\0\0\0\0\4host\7example\0\0\1\0\1";
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(53)};
	unsigned char answer[512];
	if (!arg && unshare(CLONE_FILES) < 0)
		perror("unshare");
	inet_pton(AF_INET, "8.8.8.8", &to.sin_addr);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct pollfd p = {fd, POLLIN, 0};
	ssize_t n = sendto(fd, question, sizeof(question) - 1, 0, (void *)&to, sizeof(to));
	printf("sent %zd, %s\n", n, n > 0 && poll(&p, 1, 10000) == 1 && recv(fd, answer, sizeof(answer), 0) > 40 && answer[7] ? "answered" : "not answered");
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	pthread_create(&thread, NULL, ask, argv[argc - 1] == argv[0] ? NULL : argv[1]);
	pthread_join(thread, NULL);
	return 0;
}
