package policy

import (
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

// DNS is the table [dns]. A key that is absent is nil, but for DenyWith, which then is NXDomain.
type DNS struct {
	Upstreams []Located // as they are written, not empty texts; not nil but empty for "upstreams = []"
	DenyWith  DenyWith
	CacheSize *int           // entries; 0 is no cache
	MinTTL    *time.Duration // whole seconds; at most MaxTTL if both are there
	MaxTTL    *time.Duration // whole seconds
	Timeout   *time.Duration // of a question in all; more than 0
}

// Located is a text of a policy file with its place.
type Located struct {
	Text   string
	Origin Origin
}

// Bounds of the values of [dns].
const (
	MaxUpstreams = 16
	MaxCacheSize = 1 << 20
	MaxTTL       = 7 * 24 * time.Hour // RFC 8767 section 4
	MinTimeout   = 10 * time.Millisecond
	MaxTimeout   = 5 * time.Second
)

// Load reads the policy file at path: a regular file of at most MaxFile bytes. The error is an [*Error], the first one.
func Load(path string) (*File, error) {
	data, err := read(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, data)
}

func read(path string) ([]byte, error) {
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
	data, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if err != nil {
		return fail("cannot be read: "+cause(err).Error(), err)
	}
	return data, nil
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
