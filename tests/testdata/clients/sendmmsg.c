// sendmmsg: questions in one call, and calls that are more than a question, with what a program sees of each.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static unsigned char question[] = "\x12\x34\x01\0\0\1\0\0\0\0\0\0\4host\7example\0\0\1\0\1";
#define SIZE (sizeof(question) - 1)

static struct sockaddr_in to(const char *ip, int port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
	inet_pton(AF_INET, ip, &a.sin_addr);
	return a;
}

static void from(int fd, char *text)
{
	unsigned char answer[512];
	struct sockaddr_in a = {0};
	socklen_t len = sizeof(a);
	struct pollfd p = {fd, POLLIN, 0};
	if (poll(&p, 1, 10000) != 1 || recvfrom(fd, answer, sizeof(answer), 0, (void *)&a, &len) < 12 || !(answer[7])) {
		strcpy(text, "nobody");
		return;
	}
	sprintf(text, "%s:%d", inet_ntoa(a.sin_addr), ntohs(a.sin_port));
}

static int order(const void *a, const void *b) { return strcmp(a, b); }

int main(void)
{
	struct sockaddr_in list[3] = {to("8.8.8.8", 53), to("127.0.0.53", 53), to("1.1.1.1", 53)};
	struct iovec iov[2] = {{question, 10}, {question + 10, SIZE - 10}};
	struct mmsghdr m[3] = {0};
	char text[3][32];
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	for (int i = 0; i < 3; i++)
		m[i].msg_hdr = (struct msghdr){.msg_name = &list[i], .msg_namelen = sizeof(list[i]), .msg_iov = iov, .msg_iovlen = 2};
	printf("sent %d of 3\n", sendmmsg(fd, m, 3, 0));
	printf("sizes %u %u %u\n", m[0].msg_len, m[1].msg_len, m[2].msg_len);
	for (int i = 0; i < 3; i++)
		from(fd, text[i]);
	qsort(text, 3, sizeof(text[0]), order);
	printf("answers from %s %s %s\n", text[0], text[1], text[2]);

	list[2] = to("192.0.2.1", 9);
	int sent = sendmmsg(fd, m, 3, 0);
	int rest = sendmmsg(fd, m + 2, 1, 0);
	printf("mixed: sent %d of 3, then %s\n", sent, rest < 0 ? strerrorname_np(errno) : "nothing");
	from(fd, text[0]), from(fd, text[1]);

	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {0};
	list[0] = to("9.9.9.9", 53);
	m[0].msg_hdr.msg_control = control.bytes;
	m[0].msg_hdr.msg_controllen = sizeof(control.bytes);
	struct cmsghdr *c = CMSG_FIRSTHDR(&m[0].msg_hdr);
	c->cmsg_level = IPPROTO_IP, c->cmsg_type = IP_TTL, c->cmsg_len = CMSG_LEN(sizeof(int));
	*(int *)CMSG_DATA(c) = 7;
	ssize_t n = sendmsg(fd, &m[0].msg_hdr, 0);
	from(fd, text[0]);
	printf("control messages: sent %zd, answer from %s\n", n, text[0]);

	sendto(fd, question, 10, MSG_MORE, (void *)&list[0], sizeof(list[0]));
	sendto(fd, question + 10, SIZE - 10, 0, (void *)&list[0], sizeof(list[0]));
	from(fd, text[0]);
	printf("MSG_MORE: answer from %s\n", text[0]);
	return 0;
}
