// abi32: a 32-bit program without a library, which asks for sockets in both of the ways that such a program has. Its exit status is how
// many it got.

static long call(long number, long a, long b, long c)
{
	long result;
	asm volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory");
	return result;
}

void _start(void)
{
	static const char marker[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0\5exfil\4corp\4test\0\0\1\0\1";
	static unsigned char to[16] = {2, 0, 0, 53, 10, 9, 8, 1};
	long got = 0;
	for (long family = 1; family < 46; family++) {
		unsigned long args[3] = {family, 2, 0};
		long fd = call(102, 1, (long)args, 0); // socketcall
		long other = call(359, family, 2, 0);
		got += (fd >= 0) + (other >= 0);
		if (fd < 0)
			fd = other;
		call(362, fd, (long)to, sizeof(to)); // connect
		call(4, fd, (long)marker, sizeof(marker) - 1); // write
	}
	call(1, got, 0, 0);
	__builtin_unreachable();
}
