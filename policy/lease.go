package policy

import (
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// Bounds of leases. A policy may say other times.
const (
	DefaultMinLease = time.Minute
	DefaultMaxLease = time.Hour
	// MaxLeases is how many names and how many addresses have a lease at once; the oldest makes room for a new one.
	MaxLeases = 16384
	// MaxDepth is how many answers a lease may be away from the name that a rule allows.
	MaxDepth = 8
)

// Lease allows a name or an address that an allowed name's authority led to, for as long as it lasts. Whether the name
// that it began with is still allowed has to be looked up at each use: policies change.
type Lease struct {
	Origin string    // the name that a rule allowed
	Depth  int       // answers between the origin and this, from 1
	Until  time.Time // it ends then
}

// Leases are the names and addresses that are allowed since an answer led to them. They are safe for concurrent use.
type Leases struct {
	mu        sync.Mutex
	names     *simplelru.LRU[string, Lease]
	zones     *simplelru.LRU[string, Lease]
	addresses *simplelru.LRU[netip.Addr, Lease]
	allowed   func(origin string) bool
}

// NewLeases makes an empty table. allowed says whether an origin is still allowed: a lease whose origin is not gives way to
// any other. nil allows all.
func NewLeases(allowed func(origin string) bool) *Leases {
	return &Leases{names: leaseTable[string](), zones: leaseTable[string](), addresses: leaseTable[netip.Addr](), allowed: allowed}
}

func leaseTable[K comparable]() *simplelru.LRU[K, Lease] {
	table, err := simplelru.NewLRU[K, Lease](MaxLeases, nil)
	if err != nil {
		panic(err) // the size is a constant above zero
	}
	return table
}

// GrantName gives a lease to a name in lower case without its trailing dot.
func (l *Leases) GrantName(name string, lease Lease, now time.Time) {
	grant(l, l.names, name, lease, now)
}

// GrantAddress gives a lease to an address, for its reverse name.
func (l *Leases) GrantAddress(addr netip.Addr, lease Lease, now time.Time) {
	grant(l, l.addresses, addr, lease, now)
}

// GrantZone gives a lease to a name for what validates the names below it alone.
func (l *Leases) GrantZone(name string, lease Lease, now time.Time) {
	grant(l, l.zones, name, lease, now)
}

// grant renews a lease, but not by one that is further from its origin: two names that lead to each other would
// otherwise keep each other for ever.
func grant[K comparable](l *Leases, table *simplelru.LRU[K, Lease], key K, lease Lease, now time.Time) {
	if lease.Depth > MaxDepth {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if old, ok := table.Get(key); ok && now.Before(old.Until) && old.outweighs(lease) && (l.allowed == nil || l.allowed(old.Origin)) {
		return
	}
	table.Add(key, lease)
}

func (l Lease) outweighs(other Lease) bool {
	return l.Depth < other.Depth || l.Depth == other.Depth && l.Until.After(other.Until)
}

// Name is the lease of a name; false where it has none or its time is over.
func (l *Leases) Name(name string, now time.Time) (Lease, bool) { return lookUp(l, l.names, name, now) }

// Address is the lease of an address.
func (l *Leases) Address(addr netip.Addr, now time.Time) (Lease, bool) {
	return lookUp(l, l.addresses, addr, now)
}

// Zone is the lease that [Leases.GrantZone] gave.
func (l *Leases) Zone(name string, now time.Time) (Lease, bool) { return lookUp(l, l.zones, name, now) }

func lookUp[K comparable](l *Leases, table *simplelru.LRU[K, Lease], key K, now time.Time) (Lease, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	lease, ok := table.Get(key)
	if ok && !now.Before(lease.Until) {
		table.Remove(key)
		return Lease{}, false
	}
	return lease, ok
}
