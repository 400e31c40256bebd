package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/codex-dnsvisor/codex-dnsvisor/policy"
	"github.com/codex-dnsvisor/codex-dnsvisor/resolve"
	"github.com/codex-dnsvisor/codex-dnsvisor/supervisor"
)

const defaultCacheSize = 4096

// resolverConfig puts the records and upstreams of the flags and the file together.
func (f *policyFlags) resolverConfig(file *policy.File) (resolve.Config, error) {
	c := resolve.Config{
		CacheSize: value(file.DNS.CacheSize, defaultCacheSize), MinTTL: value(file.DNS.MinTTL, 0),
		MaxTTL: value(file.DNS.MaxTTL, time.Hour), Timeout: value(file.DNS.Timeout, 0),
		Stale: value(file.DNS.Stale, 0), Own: supervisor.Placeholders(),
	}
	if file.DNS.DenyPrivate {
		c.Local = resolve.PrivateNetworks()
	}
	var err error
	if c.Types, err = types(file); err != nil {
		return c, err
	}
	records, err := f.records(file)
	if err != nil {
		return c, err
	}
	if c.Records, err = resolve.MergeRecords(records...); err != nil {
		return c, err
	}
	err = upstreams(file, &c)
	return c, err
}

// types are those of the file; nil where it does not say.
func types(file *policy.File) ([]uint16, error) {
	var all []uint16
	if file.DNS.Types != nil {
		all = []uint16{}
	}
	for _, word := range file.DNS.Types {
		kind, err := resolve.ParseType(word.Text)
		if err == nil && !resolve.IsData(kind) {
			err = fmt.Errorf("%s is no type of data", resolve.TypeString(kind))
		}
		if err != nil {
			return nil, &hinted{fmt.Errorf("%s: %w", word.Origin, err), "types are such as A, AAAA, SRV or TYPE65"}
		}
		all = append(all, kind)
	}
	return all, nil
}

// value is what a key says, or the default where it is absent.
func value[T any](set *T, or T) T {
	if set == nil {
		return or
	}
	return *set
}

func (f *policyFlags) records(file *policy.File) ([]*resolve.Records, error) {
	var all []*resolve.Records
	for _, line := range f.Record {
		r, err := resolve.ParseRecord(line, "--record")
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	for _, zone := range file.Records {
		r, err := resolve.ParseZone(zone.Text, zone.File)
		var bad *resolve.RecordError
		if errors.As(err, &bad) && bad.Line > 0 {
			return nil, &hinted{fmt.Errorf("%s: %s", zone.At(bad.Line, bad.Column), bad.Problem), bad.Hint()}
		}
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}
