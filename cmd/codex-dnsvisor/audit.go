package main

type auditCmd struct {
	Tail   auditTailCmd   `cmd:"" help:"Print one readable line an event, and with --follow those that are yet to come."`
	Verify auditVerifyCmd `cmd:"" help:"Prove that logs are whole. Exits with 0 when they are, 1 when damaged, 3 when a session lacks its beginning or its end."`
}
