package main

type auditCmd struct {
	Tail auditTailCmd `cmd:"" help:"Print one readable line an event, and with --follow those that are yet to come."`
}
