package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// MaxFile is the size of the largest policy file, in bytes.
const MaxFile = 1 << 20

// File is what a policy file says.
type File struct {
	Rules   []Rule // of [network.domains], as they are written
	DNS     DNS
	Records []Zone
}

// DNS is the table [dns]. A key that is absent is nil, or the zero value where that is its default.
type DNS struct {
	Types       []Located // words for types, as they are written; not nil but empty for "types = []"
	PTR         PTRMode
	DenyPrivate bool           // addresses of RFC 1918, RFC 6598 and RFC 4193 are taken out of upstream answers
	MinLease    *time.Duration // of derived names and addresses; at most MaxLease if both are there
	MaxLease    *time.Duration
	Stale       *time.Duration // how long after its end an answer may still be given (RFC 8767); 0 is never

	Upstreams     []Located // for every name of no zone; as they are written, not empty texts; not nil but empty for "upstreams = []"
	Zones         []UpstreamZone
	UpstreamProxy Located // as it is written; without a text where there is none
	UpstreamOrder UpstreamOrder

	DenyWith  DenyWith
	CacheSize *int           // entries; 0 is no cache
	MinTTL    *time.Duration // whole seconds; at most MaxTTL if both are there
	MaxTTL    *time.Duration // whole seconds
	Timeout   *time.Duration // of a question in all; more than 0
	Budget    Limits
}

// UpstreamZone is a domain that is asked about elsewhere: the domain itself and all names below it, except where a longer one
// holds.
type UpstreamZone struct {
	Domain    string    // normalised; not the root
	Upstreams []Located // as those of DNS; empty: nobody is asked
	Origin    Origin    // of the domain
}

// Located is a text of a policy file with its place.
type Located struct {
	Text   string
	Origin Origin
}

// Bounds of the values of [dns].
const (
	MaxTypes         = 64
	MaxUpstreams     = 16 // of one list
	MaxUpstreamZones = 256
	MaxCacheSize     = 1 << 20
	MaxTTL           = 7 * 24 * time.Hour // RFC 8767 section 4
	MaxStale         = 7 * 24 * time.Hour // RFC 8767 section 4
	LongestLease     = 24 * time.Hour
	MinTimeout       = 10 * time.Millisecond
	MaxTimeout       = 4800 * time.Millisecond // glibc asks again after 5 s
)

// Load reads the policy file at path: a regular file of at most MaxFile bytes. The error is an [*Error], the first one.
func Load(path string) (*File, error) {
	data, err := Read(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, data)
}

// Read reads a file of rules in whatever format: a regular file of at most a byte more than MaxFile. The error is an [*Error].
func Read(path string) ([]byte, error) {
	fail := func(msg string, err error) ([]byte, error) {
		return nil, &Error{Origin: Origin{File: path}, Msg: msg, Accepted: "a policy file is a regular file of TOML", Err: err}
	}
	// Opening a FIFO would wait for a writer, so look before.
	info, err := os.Stat(path)
	if err != nil {
		return fail("cannot be read: "+cause(err).Error(), err)
	}
	if !info.Mode().IsRegular() {
		return fail("is not a regular file", nil)
	}
	f, err := os.Open(path)
	if err != nil {
		return fail("cannot be read: "+cause(err).Error(), err)
	}
	defer f.Close()
	var data bytes.Buffer
	data.Grow(int(min(info.Size(), MaxFile)) + bytes.MinRead)
	if _, err := data.ReadFrom(io.LimitReader(f, MaxFile+1)); err != nil {
		return fail("cannot be read: "+cause(err).Error(), err)
	}
	return data.Bytes(), nil
}

// cause is the error under a path error, whose path the origin repeats.
func cause(err error) error {
	if path, ok := errors.AsType[*os.PathError](err); ok {
		return path.Err
	}
	return err
}

func tooLarge(name string) error {
	return &Error{
		Origin: Origin{File: name}, Msg: fmt.Sprintf("is larger than %d bytes", MaxFile),
		Accepted: "*.example.com and **.example.com stand for any number of names",
	}
}
