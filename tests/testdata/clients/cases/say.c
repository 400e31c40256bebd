#include "cases.h"

struct resolver at(const char *ip, int port)
{
	struct resolver r = {0};
	if (strchr(ip, ':')) {
		r.v6.sin6_family = AF_INET6, r.v6.sin6_port = htons(port), r.len = sizeof(r.v6);
		inet_pton(AF_INET6, ip, &r.v6.sin6_addr);
	} else {
		r.v4.sin_family = AF_INET, r.v4.sin_port = htons(port), r.len = sizeof(r.v4);
		inet_pton(AF_INET, ip, &r.v4.sin_addr);
	}
	return r;
}

int udp(int domain) { return socket(domain, SOCK_DGRAM, 0); }
int tcp(int domain) { return socket(domain, SOCK_STREAM, 0); }

unsigned char *question_of(int id, const char *name, int type, size_t *len)
{
	static unsigned char buf[600];
	unsigned char *p = buf + 12;
	memcpy(buf, "\0\0\1\0\0\1\0\0\0\0\0\0", 12);
	buf[0] = id >> 8, buf[1] = id;
	while (*name) {
		size_t n = strcspn(name, ".");
		*p++ = n;
		memcpy(p, name, n), p += n;
		name += n + (name[n] == '.');
	}
	*p++ = 0, *p++ = type >> 8, *p++ = type, *p++ = 0, *p++ = 1;
	*len = p - buf;
	return buf;
}

unsigned char *question(int id)
{
	size_t len;
	return question_of(id, "a.test", 1, &len);
}

long say(const char *what, long ret)
{
	int saved = errno;
	printf("%s: ", what);
	if (ret < 0)
		printf("%s\n", strerrorname_np(saved));
	else
		printf("%ld\n", ret);
	errno = saved;
	return ret;
}

// The kernel chooses ports from 32768 on, and the cases below that.
static const char *port_of(int port)
{
	static char text[12];
	if (port >= 32768)
		return "port";
	sprintf(text, "%d", port);
	return text;
}

char *text_of(const void *addr, socklen_t len)
{
	static char text[128];
	char ip[64] = "";
	const struct sockaddr *a = addr;
	const struct sockaddr_in *v4 = addr;
	const struct sockaddr_in6 *v6 = addr;
	if (len == 0)
		return "no address";
	if (a->sa_family == AF_INET) {
		inet_ntop(AF_INET, &v4->sin_addr, ip, sizeof(ip));
		sprintf(text, "%s %s (%d)", ip, port_of(ntohs(v4->sin_port)), len);
	} else if (a->sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &v6->sin6_addr, ip, sizeof(ip));
		sprintf(text, "%s %s%s (%d)", ip, port_of(ntohs(v6->sin6_port)), v6->sin6_scope_id ? " scoped" : "", len);
	} else
		sprintf(text, "family %d (%d)", a->sa_family, len);
	return text;
}

void say_names(int fd)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);
	if (getsockname(fd, (void *)&a, &len))
		printf("local: %s\n", strerrorname_np(errno));
	else
		printf("local: %s\n", text_of(&a, len));
	len = sizeof(a);
	if (getpeername(fd, (void *)&a, &len))
		printf("peer: %s\n", strerrorname_np(errno));
	else
		printf("peer: %s\n", text_of(&a, len));
}

void say_message(const unsigned char *m, long n)
{
	if (n < 12)
		printf("%ld bytes", n);
	else
		printf("id %d, qr %d, rcode %d, tc %d, %d answers", m[0] << 8 | m[1], m[2] >> 7, m[3] & 15, m[2] >> 1 & 1, m[6] << 8 | m[7]);
}

static int wait_for(int fd)
{
	struct pollfd p = {fd, POLLIN, 0};
	return poll(&p, 1, 10000);
}

// receive takes one datagram and says it; it returns its id, or -1.
static int receive(int fd)
{
	unsigned char m[65536];
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);
	if (wait_for(fd) != 1)
		return printf("nothing within ten seconds\n"), -1;
	long n = recvfrom(fd, m, sizeof(m), MSG_DONTWAIT, (void *)&a, &len);
	if (n < 0)
		return printf("answer: %s\n", strerrorname_np(errno)), -1;
	printf("answer: ");
	say_message(m, n);
	printf(", from %s\n", text_of(&a, len));
	return n < 2 ? -1 : m[0] << 8 | m[1];
}

void say_answer(int fd) { receive(fd); }

void say_nothing_before(int fd, struct resolver *to)
{
	if (sendto(fd, question(9999), QUESTION, 0, to ? &to->any : NULL, to ? to->len : 0) != QUESTION)
		printf("the last question: %s\n", strerrorname_np(errno));
	else
		while (receive(fd) != 9999)
			;
}
