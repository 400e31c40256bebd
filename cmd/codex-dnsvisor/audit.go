package main

type auditCmd struct {
	Tail    auditTailCmd    `cmd:"" help:"Print one readable line an event, and with --follow those that are yet to come."`
	Summary auditSummaryCmd `cmd:"" help:"Count what was asked: by name, domain, process, rule, reason and hour; what was denied first."`
	Diff    auditDiffCmd    `cmd:"" help:"Say what the second of two logs asks that the first does not. Exits with 1 when there is any."`
	Suggest auditSuggestCmd `cmd:"" help:"Suggest the smallest policy that would have allowed what was denied."`
	Report  auditReportCmd  `cmd:"" help:"Write a page to look at: when what was allowed and denied, to whom, and a table of all."`
	Export  auditExportCmd  `cmd:"" help:"Write events in the format of something else: OTLP/JSON logs, or CSV."`
	Verify  auditVerifyCmd  `cmd:"" help:"Prove that logs are whole. Exits with 0 when they are, 1 when damaged, 3 when a session lacks its beginning or its end."`
}
