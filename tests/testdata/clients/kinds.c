// kinds KIND SERVER [N]: asks in ways that the supervisor has to look twice at, and says what came back.
#define _GNU_SOURCE
#include "ask.h"

#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

static struct sockaddr_in server;

static int udp(void) { return socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0); }

static void once(void)
{
	int fd = udp(), connected = udp();
	printf("sent with an address: %d\n", lookup(fd, &server, 1));
	connect(connected, (void *)&server, sizeof(server));
	printf("connected: %d\n", lookup(connected, &server, 2));
}

// A process that nobody may look into but who has CAP_SYS_PTRACE over it.
static void undumpable(void)
{
	prctl(PR_SET_DUMPABLE, 0);
	once();
}

// The child asks in its parent's memory, while the parent waits.
static void in_vfork(void)
{
	int fd = udp();
	volatile int asked = 0;
	pid_t child = vfork();
	if (child == 0) {
		asked = ask(fd, &server, 3) == 0;
		_exit(0);
	}
	waitpid(child, NULL, 0);
	printf("asked by the child: %d, answered to the parent: %d\n", asked, answer(fd) == 3);
}

#define QUESTIONS 400 // of each worker
#define WORKERS 4

static struct {
	atomic_int answered, wrong;
	atomic_uchar answers[WORKERS * QUESTIONS];
} *shared;
static int shared_fd;

static void *work(void *first)
{
	for (unsigned id = (unsigned)(long)first, end = id + QUESTIONS; id < end; id++) {
		shared->wrong += ask(shared_fd, &server, id) != 0;
		int got = answer(shared_fd); // mine or another worker's
		if (got < 0 || got >= WORKERS * QUESTIONS || shared->answers[got]++)
			shared->wrong++;
		shared->answered++;
	}
	return NULL;
}

// One socket, asked through by several threads or processes at once.
static void share(int threads)
{
	pthread_t ids[WORKERS];
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	shared_fd = udp();
	for (long i = 0; i < WORKERS; i++)
		if (threads)
			pthread_create(&ids[i], NULL, work, (void *)(i * QUESTIONS));
		else if (fork() == 0)
			work((void *)(i * QUESTIONS)), _exit(0);
	for (int i = 0; i < WORKERS; i++)
		threads ? pthread_join(ids[i], NULL) : wait(NULL);
	printf("answered %d, wrong %d\n", shared->answered, shared->wrong);
}

// Duplicates of one socket, one of them through another socket.
static void dups(void)
{
	int fd = udp(), high = fcntl(fd, F_DUPFD, 900), low = dup(fd), pair[2], passed;
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {0};
	struct iovec iov = {&(char){0}, 1};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET, c->cmsg_type = SCM_RIGHTS, c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
	sendmsg(pair[0], &m, 0);
	recvmsg(pair[1], &m, 0);
	memcpy(&passed, CMSG_DATA(c), sizeof(passed));
	close(fd);
	ask(high, &server, 4);
	printf("asked by one, answered to another: %d\n", answer(low) == 4);
	connect(passed, (void *)&server, sizeof(server));
	close(passed);
	unsigned char q[QUESTION] = {0, 5};
	memcpy(q + 2, tail, QUESTION - 2);
	printf("connected by one, asked by another: %d\n", write(high, q, sizeof(q)) == sizeof(q) && answer(low) == 5);
}

static sem_t asking;

static void *ask_on(void *first)
{
	int fd = udp();
	for (unsigned id = (unsigned)(long)first; lookup(fd, &server, id & 0xffff); id++)
		sem_post(&asking);
	return NULL;
}

static char **again;

static void *exec_again(void *arg)
{
	execv("/proc/self/exe", again);
	return arg;
}

// Threads are in the midst of their calls when the program becomes another, N times; every second time it is not
// the first thread that does it.
static void exec_in_call(char **argv)
{
	pthread_t thread;
	int n = atoi(argv[3]);
	char rest[16];
	if (n == 0) {
		once();
		return;
	}
	for (long i = 0; i < 3; i++)
		pthread_create(&thread, NULL, ask_on, (void *)(i * 1000));
	for (int i = 0; i < 6; i++)
		sem_wait(&asking);
	snprintf(rest, sizeof(rest), "%d", n - 1);
	again = (char *[]){argv[0], argv[1], argv[2], rest, NULL};
	if (n % 2)
		exec_again(NULL);
	pthread_create(&thread, NULL, exec_again, NULL);
	pthread_join(thread, NULL);
}

static void on_alarm(int sig) { (void)sig; }

// Nobody answers; alarm(1) ends the wait.
static void alarmed(void)
{
	struct sigaction act = {.sa_handler = on_alarm};
	struct timespec start, end;
	char byte;
	int fd = udp();
	sigaction(SIGALRM, &act, NULL);
	clock_gettime(CLOCK_MONOTONIC, &start);
	alarm(1);
	int asked = ask(fd, &server, 6) == 0;
	ssize_t n = recv(fd, &byte, 1, 0);
	int err = errno;
	clock_gettime(CLOCK_MONOTONIC, &end);
	double took = end.tv_sec - start.tv_sec + (end.tv_nsec - start.tv_nsec) / 1e9;
	printf("asked %d, received %zd %s, in time %d\n", asked, n, strerrorname_np(err), took > 0.9 && took < 5);
}

// The other side closes at what is no question. Sends find out, and the next gets SIGPIPE.
static void closed(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char byte;
	connect(fd, (void *)&server, sizeof(server));
	send(fd, "\0\5hello", 7, 0);
	printf("closed %d\n", recv(fd, &byte, 1, 0) <= 0);
	fflush(stdout);
	send(fd, "\0\5hello", 7, MSG_NOSIGNAL);
	struct pollfd p = {fd, 0, 0};
	poll(&p, 1, 20000); // the reset
	send(fd, "x", 1, MSG_NOSIGNAL); // its errno
	send(fd, "x", 1, 0);
	printf("no SIGPIPE\n");
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} kinds[] = {{"once", once}, {"undumpable", undumpable}, {"vfork", in_vfork}, {"dups", dups}, {"alarm", alarmed}, {"closed", closed}};
	if (argc < 3)
		return 2;
	server = resolver(argv[2]);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(argv[1], kinds[i].name))
			kinds[i].run();
	if (!strcmp(argv[1], "threads") || !strcmp(argv[1], "fork"))
		share(argv[1][0] == 't');
	if (!strcmp(argv[1], "exec"))
		exec_in_call(argv);
	return 0;
}
