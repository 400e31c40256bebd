// race_headers SECONDS THREADS: all that a msghdr, a mmsghdr and a sendto point at changes while the kernel and the supervisor read it:
// names, their lengths, vectors, their lengths, the bytes, the control messages.
#include "race.h"

#define MESSAGES 4

static struct sockaddr_in addresses[5];
static struct sockaddr_in6 mapped;
static unsigned char bytes[64];
static struct iovec vector[8];
static struct mmsghdr messages[MESSAGES];
static union {
	char bytes[CMSG_SPACE(64)];
	struct cmsghdr align;
} control;

static void *change(void *arg)
{
	static const unsigned lengths[] = {16, 0, 28, 1, 2, 128, 200, 0x80000000, 0xffffffff, 16};
	static const size_t counts[] = {1, 0, 2, 8, 1024, 1025, 1ul << 40, ~0ul, 1, 1};
	static const size_t sizes[] = {30, 0, 12, 65535, 65536, 1ul << 40, ~0ul, 30, 30, 29};
	for (unsigned i = (unsigned)(long)arg; !stop; i++) {
		struct msghdr *m = &messages[i % MESSAGES].msg_hdr;
		void *names[] = {&addresses[i % 5], &mapped, NULL, (void *)8, bytes, &addresses[1]};
		struct iovec *vectors[] = {vector, NULL, (void *)16, vector + 1};
		switch (i * 2654435761u >> 28) {
		case 0: *(void *volatile *)&m->msg_name = names[i % 6]; break;
		case 1: *(volatile unsigned *)&m->msg_namelen = lengths[i % 10]; break;
		case 2: *(void *volatile *)&m->msg_iov = vectors[i % 4]; break;
		case 3: *(volatile size_t *)&m->msg_iovlen = counts[i % 10]; break;
		case 4: *(void *volatile *)&m->msg_control = i & 64 ? &control : NULL; break;
		case 5: *(volatile size_t *)&m->msg_controllen = i & 64 ? CMSG_SPACE(4) : i & 128 ? ~0ul : 0; break;
		case 6: *(volatile size_t *)&vector[i % 8].iov_len = sizes[i % 10]; break;
		case 7: *(void *volatile *)&vector[i % 8].iov_base = i & 32 ? bytes : (void *)16; break;
		case 8: messages[i % MESSAGES].msg_len = ~0u; break;
		case 9: memcpy(bytes, i & 8 ? denied_question : allowed_question, QUESTION_SIZE); break;
		case 10: addresses[0].sin_port = i & 16 ? htons(53) : htons(9999); break;
		case 11: addresses[0].sin_family = i & 16 ? AF_INET : AF_UNSPEC; break;
		case 12: addresses[0].sin_addr.s_addr = i & 16 ? htonl(0x7f000001) : htonl(0x0a090801); break;
		default: // something that works, now and then
			*m = (struct msghdr){.msg_name = &addresses[3], .msg_namelen = 16, .msg_iov = vector, .msg_iovlen = 1};
			vector[0] = (struct iovec){bytes, QUESTION_SIZE};
		}
	}
	return arg;
}

static void *use(void *arg)
{
	int udp = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), udp6 = socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	for (unsigned i = 0; !stop; i++) {
		int fd = i & 32 ? udp6 : udp;
		switch (i % 4) {
		case 0: sendmsg(fd, &messages[i / 4 % MESSAGES].msg_hdr, MSG_NOSIGNAL | MSG_DONTWAIT); break;
		case 1: sendmmsg(fd, messages, i & 128 ? 1025 : MESSAGES, MSG_NOSIGNAL | MSG_DONTWAIT); break;
		case 2: sendto(fd, bytes, QUESTION_SIZE, MSG_NOSIGNAL | MSG_DONTWAIT, (void *)&addresses[0], messages[0].msg_hdr.msg_namelen); break;
		case 3:
			connect(fd, (void *)&addresses[0], sizeof(addresses[0]));
			write(fd, bytes, QUESTION_SIZE);
			connect(fd, &(struct sockaddr){.sa_family = AF_UNSPEC}, sizeof(struct sockaddr));
		}
		calls++;
		look(fd);
	}
	return arg;
}

int main(int argc, char **argv)
{
	static const char *const ips[] = {"10.9.8.1", "10.9.8.1", "127.0.0.1", "8.8.8.8", "10.9.8.7"};
	static const int ports[] = {53, 9999, 9, 53, 443};
	if (argc != 3)
		return 2;
	for (int i = 0; i < 5; i++)
		addresses[i] = address(ips[i], ports[i]);
	mapped = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(53)};
	inet_pton(AF_INET6, "::ffff:10.9.8.1", &mapped.sin6_addr);
	control.align = (struct cmsghdr){.cmsg_len = CMSG_LEN(4), .cmsg_level = SOL_IP, .cmsg_type = IP_TTL};
	memcpy(bytes, allowed_question, QUESTION_SIZE);
	for (int i = 0; i < 8; i++)
		vector[i] = (struct iovec){bytes, QUESTION_SIZE};
	return run_threads(atoi(argv[1]), atoi(argv[2]), change, use);
}
