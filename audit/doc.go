// Package audit writes what was decided: one compact JSON object a line and decision, handed to the kernel before
// [Log.Record] returns, so that no answer leaves ahead of its line. A change of the policy has a line too, and so have the
// beginning and the end of a session: one run, or one forwarder.
//
// # The line
//
// The object is flat, the dotted names are literal keys, and a line holds those that have a value in this order:
//
//	event.name                  codex.dns.policy_decision, codex.dns.block_decision, codex.dns.forward,
//	                            codex.dns.policy_reload, codex.dns.session_start, codex.dns.session_end
//	event.timestamp             2026-01-02T03:04:05.678Z: RFC 3339, UTC, milliseconds
//	conversation.id             the agent's own name for what the command belongs to
//	session.id                  random, one for all lines of a session
//	audit.schema                of the first line: 1, the version of docs/audit.schema.json
//	chain.start                 of the first line: 256 random bits, in hex
//	service.version             of the first line: this program's
//	network.policy.scope        domain, non_domain
//	network.policy.decision     allow, deny
//	network.policy.source       baseline_policy, record, derived
//	network.policy.reason       allow, denied, not_allowed, not_allowed_local, unconfirmed, budget,
//	                            malformed
//	network.policy.rule         the pattern that decided; of a forward, the flag's value or the variable
//	observed                    true: allowed, though the policy denies it for the reason given; of the first line, that
//	                            the session allows everything so
//	policy.file                 the file whose change led to a reload
//	policy.result               applied, refused
//	policy.reason               why the change was refused, and so the policy is still the old one
//	policy.digest               sha256: and the SHA-256, in hex, of the policy that decides from this line on, as "policy show"
//	                            prints it; of the first line, and of an applied change
//	network.local.address       of a forwarder's first line: the path of its socket
//	network.transport.protocol  dns_udp, dns_tcp, dns_unix, udp, tcp, unix
//	server.address              the name asked, lower case, no trailing dot; the address or path of a call
//	server.port
//	client.address              host:port, as Codex writes it
//	dns.question.type, dns.response_code
//	dns.answer.source           of an allowed question: upstream, cache (nothing was asked), record, local (localhost, a failure)
//	dns.answers                 array of strings
//	dns.resolver.address        the address the client aimed at; its port is server.port
//	network.peer.address        what a forward connected to outside: a host, or the path of a socket
//	network.peer.port
//	client.bytes, server.bytes  carried from the client, and to it
//	error.type                  ECONNREFUSED and the like: why nothing was carried
//	duration_us                 whole microseconds
//	syscall.name
//	process.pid, process.parent_pid, process.executable.path
//	process.command_args        array of strings; of a run's first line, the command that is run
//	process.exit.code           of the last line: the command's, which a forwarder's is 0
//	process.exit.signal         of the last line: that ended the command
//	error.message               of the last line: why the session failed
//	session.events              of the last line: how many lines the session has, this one included
//	count                       all the retries of one question, where there were any
//	chain.kept                  of the first line after a rotation that has removed some of the session's: the number of the
//	                            first that is left
//	chain.sequence              how many lines of the session there are up to this one
//	chain.hash                  see below
//
// A session without a last line was killed, still runs, or is cut off.
//
// # The chain
//
// chain.hash is the SHA-256, in lower-case hex, over the chain.hash of the session's line before (64 zeros for the first), a
// newline, and this line up to the comma before "chain.hash". Several sessions may write to one file; each has a chain of its own.
//
// A line that did not get into the log whole is none of its chain: the next one, on a line of its own, has its number.
//
// The network.policy.*, server.*, client.address, conversation.id and event.* keys and their values are those of
// Codex's codex.network_proxy.policy_decision events (openai/codex, codex-rs/network-proxy), an allow's reason
// "allow" among them. Codex says "none", "unknown" or false where it has no method, client or override; here such
// keys are left out. The decisions "ask" and the sources mode_guard, proxy_state and decider do not occur. The
// process.*, session.id, service.version, network.local.address and dns.answers keys are OpenTelemetry's, whose dns.question.name is server.address here,
// whose network.transport is network.transport.protocol, and whose dns.answers holds addresses only. network.peer.*,
// error.type and error.message are its too; client.bytes and server.bytes are the Elastic Common Schema's.
//
// # What a target chose
//
// A line is printable UTF-8 whatever the bytes it tells of. In a JSON string, once decoded,
//
//   - a backslash is doubled;
//   - a byte that is not part of valid UTF-8 is \xNN, in lower case, and so are the three bytes of U+2026 (…);
//   - everything else is itself, but written \uNNNN in the line where it does not print: control, format (bidi),
//     separator, private-use, unassigned and default-ignorable code points, and every space but U+0020.
//
// A … at the end therefore always means that the string was cut there, and where the last string of an array ends
// so there may have been more strings. [Escape] is the same for people, with \uNNNN and \UNNNNNNNN left in the text.
//
// A string takes at most [MaxString] bytes of the line, server.address [MaxName], the arguments [MaxArgs] and the
// answers [MaxAnswers] bytes in all and [MaxItems] strings, and a line at most [MaxLine].
//
// # Retries
//
// Events with one [RetryKey] within [DefaultWindow] of the first fold: the first is written at once and the others
// are counted. When the window ends (or the table of [MaxFolded] keys is full, or at Close) the last of them is
// written with the count of all. A count is never dropped.
//
// # Limitations
//
//   - A retry that was only counted is not in the log yet: a supervisor killed with SIGKILL loses the counts of the
//     last window, and no first lines.
//   - Handed to the kernel is not on the disk: fsync happens at Close alone.
//   - Lines longer than PIPE_BUF may interleave in a pipe that others write to as well.
//   - A terminal, and a pipe that cannot be opened anew through /proc, may block Record for as long as nobody reads.
//   - A file that grows past the limit of setrlimit(2) raises SIGXFSZ, which ends a Go program: ignore it to get the error.
//   - A target that may write to the log's directory can swap or remove the file. Its last component is not followed
//     when it is a symbolic link, except in /dev, /dev/fd and below /proc.
//   - [Lookup] tells what the process says of itself: it can rewrite its arguments, and what reading them costs
//     (see there).
package audit
