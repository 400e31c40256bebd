// TCP to a resolver.
#include "cases.h"
#include <netinet/tcp.h>

static unsigned char *framed(int id)
{
	static unsigned char frame[2 + QUESTION];
	frame[1] = QUESTION;
	memcpy(frame + 2, question(id), QUESTION);
	return frame;
}
#define FRAME (2 + QUESTION)

static void say_frame(int fd)
{
	unsigned char m[65536];
	if (recv(fd, m, 2, MSG_WAITALL) != 2) {
		printf("no answer\n");
		return;
	}
	long n = m[0] << 8 | m[1];
	if (recv(fd, m, n, MSG_WAITALL) != n)
		printf("cut answer\n");
	else
		printf("answer: "), say_message(m, n), printf("\n");
}
static void blocking(void)
{
	int fd = tcp(AF_INET);
	SAY(connect(fd, &dns.any, dns.len));
	say_names(fd);
	SAY(send(fd, framed(1), FRAME, 0));
	say_frame(fd);
	SAY(connect(fd, &dns.any, dns.len));
	SAY(sendto(fd, framed(2), FRAME, 0, &dns.any, dns.len)); // a stream ignores it
	say_frame(fd);
}
static void v6(void)
{
	int fd = tcp(AF_INET6);
	struct resolver to = at("2001:db8::53", 53);
	SAY(connect(fd, &to.any, to.len));
	say_names(fd);
	SAY(send(fd, framed(1), FRAME, 0));
	say_frame(fd);
}
static void nonblocking(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), error = -1;
	struct pollfd p = {fd, POLLOUT, 0};
	SAY(send(fd, framed(1), FRAME, MSG_NOSIGNAL));
	SAY(connect(fd, &dns.any, dns.len));
	SAY(poll(&p, 1, 10000));
	SAY(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &(socklen_t){sizeof(error)}));
	SAY(error);
	say_names(fd);
	SAY(send(fd, framed(1), FRAME, 0));
	p.events = POLLIN;
	SAY(poll(&p, 1, 10000));
	say_frame(fd);
}
static void pieces(void)
{
	int fd = tcp(AF_INET);
	SAY(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)));
	SAY(connect(fd, &dns.any, dns.len));
	for (int i = 0; i < FRAME; i++)
		send(fd, framed(1) + i, 1, 0);
	say_frame(fd);
	for (int i = 0; i < 3; i++)
		send(fd, framed(10 + i), FRAME, i < 2 ? MSG_MORE : 0);
	for (int i = 0; i < 3; i++)
		say_frame(fd);
}
static void half_closed(void)
{
	int fd = tcp(AF_INET);
	char c;
	SAY(connect(fd, &dns.any, dns.len));
	SAY(send(fd, framed(1), FRAME, 0));
	SAY(shutdown(fd, SHUT_WR));
	say_frame(fd);
	SAY(recv(fd, &c, 1, 0));
	SAY(send(fd, &c, 1, MSG_NOSIGNAL));
	SAY(send(fd, &c, 1, 0)); // ends by SIGPIPE
}
static void fast_open(void)
{
	int fd = tcp(AF_INET);
	SAY(sendto(fd, framed(1), FRAME, MSG_FASTOPEN, &dns.any, dns.len));
	say_names(fd);
	say_frame(fd);
	fd = tcp(AF_INET);
	SAY(setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &(int){1}, sizeof(int)));
	SAY(connect(fd, &dns.any, dns.len));
	SAY(send(fd, framed(2), FRAME, 0));
	say_frame(fd);
	struct iovec iov = {framed(3), FRAME};
	struct msghdr m = {&dns, dns.len, &iov, 1, NULL, 0, 0};
	fd = tcp(AF_INET);
	SAY(sendmsg(fd, &m, MSG_FASTOPEN));
	say_frame(fd);
}
static void disconnected(void)
{
	int fd = tcp(AF_INET);
	struct sockaddr none = {.sa_family = AF_UNSPEC};
	SAY(connect(fd, &dns.any, dns.len));
	SAY(connect(fd, &none, sizeof(none)));
	say_names(fd);
	SAY(connect(fd, &dns.any, dns.len));
	SAY(send(fd, framed(1), FRAME, 0));
	say_frame(fd);
}
static void bound(void)
{
	int fd = tcp(AF_INET);
	struct resolver own = at("0.0.0.0", 5109);
	SAY(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)));
	SAY(bind(fd, &own.any, own.len));
	SAY(connect(fd, &dns.any, dns.len));
	say_names(fd);
	SAY(sendto(tcp(AF_INET), framed(1), FRAME, MSG_NOSIGNAL, &dns.any, dns.len));
}
static void large(void)
{
	int fd = tcp(AF_INET);
	unsigned char frame[600] = {0};
	size_t len;
	memcpy(frame + 2, question_of(1, "big.test", 1, &len), 100);
	frame[1] = len;
	SAY(connect(fd, &dns.any, dns.len));
	SAY(send(fd, frame, len + 2, 0) > 0);
	say_frame(fd);
}

const struct one_case tcp_cases[] = {
	{"TCP", blocking},
	{"TCP over IPv6", v6},
	{"TCP, O_NONBLOCK", nonblocking},
	{"TCP in pieces", pieces},
	{"TCP, half closed", half_closed},
	{"TCP Fast Open", fast_open},
	{"TCP disconnected", disconnected},
	{"TCP bound", bound},
	{"TCP, large answer", large},
	{0},
};
