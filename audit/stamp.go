package audit

import "time"

// wholeSeconds is RFC 3339 in UTC, up to the milliseconds that stamp adds.
const wholeSeconds = "2006-01-02T15:04:05"

// stamp writes times, most of which are of the second of the one before. The zero value is good.
type stamp struct {
	second int64 // since the epoch
	text   []byte
}

func (s *stamp) appendTo(dst []byte, t time.Time) []byte {
	if second := t.Unix(); s.text == nil || second != s.second {
		s.second, s.text = second, t.UTC().AppendFormat(s.text[:0], wholeSeconds)
	}
	const decimal = 10
	ms := t.Nanosecond() / int(time.Millisecond)
	return append(append(dst, s.text...), '.', '0'+byte(ms/decimal/decimal), '0'+byte(ms/decimal%decimal), '0'+byte(ms%decimal), 'Z')
}
