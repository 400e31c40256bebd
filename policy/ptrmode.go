package policy

// PTRMode says which results of reverse look-ups are given. The zero value is PTRConfirmed.
type PTRMode uint8

// The modes of reverse look-ups. All are of leased addresses alone, and in all an explicit deny of a name holds.
const (
	PTRConfirmed PTRMode = iota // names that have the address, by a forward look-up
	PTRAny                      // what the zone of the address says
	PTROff                      // none, and none is asked for
)

var ptrModeWords = [...]string{PTRConfirmed: "confirmed", PTRAny: "any", PTROff: "off"}

// String is the word of a policy file.
func (m PTRMode) String() string { return wordOf(ptrModeWords[:], "PTRMode", m) }
