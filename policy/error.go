package policy

// Error is a mistake in a policy file.
type Error struct {
	Origin   Origin // the file; with line and column unless it is about the file as a whole
	Msg      string // "unknown key "upstream" in [dns]"
	Accepted string // what is accepted there, or ""
	Err      error  // the cause, or nil
}

// Error is FILE:LINE:COL: message.
func (e *Error) Error() string { return e.Origin.String() + ": " + e.Msg }

// Unwrap returns the cause, or nil.
func (e *Error) Unwrap() error { return e.Err }

// Hint says what is accepted; it is empty where nothing helps.
func (e *Error) Hint() string { return e.Accepted }
