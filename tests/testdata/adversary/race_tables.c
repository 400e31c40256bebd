// race_tables SECONDS THREADS: what stands behind a descriptor changes while calls are made on it: sockets of every kind, pipes, files,
// nothing; in the table that all threads share, and in tables of their own.
#include "race.h"

#include <sched.h>

#define RACED 200

static struct sockaddr_in resolver, elsewhere;

static int fresh(unsigned kind)
{
	int pair[2];
	switch (kind % 8) {
	case 0: return socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	case 1: return socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	case 2: return socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	case 3: return socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, 0);
	case 4: return socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	case 5: return open("/dev/null", O_RDWR);
	case 6: return socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 262);
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) < 0)
		return -1;
	close(pair[1]);
	return pair[0];
}

static void *change(void *arg)
{
	for (unsigned i = (unsigned)(long)arg; !stop; i++) {
		int fd = fresh(i);
		dup2(fd, RACED + i % 3);
		if (i % 5 == 0)
			close(RACED + i % 3);
		if (i % 7 == 0)
			dup3(RACED + 1, RACED, 0);
		close(fd);
	}
	return arg;
}

static void *use(void *arg)
{
	struct iovec iov = {(void *)allowed_question, QUESTION_SIZE};
	struct mmsghdr two[2] = {0};
	// Every second thread has a table of its own, in which it changes things itself.
	int own = (long)arg & 1 && unshare(CLONE_FILES) == 0;
	for (unsigned i = (unsigned)(long)arg; !stop; i++) {
		const unsigned char *question = i & 16 ? denied_question : allowed_question;
		int fd = RACED + i % 3;
		if (own) {
			int one = fresh(i / 4);
			look(fd); // at what came since it was used last
			dup2(one, fd);
			close(one);
		}
		iov.iov_base = (void *)question;
		for (int k = 0; k < 2; k++)
			two[k].msg_hdr = (struct msghdr){.msg_name = k ? &resolver : &elsewhere, .msg_namelen = 16, .msg_iov = &iov, .msg_iovlen = 1};
		switch (i % 5) {
		case 0: connect(fd, (void *)&resolver, sizeof(resolver)), write(fd, question, QUESTION_SIZE); break;
		case 1: connect(fd, (void *)&elsewhere, sizeof(elsewhere)), write(fd, question, QUESTION_SIZE); break;
		case 2: sendto(fd, question, QUESTION_SIZE, MSG_NOSIGNAL | MSG_DONTWAIT, (void *)&resolver, sizeof(resolver)); break;
		case 3: sendmmsg(fd, two, 2, MSG_NOSIGNAL | MSG_DONTWAIT); break;
		case 4: sendmsg(fd, &two[1].msg_hdr, MSG_NOSIGNAL | MSG_DONTWAIT); break;
		}
		calls++;
		look(fd);
	}
	return arg;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	resolver = address("8.8.8.8", 53), elsewhere = address("10.9.8.1", 9999);
	return run_threads(atoi(argv[1]), atoi(argv[2]), change, use);
}
