// Cases of one call each, as a program sees them: the same program runs bare against a real resolver and under
// codex-dnsvisor, and what it prints is compared.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

// A resolver's address, with the length that calls take. Where it is not given by a case it is 192.0.2.53.
struct resolver {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
		struct sockaddr_storage room;
	};
	socklen_t len;
};
struct resolver at(const char *ip, int port);
extern struct resolver dns; // 192.0.2.53 port 53

int udp(int domain); // a socket
int tcp(int domain);

// A question for a.test, type A: 24 bytes with this id.
#define QUESTION 24
unsigned char *question(int id);
unsigned char *question_of(int id, const char *name, int type, size_t *len);

// What a call returned, or the name of its errno.
#define SAY(call) say(#call, call)
long say(const char *what, long ret);
void say_names(int fd);   // getsockname and getpeername; a port of the kernel's choice is "port"
void say_answer(int fd);  // the next datagram, within ten seconds
void say_nothing_before(int fd, struct resolver *to); // asks once more, and says what comes before that answer
void say_message(const unsigned char *m, long n);
char *text_of(const void *addr, socklen_t len);

struct one_case {
	const char *name;
	void (*run)(void);
};
extern const struct one_case address_cases[], flag_cases[], receive_cases[], vector_cases[], fault_cases[], tcp_cases[];
