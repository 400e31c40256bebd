// The first memory of the Go heap. A run touches 450 pages of it until its command begins, and each is a fault, which takes 2 µs on a
// virtual machine; a huge page is one fault, and takes as long as sixty of them.

#define _GNU_SOURCE
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/types.h>

enum { BLOCK = 4 << 20 }; // what the runtime makes its heap grow by, or a multiple

// How many more are of huge pages. The heap begins anywhere in the first; small pages of the next keep an idle supervisor below 20 MiB, unless they are about
// to be filled. Only one thread lets it grow at a time.
static atomic_long blocks = 1;

void dnsvisor_fill_heap(long more)
{
	blocks += more;
}

void *__real_mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset);

// The runtime maps by way of C, and what it puts in blocks where it has reserved room is its heap.
void *__wrap_mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset)
{
	void *at = __real_mmap(addr, length, prot, flags, fd, offset);
	if (blocks > 0 && at == addr && addr && length % BLOCK == 0 && (uintptr_t)addr % BLOCK == 0 && prot == (PROT_READ | PROT_WRITE)) {
		long here = length / BLOCK < blocks ? length / BLOCK : blocks;
		blocks -= here;
		madvise(at, here * BLOCK, MADV_HUGEPAGE); // where the kernel has none, pages are small
	}
	return at;
}
