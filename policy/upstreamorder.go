package policy

// UpstreamOrder says in which order the upstreams of a list are asked. The zero value is Failover.
type UpstreamOrder uint8

// The orders of upstreams.
const (
	Failover UpstreamOrder = iota // the next one when one failed
	Race                          // the next one, too, when one takes long; the first answer is taken
)

var upstreamOrderWords = [...]string{Failover: "failover", Race: "race"}

// String is the word of a policy file.
func (o UpstreamOrder) String() string { return wordOf(upstreamOrderWords[:], "UpstreamOrder", o) }
