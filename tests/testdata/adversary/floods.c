// floods KIND COUNT LOOKUPS: a flood of COUNT, and meanwhile, in another process, LOOKUPS look-ups. It says what the flood asked and had answered,
// and of the look-ups how many were wrong, or were asked twice as the first got lost, and how long they took, in microseconds: the median, the 99th of a hundred, the longest.
#include "race.h"

#include <netdb.h>
#include <poll.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>

static struct {
	atomic_long asked, answered, failed;
	atomic_int up, over; // flooding; looked up
} *all;

static struct sockaddr_in resolver;

// left says whether the flood goes on: to its count, and beyond it for as long as somebody looks up.
static int left(long i, long count) { return i < count || !all->over; }

static void drain(int fd)
{
	unsigned char answer[512];
	while (recv(fd, answer, sizeof(answer), MSG_DONTWAIT) > 0)
		all->answered++;
}

// finish takes what still comes.
static void finish(int fd)
{
	struct pollfd ready = {fd, POLLIN, 0};
	while (poll(&ready, 1, 300) > 0)
		drain(fd);
}

static void ask(int fd, int connected)
{
	if (connected ? send(fd, allowed_question, QUESTION_SIZE, MSG_DONTWAIT) : sendto(fd, allowed_question, QUESTION_SIZE, 0, (void *)&resolver, sizeof(resolver)) == QUESTION_SIZE)
		all->asked++;
}

static int datagrams(int connected)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (connected && fd >= 0)
		connect(fd, (void *)&resolver, sizeof(resolver));
	return fd;
}

// questions: one process, one socket, as fast as it can. reads: 0 who never reads.
static void questions(long count, int connected, int reads)
{
	int fd = datagrams(connected), small = 1;
	if (!reads)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	for (long i = 0; left(i, count); i++) {
		ask(fd, connected);
		if (i == 1000)
			all->up = 1;
		if (reads)
			drain(fd);
	}
	if (reads)
		finish(fd);
}

// sockets: many of them at once, in as many processes as it takes; each asks, and asks again.
static void sockets(long count, int connected)
{
	enum { EACH = 900 };
	static int fds[EACH];
	for (long begun = 0; begun < count; begun += EACH)
		if (fork() == 0) {
			int n = 0;
			while (n < EACH && (fds[n] = datagrams(connected)) >= 0)
				n++;
			all->failed += EACH - n;
			all->up++;
			while (all->up < (count + EACH - 1) / EACH)
				sched_yield();
			for (long i = 0; n && left(i, n); i++)
				ask(fds[i % n], connected), drain(fds[i % n]);
			_exit(0);
		}
}

// silent: TCP connections that say nothing.
static void silent(long count)
{
	enum { EACH = 900 };
	for (long begun = 0; begun < count; begun += EACH)
		if (fork() == 0) {
			for (int i = 0; i < EACH; i++) {
				int fd = socket(AF_INET, SOCK_STREAM, 0);
				if (fd < 0 || connect(fd, (void *)&resolver, sizeof(resolver)) < 0)
					all->failed++;
				all->asked++;
			}
			all->up++;
			while (!all->over)
				poll(NULL, 0, 10);
			_exit(0);
		}
}

// processes: each asks once and stays.
static void processes(long count)
{
	for (long i = 0; i < count; i++) {
		pid_t pid = fork();
		if (pid < 0)
			all->failed++;
		if (pid == 0) {
			struct pollfd ready = {datagrams(i % 2), POLLIN, 0};
			ask(ready.fd, i % 2);
			if (poll(&ready, 1, 20000) > 0)
				drain(ready.fd);
			while (!all->over)
				poll(NULL, 0, 100);
			_exit(0);
		}
		if (i == count / 4)
			all->up = 1;
	}
}

// bomb forks for as long as it can: whoever was forked forks, too.
static void bomb(long count)
{
	struct rlimit limit = {count, count};
	if (geteuid() == 0 || setrlimit(RLIMIT_NPROC, &limit) < 0)
		_exit(1); // there is no limit to root's
	all->up = 1;
	while (!all->over)
		if (fork() < 0) {
			all->failed++;
			datagrams(1) < 0 ? 0 : ask(datagrams(1), 1);
			_exit(0);
		}
}

// calls: threads that make calls which are caught, each of which is refused and logged, or needs looking at.
static void *calling(void *count)
{
	struct sockaddr_in web = address("198.51.100.7", 443);
	int stream = socket(AF_INET, SOCK_STREAM, 0);
	for (long i = 0; left(i, *(long *)count); i++) {
		all->answered += connect(stream, (void *)&web, sizeof(web)) < 0 && errno == EACCES;
		all->asked++;
		all->up = 1;
	}
	return NULL;
}

static void calls_of(long count)
{
	pthread_t threads[64];
	long each = count / 64;
	for (int i = 0; i < 64; i++)
		if (pthread_create(&threads[i], NULL, calling, &each))
			_exit(1);
	for (int i = 0; i < 64; i++)
		pthread_join(threads[i], NULL);
}

static void flood(const char *kind, long count)
{
	switch (kind[0]) {
	case 'c': questions(count, kind[1] == 'o', 1); break; // caught, connected
	case 'd': questions(count, 1, 0); break;              // deaf
	case 's': kind[1] == 'o' ? sockets(count, 0) : silent(count); break; // sockets, silent
	case 'm': sockets(count, 1); break;                   // many connected
	case 'p': processes(count); break;
	case 'b': bomb(count); break;
	default: calls_of(count);                             // refused
	}
	while (wait(NULL) > 0)
		;
	_exit(0);
}

static int by_time(const void *a, const void *b) { return (*(const long *)a > *(const long *)b) - (*(const long *)a < *(const long *)b); }

static long microseconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int main(int argc, char **argv)
{
	static long took[100000];
	if (argc != 4)
		return 2;
	long count = atol(argv[2]), lookups = atol(argv[3]), wrong = 0, late = 0;
	resolver = address("8.8.8.8", 53);
	all = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid = fork();
	if (pid == 0)
		flood(argv[1], count);
	while (!all->up)
		poll(NULL, 0, 1);
	for (long i = 0; i < lookups; i++) {
		struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *list = NULL;
		long start = microseconds();
		wrong += getaddrinfo("host.example", NULL, &hints, &list) != 0;
		took[i] = microseconds() - start;
		late += took[i] > 4900000;
		if (list)
			freeaddrinfo(list);
		poll(NULL, 0, 1);
	}
	all->over = 1;
	waitpid(pid, NULL, 0);
	qsort(took, lookups, sizeof(*took), by_time);
	printf("asked %ld answered %ld failed %ld wrong %ld late %ld p50 %ld p99 %ld longest %ld\n", all->asked, all->answered, all->failed, wrong, late, took[lookups / 2], took[lookups * 99 / 100], took[lookups - 1]);
	return wrong != 0;
}
