// tagged SERVER: asks by each call with pointers that carry a tag in their upper byte, where the kernel takes such (arm64).
#define _GNU_SOURCE
#include "ask.h"

#include <stdint.h>
#include <sys/prctl.h>
#include <sys/uio.h>

#ifdef __aarch64__
#define TAG (UINT64_C(0xb4) << 56)
#else
#define TAG UINT64_C(0)
#endif

#ifndef PR_SET_TAGGED_ADDR_CTRL
#define PR_SET_TAGGED_ADDR_CTRL 55
#define PR_TAGGED_ADDR_ENABLE 1
#endif

static void *tagged(const void *p) { return (void *)((uintptr_t)p | TAG); }

int main(int argc, char **argv)
{
	if (argc != 2 || (TAG && prctl(PR_SET_TAGGED_ADDR_CTRL, PR_TAGGED_ADDR_ENABLE, 0, 0, 0) < 0))
		return 2;
	static struct sockaddr_in to;
	static unsigned char q[2][QUESTION];
	static struct iovec iov[2];
	static struct mmsghdr m[2];
	to = resolver(argv[1]);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	for (int i = 0; i < 2; i++) {
		q[i][1] = i;
		memcpy(q[i] + 2, tail, QUESTION - 2);
		iov[i] = (struct iovec){tagged(q[i]), QUESTION};
		m[i].msg_hdr = (struct msghdr){.msg_name = tagged(&to), .msg_namelen = sizeof(to), .msg_iov = tagged(&iov[i]), .msg_iovlen = 1};
	}
	printf("sendto %zd", sendto(fd, tagged(q[0]), QUESTION, 0, tagged(&to), sizeof(to)));
	printf(", answer %d\n", answer(fd));
	printf("sendmsg %zd", sendmsg(fd, tagged(&m[1].msg_hdr), 0));
	printf(", answer %d\n", answer(fd));
	int sent = sendmmsg(fd, tagged(m), 2, 0);
	printf("sendmmsg %d, of %u and %u bytes", sent, m[0].msg_len, m[1].msg_len);
	printf(", answers to %d\n", answer(fd) + answer(fd));
	int failed = connect(fd, tagged(&to), sizeof(to));
	printf("connect %d, ", failed);
	printf("send %zd", send(fd, tagged(q[0]), QUESTION, 0));
	printf(", answer %d\n", answer(fd));
	return 0;
}
