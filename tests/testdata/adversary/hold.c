// hold user|kernel|fuse PROCESSES [SOCKET]: what the supervisor reads of a call lies on pages that nobody ever provides: the address, the header,
// the vector, the question, each in turn. "kernel" is of userfaultfd(2) that holds the reads of others, and needs /dev/userfaultfd; "user" is what
// anybody may have. "fuse" is a file system whose server does not answer, and holds the look at a path, too. Who listens at a socket outside is given
// the descriptors that pages are provided by, so that they outlive the tree. While the processes are held, this one asks 50 times, and says how many answers it got, and how
// the held calls ended.
#include "race.h"
#include "fuse.h"

#include <linux/userfaultfd.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif

static struct sockaddr_in resolver;
static struct {
	atomic_int begun, ended, faults, unanswered;
} *shared;

static int handler(int kernel)
{
	if (!kernel)
		return syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY);
	int device = open("/dev/userfaultfd", O_RDWR | O_CLOEXEC);
	if (device < 0) // where vm.unprivileged_userfaultfd is 1, as before Linux 5.11
		return syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	return ioctl(device, _IO(0xAA, 0), O_CLOEXEC | O_NONBLOCK); // USERFAULTFD_IOC_NEW
}

static char *missing(int uffd)
{
	struct uffdio_api api = {.api = UFFD_API};
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct uffdio_register all = {.range = {(unsigned long)page, 8192}, .mode = UFFDIO_REGISTER_MODE_MISSING};
	if (ioctl(uffd, UFFDIO_API, &api) < 0 || ioctl(uffd, UFFDIO_REGISTER, &all) < 0)
		_exit(3);
	return page;
}

// give hands a descriptor to who listens at a socket, and keeps none.
static void give(const char *path, int fd)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	union { char bytes[CMSG_SPACE(sizeof(int))]; struct cmsghdr align; } control = {0};
	struct iovec iov = {"x", 1};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof(control.bytes)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	int s = socket(AF_UNIX, SOCK_STREAM, 0);
	strncpy(to.sun_path, path, sizeof(to.sun_path) - 1);
	c->cmsg_level = SOL_SOCKET, c->cmsg_type = SCM_RIGHTS, c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
	if (connect(s, (void *)&to, sizeof(to)) < 0 || sendmsg(s, &m, 0) < 0 || read(s, control.bytes, 1) < 1)
		_exit(8);
}

static void held(int i, char kind, const char *outside)
{
	int uffd = kind == 'f' ? 0 : handler(kind == 'k'), fd = socket(AF_INET, SOCK_DGRAM, 0), door = socket(AF_UNIX, SOCK_STREAM, 0);
	if (uffd < 0)
		_exit(2);
	char *page = kind == 'f' ? fuse_page(i) : missing(uffd);
	if (kind == 'k' && outside)
		give(outside, uffd);
	struct sockaddr_un never = {AF_UNIX, FUSE_PLACE "/never/door"};
	struct iovec iov = {(void *)allowed_question, QUESTION_SIZE};
	struct msghdr m = {.msg_name = &resolver, .msg_namelen = sizeof(resolver), .msg_iov = &iov, .msg_iovlen = 1};
	long result;
	shared->begun++;
	switch (i % (kind == 'f' ? 7 : 6)) {
	case 0: result = connect(fd, (void *)page, sizeof(resolver)); break;
	case 1: result = sendto(fd, allowed_question, QUESTION_SIZE, 0, (void *)page, sizeof(resolver)); break;
	case 2: result = sendto(fd, page, QUESTION_SIZE, 0, (void *)&resolver, sizeof(resolver)); break;
	case 3: result = sendmsg(fd, (void *)page, 0); break;
	case 4: m.msg_iov = (void *)page, result = sendmsg(fd, &m, 0); break;
	case 6: result = connect(door, (void *)&never, sizeof(never)); break;
	default: result = sendmmsg(fd, (void *)page, 2, 0); break;
	}
	shared->ended++;
	shared->faults += result < 0 && errno == EFAULT;
	_exit(0);
}

static int asks(void)
{
	unsigned char answer[512];
	int fd = socket(AF_INET, SOCK_DGRAM, 0), got = 0;
	for (int i = 0; i < 50; i++) {
		struct pollfd ready = {fd, POLLIN, 0};
		sendto(fd, allowed_question, QUESTION_SIZE, 0, (void *)&resolver, sizeof(resolver));
		got += poll(&ready, 1, 20000) == 1 && recv(fd, answer, sizeof(answer), 0) > QUESTION_SIZE;
	}
	return got;
}

// serve starts the server of the file system in a process of its own.
static void serve(const char *outside)
{
	int server = fuse_mount();
	if (outside)
		give(outside, server);
	if (fork() == 0)
		fuse_serve(server, &shared->unanswered);
	close(server);
	close(fuse_open(-1)); // the first flush is the last
}

int main(int argc, char **argv)
{
	int status;
	if (argc < 3)
		return 2;
	int count = atoi(argv[2]);
	const char *outside = argc > 3 ? argv[3] : NULL;
	char kind = argv[1][0];
	resolver = address("8.8.8.8", 53);
	int device = kind == 'f' ? open("/dev/fuse", O_RDWR | O_CLOEXEC) : handler(kind == 'k');
	if (device < 0)
		return printf("none here: %s\n", strerror(errno)), 0;
	close(device);
	if (count == 0)
		return 0;
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (kind == 'f')
		serve(outside);
	for (int i = 0; i < count; i++)
		if (fork() == 0)
			held(i, kind, outside);
	while (shared->begun < count || (kind == 'f' && shared->unanswered < count / 2))
		if (waitpid(-1, &status, WNOHANG) > 0 && WEXITSTATUS(status) > 1)
			return 3;
	if (kind == 'u') // these end by themselves
		while (waitpid(-1, &status, 0) > 0)
			;
	int got = asks();
	printf("answers %d, held calls that ended %d, with EFAULT %d\n", got, shared->ended, shared->faults);
	return got != 50;
}
