// Addresses: what a socket is bound and connected to, and where answers come from.
#include "cases.h"

static void ask(int fd, struct resolver to)
{
	SAY(sendto(fd, question(1), QUESTION, 0, &to.any, to.len));
	say_names(fd);
	say_answer(fd);
}

static void sendto_v4(void) { ask(udp(AF_INET), dns); }
static void sendto_v6(void) { ask(udp(AF_INET6), at("2001:db8::53", 53)); }
static void sendto_mapped(void) { ask(udp(AF_INET6), at("::ffff:192.0.2.53", 53)); }
static void sendto_v4_of_v6(void) { ask(udp(AF_INET6), dns); }
static void sendto_other(void) { ask(udp(AF_INET), at("203.0.113.5", 53)); }
static void sendto_flowinfo(void)
{
	struct resolver to = at("2001:db8::53", 53);
	to.v6.sin6_flowinfo = htonl(0x12345);
	ask(udp(AF_INET6), to);
}
static void sendto_v6only(void)
{
	int fd = udp(AF_INET6);
	struct resolver to = at("::ffff:192.0.2.53", 53);
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int){1}, sizeof(int));
	SAY(sendto(fd, question(1), QUESTION, 0, &to.any, to.len));
	say_names(fd);
}
static void connect_and_ask(int domain, const char *ip)
{
	int fd = udp(domain);
	struct resolver to = at(ip, 53);
	SAY(connect(fd, &to.any, to.len));
	say_names(fd);
	SAY(send(fd, question(1), QUESTION, 0));
	say_answer(fd);
	SAY(write(fd, question(2), QUESTION));
	say_answer(fd);
}
static void connect_v4(void) { connect_and_ask(AF_INET, "192.0.2.53"); }
static void connect_v6(void) { connect_and_ask(AF_INET6, "2001:db8::53"); }
static void connect_mapped(void) { connect_and_ask(AF_INET6, "::ffff:192.0.2.53"); }
static void connect_and_name(void)
{
	int fd = udp(AF_INET);
	struct resolver other = at("203.0.113.5", 53);
	SAY(connect(fd, &dns.any, dns.len));
	SAY(sendto(fd, question(1), QUESTION, 0, &dns.any, dns.len));
	say_answer(fd);
	SAY(sendto(fd, question(2), QUESTION, 0, &other.any, other.len)); // its answer is not of the peer
	say_names(fd);
	say_nothing_before(fd, NULL);
}
static void disconnect(void)
{
	int fd = udp(AF_INET);
	struct sockaddr none = {.sa_family = AF_UNSPEC};
	struct resolver other = at("203.0.113.5", 53);
	SAY(connect(fd, &none, sizeof(none)));
	say_names(fd);
	SAY(connect(fd, &dns.any, dns.len));
	SAY(connect(fd, &none, sizeof(none)));
	say_names(fd);
	SAY(send(fd, question(1), QUESTION, 0));
	SAY(connect(fd, &other.any, other.len));
	say_names(fd);
	SAY(send(fd, question(2), QUESTION, 0));
	say_answer(fd);
	SAY(connect(fd, &dns.any, dns.len));
	say_names(fd);
	SAY(send(fd, question(3), QUESTION, 0));
	say_answer(fd);
	SAY(connect(fd, &none, 1));
}
static void disconnect_keeps_the_port(void)
{
	int fd = udp(AF_INET);
	struct sockaddr none = {.sa_family = AF_UNSPEC};
	struct resolver own = at("0.0.0.0", 5101);
	SAY(bind(fd, &own.any, own.len));
	SAY(connect(fd, &dns.any, dns.len));
	say_names(fd);
	SAY(connect(fd, &none, sizeof(none)));
	say_names(fd);
	ask(fd, dns);
}
static void bound_to_a_port(void)
{
	int fd = udp(AF_INET);
	struct resolver own = at("0.0.0.0", 5102);
	SAY(bind(fd, &own.any, own.len));
	ask(fd, dns);
	SAY(bind(fd, &own.any, own.len));
}
static void bound_after(void)
{
	int fd = udp(AF_INET);
	struct resolver own = at("0.0.0.0", 5103);
	ask(fd, dns);
	SAY(bind(fd, &own.any, own.len));
}
static void bound_to_a_v6_port(void)
{
	int fd = udp(AF_INET6);
	struct resolver own = at("::", 5104), v4 = at("::ffff:192.0.2.53", 53);
	SAY(bind(fd, &own.any, own.len));
	ask(fd, at("2001:db8::53", 53));
	ask(fd, v4);
}
static void two_on_one_port(void)
{
	int fd[2];
	struct resolver own = at("0.0.0.0", 5105), to[2] = {dns, at("203.0.113.5", 53)};
	for (int i = 0; i < 2; i++) {
		fd[i] = udp(AF_INET);
		setsockopt(fd[i], SOL_SOCKET, SO_REUSEPORT, &(int){1}, sizeof(int));
		SAY(bind(fd[i], &own.any, own.len));
		SAY(connect(fd[i], &to[i].any, to[i].len));
	}
	for (int i = 0; i < 2; i++) {
		send(fd[i], question(10 + i), QUESTION, 0);
		say_answer(fd[i]);
		sendto(fd[i], question(20 + i), QUESTION, 0, &to[i].any, to[i].len);
		say_answer(fd[i]);
	}
}
static void link_local(void)
{
	int fd = udp(AF_INET6);
	struct resolver to = at("fe80::53", 53);
	to.v6.sin6_scope_id = 2;
	ask(fd, to);
	SAY(connect(fd, &to.any, to.len));
	say_names(fd);
	SAY(send(fd, question(2), QUESTION, 0));
	say_answer(fd);
}
static void not_allowed(void)
{
	int fd = udp(AF_INET);
	struct resolver to = at("198.51.100.1", 9), zero = at("192.0.2.53", 0);
	SAY(sendto(fd, question(1), QUESTION, 0, &to.any, to.len));
	say_names(fd);
	SAY(sendto(fd, question(1), QUESTION, 0, &zero.any, zero.len));
	SAY(connect(tcp(AF_INET), &to.any, to.len));
}
static void loopback(void)
{
	int server = udp(AF_INET), fd = udp(AF_INET);
	struct resolver own = at("127.0.0.1", 5106);
	char buf[8];
	SAY(bind(server, &own.any, own.len));
	SAY(sendto(fd, "hello", 5, 0, &own.any, own.len));
	SAY(recv(server, buf, sizeof(buf), 0));
	SAY(connect(fd, &own.any, own.len));
	say_names(fd);
	SAY(send(fd, "hello", 5, 0));
	SAY(recv(server, buf, sizeof(buf), 0));
	close(server);
	SAY(send(fd, "hello", 5, 0));
	SAY(send(fd, "hello", 5, 0)); // the refusal that the one before was given
}

const struct one_case address_cases[] = {
	{"sendto IPv4", sendto_v4},
	{"sendto IPv6", sendto_v6},
	{"sendto v4-mapped", sendto_mapped},
	{"sendto IPv4 address of an IPv6 socket", sendto_v4_of_v6},
	{"sendto another resolver", sendto_other},
	{"sendto with flow information", sendto_flowinfo},
	{"sendto v4-mapped of an IPv6-only socket", sendto_v6only},
	{"connect IPv4", connect_v4},
	{"connect IPv6", connect_v6},
	{"connect v4-mapped", connect_mapped},
	{"connect and name", connect_and_name},
	{"disconnect and reconnect", disconnect},
	{"disconnect keeps the port", disconnect_keeps_the_port},
	{"bound before", bound_to_a_port},
	{"bound after", bound_after},
	{"bound before, IPv6", bound_to_a_v6_port},
	{"SO_REUSEPORT", two_on_one_port},
	{"link-local", link_local},
	{"not a resolver", not_allowed},
	{"loopback", loopback},
	{0},
};
