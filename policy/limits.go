package policy

import "cmp"

// Limits bound what wildcard rules and upstream questions let through. A field of zero is its default.
type Limits struct {
	Names      int // distinct names a minute, of one wildcard rule
	Bytes      int // bytes of what the wildcard stands for in those names
	TotalNames int // distinct names a minute, of all wildcard rules
	TotalBytes int // bytes of them
	Questions  int // questions to upstreams a second, of one rule of any kind
}

// DefaultLimits are beyond what a package manager or a browser asks for.
var DefaultLimits = Limits{Names: 300, Bytes: 8192, TotalNames: 1000, TotalBytes: 24576, Questions: 100}

// Bounds of the values of [dns.budget]; the least is 1.
const (
	MaxBudgetNames = 1 << 16
	MaxBudgetBytes = 1 << 24
	MaxQuestions   = 1 << 16
)

func (l Limits) orDefault() Limits {
	d := DefaultLimits
	return Limits{
		Names: cmp.Or(l.Names, d.Names), Bytes: cmp.Or(l.Bytes, d.Bytes),
		TotalNames: cmp.Or(l.TotalNames, d.TotalNames), TotalBytes: cmp.Or(l.TotalBytes, d.TotalBytes),
		Questions: cmp.Or(l.Questions, d.Questions),
	}
}
