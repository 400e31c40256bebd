package policy

// DenyWith is how a denied name is answered. The zero value is NXDomain.
type DenyWith uint8

// The ways to answer a denied name.
const (
	NXDomain DenyWith = iota // the name does not exist, RFC 8914 code 15 says that it is blocked
	Refused
	NoData // the name exists and has no data of the type
	Errno  // the caught call itself fails with EACCES; NXDomain where no call is caught
)

var denyWithWords = [...]string{NXDomain: "nxdomain", Refused: "refused", NoData: "nodata", Errno: "errno"}

// String is the word of a flag or a policy file.
func (d DenyWith) String() string { return wordOf(denyWithWords[:], "DenyWith", d) }

// ParseDenyWith reads the word of a flag or a policy file.
func ParseDenyWith(s string) (DenyWith, error) { return parseWord[DenyWith](denyWithWords[:], s) }

// UnmarshalText is ParseDenyWith for decoders of flags.
func (d *DenyWith) UnmarshalText(text []byte) error {
	parsed, err := ParseDenyWith(string(text))
	if err == nil {
		*d = parsed
	}
	return err
}
