package audit

import "net/netip"

// RetryKey tells retries of one question, or of one refused call, from other events. The zero key folds nothing.
type RetryKey struct {
	PID       int
	Client    netip.AddrPort
	ID        uint16 // of the DNS message
	Name      string // asked for, or the address called
	Type      string
	Transport string
	Decision  Decision
	Syscall   string
	Port      int
}

// QuestionKey is the key of a question with the DNS message id: a retry comes from the same process and address,
// with the same id, name, type and transport, and was decided alike. Letter case does not tell names apart.
func QuestionKey(e *Event, id uint16) RetryKey {
	return RetryKey{
		PID: e.Process.PID, Client: e.ClientAddress, ID: id, Name: domain(e.ServerAddress),
		Type: e.QuestionType, Transport: e.Transport, Decision: e.Decision,
	}
}

// ExpansionKey is the key of a denied question for a name that a search list made of bare: one process asks for all of
// them, of several types, and means one name.
func ExpansionKey(e *Event, bare string) RetryKey {
	return RetryKey{PID: e.Process.PID, Name: domain(bare), Transport: e.Transport, Decision: e.Decision}
}

// CallKey is the key of a call that is not DNS: the same process, system call, address and port, decided alike.
func CallKey(e *Event) RetryKey {
	return RetryKey{
		PID: e.Process.PID, Name: e.ServerAddress, Port: e.ServerPort,
		Transport: e.Transport, Decision: e.Decision, Syscall: e.Syscall,
	}
}
