package main

import (
	"slices"

	"github.com/miekg/dns"
)

// with is a question for a.test with EDNS of 1232 octets, changed.
func with(change func(*dns.OPT)) []byte {
	m := question("a.test.", dns.TypeA)
	m.SetEdns0(1232, false)
	if change != nil {
		change(m.IsEdns0())
	}
	return pack(m)
}

func option(code uint16, data string) *dns.EDNS0_LOCAL {
	return &dns.EDNS0_LOCAL{Code: code, Data: []byte(data)}
}

// sized asks for a name with EDNS of a size.
func sized(name string, size uint16) []byte {
	m := question(name, dns.TypeA)
	m.SetEdns0(size, false)
	return pack(m)
}

func extended() []datagram {
	const z = 0x0040 // a flag beside DO
	unknown := func(o *dns.OPT) { o.Option = append(o.Option, option(100, "unknown")) }
	version := func(o *dns.OPT) { o.SetVersion(1) }
	flag := func(o *dns.OPT) { o.Hdr.Ttl |= z }
	do := func(o *dns.OPT) { o.SetDo() }
	all := func(changes ...func(*dns.OPT)) []byte {
		return with(func(o *dns.OPT) {
			for _, change := range changes {
				change(o)
			}
		})
	}
	const badVersion = "BADVERS edns0 -edns-z -option100 -an1"
	return []datagram{
		{spec{"EDNS 0", "8906 §8.2.1", "NOERROR an1 edns0"}, with(nil)},
		{spec{"EDNS 1", "8906 §8.2.2, 6891 §6.1.3", badVersion}, all(version)},
		{spec{"EDNS 255", "6891 §6.1.3", badVersion}, with(func(o *dns.OPT) { o.SetVersion(255) })},
		{spec{"an unknown option", "8906 §8.2.3, 6891 §6.1.2", "NOERROR an1 edns0 -option100"}, all(unknown)},
		{spec{"an unknown flag", "8906 §8.2.4, 6891 §6.1.4", "NOERROR an1 edns0 -edns-z"}, all(flag)},
		{spec{"EDNS 1, an unknown flag", "8906 §8.2.5", badVersion}, all(version, flag)},
		{spec{"EDNS 1, an unknown option", "8906 §8.2.6", badVersion}, all(version, unknown)},
		{spec{"DO=1", "8906 §8.2.8, 3225 §3", "NOERROR an1 edns0 do"}, all(do)},
		{spec{"EDNS 1, DO=1", "8906 §8.2.9", badVersion}, all(version, do)},
		{spec{"DO=1, an unknown flag and option", "8906 §8.2.3, §8.2.4, §8.2.8", "NOERROR an1 edns0 do -edns-z -option100"}, all(do, flag, unknown)},
		{spec{"a name that is denied here, unknown there", "6891 §6.1.1", "NXDOMAIN edns0"}, sized("denied.invalid.", 1232)},
		{spec{"size 0", "6891 §6.2.3", "NOERROR tc edns0 max512"}, sized("big.test.", 0)},
		{spec{"42 addresses in 512", "8906 §8.2.7", "NOERROR tc edns0 max512"}, sized("big.test.", 512)},
		{spec{"42 addresses in 1232", "6891 §6.2.4", "NOERROR -tc an42 edns0"}, sized("big.test.", 1232)},
		{spec{"42 addresses in 65535", "6891 §6.2.4", "NOERROR -tc an42 edns0"}, sized("big.test.", 65535)},
		{spec{"120 addresses in 1232", "8906 §8.2.7", "NOERROR tc edns0 max1232"}, sized("huge.test.", 1232)},
		{spec{"120 addresses in 4096", "6891 §6.2.4", "NOERROR tc|an120 edns0"}, sized("huge.test.", 4096)},
	}
}

func options() []datagram {
	one := func(code uint16, data string) []byte {
		return with(func(o *dns.OPT) { o.Option = append(o.Option, option(code, data)) })
	}
	// An OPT record's option that is longer than the record, and one that is cut inside its header.
	long := with(func(o *dns.OPT) { o.Option = append(o.Option, option(100, "1234")) })
	long[len(long)-5]++
	cut := slices.Concat(with(nil), []byte{0, 100, 0})
	cut[len(cut)-4] = 3
	second := with(nil)
	second[11] = 2
	second = append(second, second[len(second)-11:]...)
	owned := slices.Clone(header(nil))
	owned[11] = 1
	owned = append(owned, "\x01x\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x00"...)
	ahead := slices.Clone(header(nil))
	ahead[7] = 1
	ahead = append(ahead, "\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x00"...)
	const ignored = "NOERROR an1 edns0"
	return []datagram{
		{spec{"NSID, cookie, expire and client subnet", "8906 §8.2.10", ignored}, with(func(o *dns.OPT) {
			o.Option = append(o.Option, option(dns.EDNS0NSID, ""), option(dns.EDNS0COOKIE, "12345678"), option(dns.EDNS0EXPIRE, ""), option(dns.EDNS0SUBNET, "\x00\x01\x00\x00"))
		})},
		{spec{"client cookie", "7873 §5.2.3", ignored}, one(dns.EDNS0COOKIE, "12345678")},
		{spec{"a cookie of 7 octets", "7873 §5.2.2", "FORMERR|NOERROR edns0"}, one(dns.EDNS0COOKIE, "1234567")},
		{spec{"a cookie and no question", "7873 §5.4, 6891 §6.1.1", "NOERROR|FORMERR -an1 edns0"}, pack(cookieOnly())},
		{spec{"padding", "7830 §4", ignored}, one(dns.EDNS0PADDING, "\x00\x00\x00\x00\x00\x00\x00\x00")},
		{spec{"client subnet", "7871 §7.2.2", ignored}, one(dns.EDNS0SUBNET, "\x00\x01\x18\x00\xc0\x00\x02")},
		{spec{"client subnet of no family", "7871 §6", "FORMERR|REFUSED|NOERROR edns0"}, one(dns.EDNS0SUBNET, "\x00\x63\x18\x00\xc0\x00\x02")},
		{spec{"TCP keep-alive by UDP", "7828 §3.3", ignored + " -option11"}, one(dns.EDNS0TCPKEEPALIVE, "")},
		{spec{"server identifier", "5001 §2.2", ignored}, one(dns.EDNS0NSID, "")},
		{spec{"an option past the record's end", "6891 §6.1.1, §6.1.2", "FORMERR|NOERROR edns0"}, long},
		{spec{"an option cut inside its header", "6891 §6.1.1, §6.1.2", "FORMERR|NOERROR edns0"}, cut},
		{spec{"two OPT records", "6891 §6.1.1", "FORMERR -an1"}, second},
		{spec{"an OPT record that is not the root's", "6891 §6.1.2", "FORMERR -an1"}, owned},
		{spec{"an OPT record in the answer section", "6891 §6.1.1", "FORMERR -an1"}, ahead},
	}
}

func cookieOnly() *dns.Msg {
	m := new(dns.Msg)
	m.Id = dns.Id()
	m.SetEdns0(1232, false)
	m.IsEdns0().Option = append(m.IsEdns0().Option, option(dns.EDNS0COOKIE, "12345678"))
	return m
}
