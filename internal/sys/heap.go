package sys

// void dnsvisor_fill_heap(long blocks);
import "C"

const heapBlock = 4 << 20 // heap.c

// FillHeap says how many bytes of the Go heap are about to be filled, beside what every run needs: they are on huge pages.
func FillHeap(bytes int) { C.dnsvisor_fill_heap(C.long((bytes + heapBlock - 1) / heapBlock)) }
