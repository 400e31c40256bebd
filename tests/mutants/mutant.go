package main

// mutant is a way to break a fallback.
type mutant struct {
	feature string // by whose mask it is to be noticed, alone or with others
	mask    string // the part of TestFallbacks, without "without_"
	breaks  string // in words
	file    string
	old     string // what stands in the file once
	new     string
}

const kcmpToo = "pidfd_thread,kcmp"

// mutants are all that are tried. Each fallback of the table of kernel features has one that ends it before it began.
func mutants() []mutant {
	const (
		listener, launch, target, memory, file = "internal/sys/listener.go", "internal/sys/launch.go", "internal/sys/target.go", "internal/sys/memory.go", "internal/sys/memoryfile.go"
		path, feature                          = "internal/sys/path.go", "internal/sys/feature.go"
		command, keeper                        = "internal/sys/command.c", "internal/sys/keeper.c"
		emulator, unseen, connect              = "emulate/emulate.go", "emulate/unseen.go", "emulate/connect.go"
		confined                               = "supervisor/landlock.go"
		wall, whose, namespaces                = "supervisor/wall.go", "supervisor/whose.go", "supervisor/namespaces.go"
	)
	return []mutant{
		{"user_notif, user_notif_continue, pidfd_open, socket_netns, proc_children, seccomp_tsync", "(user_notif|user_notif_continue|pidfd_open|socket_netns|proc_children|seccomp_tsync)", "a run begins without what it requires", feature, "\t\tif f.row().Required && f.masked() {", "\t\tif false {"},
		{"spec_allow", "spec_allow", "no flag is asked for", listener, "\tif specAllow.there() {", "\tif !specAllow.there() {\n\t\treturn 0\n\t} else {"},
		{"wait_killable", "wait_killable", "no flag is asked for", listener, "\tif waitKillable.there() {", "\tif !waitKillable.there() {\n\t\treturn 0\n\t} else {"},
		{"wait_killable", "wait_killable", "an answer leaves before its call has ended", emulator, "\tif err := e.Listener.Return(n.ID, v.value, v.errno); err != nil {\n\t\treturn err\n\t}\n\tfor _, then := range v.after {\n\t\tthen()\n\t}\n\treturn nil", "\tfor _, then := range v.after {\n\t\tthen()\n\t}\n\treturn e.Listener.Return(n.ID, v.value, v.errno)"},
		{"sync_wake_up", "sync_wake_up", "the listener is not used", listener, "\tsyncWake.thereOn(fd) //", "\tif !syncWake.thereOn(fd) {\n\t\treturn nil, ErrGone\n\t} //"},
		{"id_valid", "id_valid", "the number of before is not known", listener, "idValid: idValidOld,", "idValid: 0,"},
		{"notif_sizes", "notif_sizes", "notifications are read as long as we know them", listener, "sizes.notif = max(sizes.notif, uint16(unsafe.Sizeof(rawNotification{})))", "sizes.notif = uint16(unsafe.Sizeof(rawNotification{}))"},
		{"notif_sizes", "notif_sizes", "replies are as long as we know them", listener, "\tb := room.buffer(size)", "\tb := room.buffer(min(size, 24))"},
		{"notif_sizes", "notif_sizes", "a longer reply is refused", listener, "\tsizes, err := kernelSizes()\n\tif err == nil", "\tsizes, err := kernelSizes()\n\tif sizes.used().resp > 24 {\n\t\terr = ErrGone\n\t}\n\tif err == nil"},
		{"pidfd_getfd", "pidfd_getfd", "nobody is hired to send the listener", command, "if (!(config->flags & DV_SEND_LISTENER))", "if (1)"},
		{"pidfd_getfd", "pidfd_getfd", "the listener that was sent is not taken", launch, "\tif len(fds) > 0 {\n\t\treturn newListener(fds[0])\n\t}", "\t_ = fds"},
		{"pidfd_getfd", "pidfd_getfd", "a call whose socket cannot be had fails", emulator, "errors.Is(err, sys.ErrOwnTable) || errors.Is(err, sys.ErrNotSupported)", "errors.Is(err, sys.ErrOwnTable)"},
		{"pidfd_getfd", "pidfd_getfd", "such a call runs before anybody looks where", unseen, "\tif !v.run || !e.aimed(to) {", "\tif true {"},
		{"pidfd_getfd", "pidfd_getfd", "a thread's network namespace is not found", whose, "\tfile, err := sys.IdentifyPath(networkPath(tid))", "\tfile, err := sys.FileID{}, errOwnTable"},
		{"pidfd_getfd", "pidfd_getfd", "a thread's network namespace is not opened", whose, "\treturn os.Open(networkPath(tid))", "\treturn nil, errMoved"},
		{"pidfd_getfd", "pidfd_getfd", "the home is told by a socket", namespaces, "\t\tif !sys.TakesDescriptors() {", "\t\tif false {"},
		{"pidfd_getfd", "pidfd_getfd", "a sandbox has no address before it asks", connect, "\tcase v.run && c.Waits():\n", "\tcase v.run && false:\n"},
		{"pidfd_thread", "pidfd_thread", "every thread is taken for one with a table of its own", target, "\tif !kcmpFiles.there() {", "\tif true {"},
		{"pidfd_thread", "pidfd_thread", "a table of a thread's own is taken for its process's", target, "\tif !shared {", "\tif !shared && false {"},
		{"pidfd_thread", "pidfd_thread", "a thread's calls fail", target, "\ttgid, err := ThreadGroup(tid)\n", "\ttgid, err := 0, error(unix.ESRCH)\n"},
		{"pidfd_thread", kcmpToo, "a thread with a table of its own is refused where others have asked", whose, "\t\tif ns.where == file {", "\t\tif ns.where == file && false {"},
		{"kcmp", kcmpToo, "it is asked all the same", target, "\tif !kcmpFiles.there() {", "\tif false {"},
		{"process_vm_readv", "process_vm_readv", "nothing is read", file, "\tspans = untagged(spans)\n", "\tif tid != os.Getpid() {\n\t\treturn 0, unix.EFAULT\n\t}\n\tspans = untagged(spans)\n"},
		{"process_vm_readv", "process_vm_readv", "more is read than the target could", file, "\t\thave := min(want, extent(readable, s.Base))", "\t\thave := want\n\t\t_ = extent(readable, s.Base)"},
		{"process_vm_readv", "process_vm_readv", "one stretch is read of several", file, "\t\ttotal += n\n", "\t\ttotal += n\n\t\tif len(spans) > 1 {\n\t\t\treturn total, unix.EFAULT\n\t\t}\n"},
		{"openat2", "openat2", "a path is followed all the same", path, "\tif !openat2.there() {", "\tif false {"},
		{"mount_id", "mount_id", "every root is taken for ours", path, "\tif !mountID.there() {\n\t\treturn false", "\tif !mountID.there() {\n\t\treturn true"},
		{"close_range", "close_range", "nothing is closed", keeper, "\tDIR *dir = opendir(\"/proc/self/fd\");", "\tif (low != ~0u)\n\t\treturn;\n\tDIR *dir = opendir(\"/proc/self/fd\");"},
		{"netns_cookie", "netns_cookie", "a socket's network namespace is not found", whose, "\tns, err := sys.NetworkOf(fd)\n\tif err != nil {\n\t\treturn identity{}, err\n\t}\n\tdefer", "\tns, err := sys.NetworkOf(fd)\n\tif err == nil {\n\t\treturn identity{}, ns.Close()\n\t}\n\tdefer"},
		{"netns_cookie", "netns_cookie", "every socket is of the same one", whose, "\tfile, err := sys.Identify(ns)\n", "\tfile, err := sys.FileID{}, error(nil)\n"},
		{"landlock", "landlock", "forward ends without it", confined, "\tif !usable.Files {\n\t\treturn nil, nil\n", "\tif !usable.Files {\n\t\treturn nil, os.ErrInvalid\n"},
		{"landlock_scope", "landlock_scope", "forward ends without it", confined, "\tif usable.Scope {", "\tif !usable.Scope {\n\t\treturn nil, os.ErrInvalid\n\t} else {"},
		{"landlock_unix", "landlock_unix", "--unix=inside lets a run begin", "cmd/codex-dnsvisor/run.go", "err := sys.CanStayInside(); err != nil {", "err := sys.CanStayInside(); err == os.ErrInvalid {"},
		{"ipv6", "ipv6", "the sockets of IPv6 are used all the same", launch, "\tif !ipv6.there() {", "\tif false {"},
		{"ipv6", "ipv6", "the wall is not built of IPv4 alone", wall, "\t\tudp, tcp, family = s.UDP4, s.TCP4, unix.AF_INET\n", "\t\treturn errors.ErrUnsupported\n"},
	}
}
