// foreign: makes the socket calls of the machine's 32-bit ABI, each with arguments of which the kernel makes nothing, and says which of them the
// kernel knows: the errno of each, 38 (ENOSYS) for those that are not there. It has no C library, so that none need be there for that ABI.
#if defined(__x86_64__)
enum { WRITE = 4, EXIT = 1 };
static const struct { const char *name; int nr; } calls[] = {
	{"socketcall", 102}, {"socket", 359}, {"socketpair", 360}, {"bind", 361}, {"connect", 362}, {"listen", 363}, {"accept4", 364},
	{"getsockopt", 365}, {"setsockopt", 366}, {"getsockname", 367}, {"getpeername", 368}, {"sendto", 369}, {"sendmsg", 370},
	{"recvfrom", 371}, {"recvmsg", 372}, {"shutdown", 373}, {"recvmmsg", 337}, {"sendmmsg", 345}, {"io_uring_setup", 425}, {"request_key", 287},
};

// From 64-bit code, which may do so at any time.
static long call(long nr, long a, long b, long c)
{
	long result;
	__asm__ volatile("int $0x80" : "=a"(result) : "a"(nr), "b"(a), "c"(b), "d"(c), "S"(0L), "D"(0L) : "memory", "r8", "r9", "r10", "r11");
	return (int)result;
}
#elif defined(__arm__)
enum { WRITE = 4, EXIT = 1 };
static const struct { const char *name; int nr; } calls[] = {
	{"socket", 281}, {"bind", 282}, {"connect", 283}, {"listen", 284}, {"accept", 285}, {"getsockname", 286}, {"getpeername", 287},
	{"socketpair", 288}, {"send", 289}, {"sendto", 290}, {"recv", 291}, {"recvfrom", 292}, {"shutdown", 293}, {"setsockopt", 294},
	{"getsockopt", 295}, {"sendmsg", 296}, {"recvmsg", 297}, {"recvmmsg", 365}, {"accept4", 366}, {"sendmmsg", 374},
	{"io_uring_setup", 425}, {"request_key", 310},
};

static long call(long nr, long a, long b, long c)
{
	register long r7 __asm__("r7") = nr, r0 __asm__("r0") = a, r1 __asm__("r1") = b, r2 __asm__("r2") = c, r3 __asm__("r3") = 0, r4 __asm__("r4") = 0;
	__asm__ volatile("svc 0" : "+r"(r0) : "r"(r7), "r"(r1), "r"(r2), "r"(r3), "r"(r4) : "memory");
	return r0;
}
#else
#error "a machine without a second ABI"
#endif

static char out[1024];
static int length;

static void put(const char *text)
{
	while (*text)
		out[length++] = *text++;
}

__attribute__((used)) void start(void)
{
	for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		long result = -call(calls[i].nr, -1, 0, 0); // no descriptor, no family
		char digits[] = {'0' + result / 100 % 10, '0' + result / 10 % 10, '0' + result % 10, '\n', 0};
		put(calls[i].name);
		put(" ");
		put(digits);
	}
	call(WRITE, 1, (long)out, length);
	call(EXIT, 0, 0, 0);
}

#ifdef __x86_64__
__asm__(".globl _start\n_start:\n\tand $-16, %rsp\n\tcall start\n");
#else
__asm__(".globl _start\n_start:\n\tbl start\n");
#endif
