package audit

import "time"

// wholeSeconds is RFC 3339 in UTC, up to the milliseconds that a line adds.
const wholeSeconds = "2006-01-02T15:04:05"

// stampPart keeps how the line that was written last begins: its kind, and its time up to the second.
type stampPart struct {
	of     Name
	second int64 // since the epoch
	text   []byte
}

func (p *stampPart) appendTo(dst []byte, of Name, at time.Time) []byte {
	if second := at.Unix(); p.text == nil || second != p.second || of != p.of {
		l := line{append(p.text[:0], `{"event.name":`...)}
		l.quote(string(of), MaxString, false)
		l.key(`,"event.timestamp":"`)
		p.of, p.second, p.text = of, second, at.UTC().AppendFormat(l.buf, wholeSeconds)
	}
	const decimal = 10
	ms := at.Nanosecond() / int(time.Millisecond)
	return append(append(dst, p.text...), '.', '0'+byte(ms/decimal/decimal), '0'+byte(ms/decimal%decimal), '0'+byte(ms%decimal), 'Z', '"')
}
