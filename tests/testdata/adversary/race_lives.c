// race_lives SECONDS PROCESSES: processes that are in the midst of a call are killed, exit, or become another program, and others get
// their ids at once. Some of them ask nothing: whatever comes to their socket or memory was meant for another.
#include "race.h"

#include <sys/wait.h>

#define PAGE ((unsigned char *)0x10000000) // of every process
#define SOCKET 200

static struct sockaddr_in resolver;
static struct {
	atomic_long calls, answers, leaks, strays, bystanders;
} *shared;

// A page and a socket, as the others have them at the same place.
static struct mmsghdr *furnish(void)
{
	mmap(PAGE, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	dup2(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), SOCKET);
	return (struct mmsghdr *)PAGE;
}

static void *ask(void *arg)
{
	struct mmsghdr *m = (struct mmsghdr *)PAGE;
	struct iovec iov = {(void *)((long)arg & 1 ? denied_question : allowed_question), QUESTION_SIZE};
	for (int k = 0; k < 2; k++)
		m[k].msg_hdr = (struct msghdr){.msg_name = &resolver, .msg_namelen = sizeof(resolver), .msg_iov = &iov, .msg_iovlen = 1};
	for (;;) {
		shared->calls++;
		sendmmsg(SOCKET, m, 2, MSG_NOSIGNAL);
		sendto(SOCKET, iov.iov_base, iov.iov_len, MSG_NOSIGNAL, (void *)&resolver, sizeof(resolver));
		look(SOCKET);
		shared->answers += atomic_exchange(&answers, 0);
		shared->leaks += atomic_exchange(&leaks, 0);
	}
	return NULL;
}

static void bystander(void)
{
	struct sockaddr_in local;
	socklen_t size = sizeof(local);
	char byte;
	furnish();
	memset(PAGE, 0xa5, 4096);
	for (int i = 0; i < 50; i++) {
		struct timespec moment = {0, 20000};
		nanosleep(&moment, NULL);
	}
	for (int i = 0; i < 4096; i++)
		shared->strays += PAGE[i] != 0xa5;
	getsockname(SOCKET, (void *)&local, &size);
	shared->strays += local.sin_port != 0 || recv(SOCKET, &byte, 1, MSG_DONTWAIT) >= 0;
	shared->bystanders++;
	_exit(0);
}

// One life, which the parent may end at any time.
static void live(unsigned role, char **argv)
{
	pthread_t thread;
	struct timespec moment = {0, (role * 7919) % 3000 * 1000};
	if (role % 3 == 0)
		bystander();
	furnish();
	if (role % 3 == 1)
		ask((void *)(long)(role & 1));
	pthread_create(&thread, NULL, ask, (void *)(long)(role & 1));
	nanosleep(&moment, NULL);
	if (role & 4)
		_exit(0);
	execv("/proc/self/exe", (char *[]){argv[0], NULL});
}

int main(int argc, char **argv)
{
	unsigned role = 0;
	time_t end = time(NULL) + (argc > 1 ? atoi(argv[1]) : 0);
	if (argc == 1) { // who became another program in mid-call
		furnish();
		return 0;
	}
	pid_t children[64] = {0};
	int count = atoi(argv[2]);
	resolver = address("8.8.8.8", 53);
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	while (time(NULL) < end)
		for (int i = 0; i < count && i < 64; i++, role++) {
			if (children[i] > 0) {
				struct timespec moment = {0, (role * 6151) % 700 * 1000};
				nanosleep(&moment, NULL);
				if (role % 3 || waitpid(children[i], NULL, WNOHANG) == 0) {
					kill(children[i], role % 3 == 0 ? 0 : SIGKILL);
					waitpid(children[i], NULL, 0);
				}
			}
			if ((children[i] = fork()) == 0)
				live(role, argv);
		}
	for (int i = 0; i < count && i < 64; i++)
		if (children[i] > 0) {
			kill(children[i], SIGKILL);
			waitpid(children[i], NULL, 0);
		}
	printf("calls %ld answers %ld leaks %ld\n", shared->calls, shared->answers, shared->leaks);
	printf("lives %u bystanders %ld strays %ld\n", role, shared->bystanders, shared->strays);
	return shared->leaks || shared->strays;
}
