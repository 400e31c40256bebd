package sys

import "golang.org/x/sys/unix"

// row is a Feature and how the kernel is asked for it, in one of two ways.
type row struct {
	Feature
	try         func() error
	tryListener func(fd int) error // on a listener; see onListener
	lacks       []error            // errors that mean that it is not there; others mean that it cannot be told
}

var (
	unknownCall = []error{unix.ENOSYS, unix.EPERM, unix.EACCES} // the last two are a seccomp profile's
	unknownFlag = append([]error{unix.EINVAL, unix.EOPNOTSUPP}, unknownCall...)
)

// table has everything that is to be known of each feature, and is all that knows it: doctor's rows and docs/kernels.md are made
// of it. What every kernel since the oldest that a run is made for has, and nobody refuses, is not in it.
var table = [features]row{
	userNotif: {Feature: Feature{
		Name: "user_notif", Since: "5.0", Required: true, Use: "handing calls over to the supervisor",
		Lost: "everything", Fallback: "the run ends; use a kernel with CONFIG_SECCOMP_FILTER",
	}, try: tryUserNotif, lacks: unknownFlag},
	userNotifRun: {Feature: Feature{
		Name: "user_notif_continue", Since: "5.5", Required: true, Use: "letting a call that was looked at run",
		Lost: "everything", Fallback: "the run ends; use a newer kernel",
	}, tryListener: tryContinue, lacks: unknownFlag},
	specAllow: {Feature: Feature{
		Name: "spec_allow", Since: "4.17", Use: "a filter that leaves the processor's speculation alone",
		Lost: "programs run slower, for their protection against speculation", Fallback: "the filter is loaded without the flag",
	}, try: filterFlag(unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW), lacks: unknownFlag},
	waitKillable: {Feature: Feature{
		Name: "wait_killable", Since: "5.19", Use: "calls in work that signals leave alone",
		Lost:     "a signal to a waiting program makes it ask again, which takes longer, and one in the instant of a reply can bring an answer twice",
		Fallback: "a call that comes again is carried out again; an answer leaves after its call has ended",
	}, try: filterFlag(unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV), lacks: unknownFlag},
	syncWake: {Feature: Feature{
		Name: "sync_wake_up", Since: "6.6", Use: "waking the supervisor on the caller's own processor",
		Lost: "each caught call takes some microseconds longer", Fallback: "the kernel wakes it wherever it likes",
	}, tryListener: trySyncWakeUp, lacks: unknownFlag},
	addfdSend: {Feature: Feature{
		Name: "addfd_send", Since: "5.14", Use: "nothing: no descriptor is put into a target",
		Fallback: "none is needed",
	}, tryListener: tryAddfdSend, lacks: unknownFlag},
	idValid: {Feature: Feature{
		Name: "id_valid", Since: "5.9", Use: "asking whether a call still waits, under the number that linux/seccomp.h has now",
		Fallback: "the number that it had before",
	}, tryListener: tryIDValid, lacks: unknownFlag},
	notifSizes: {Feature: Feature{
		Name: "notif_sizes", Since: "5.0", Use: "notifications no longer than this program knows them; a kernel newer than all that it was tried on may have longer ones",
		Fallback: "buffers are as long as the kernel says; what it adds is not looked at",
	}, try: tryNotifSizes, lacks: []error{errLonger}},
	pidfdOpen: {Feature: Feature{
		Name: "pidfd_open", Since: "5.10", Required: true, Use: "processes by descriptor, whose numbers are not another's meanwhile (PIDFD_NONBLOCK)",
		Lost: "everything", Fallback: "the run ends; use a newer kernel, or a seccomp profile that allows it",
	}, try: tryPidfdOpen, lacks: unknownFlag},
	pidfdGetfd: {Feature: Feature{
		Name: "pidfd_getfd", Since: "5.6", Use: "looking at the caller's socket, and acting on it",
		Lost: "the log does not say which process asked or connected, calls to addresses that are nobody's fail with the kernel's own error and without a line, " +
			"and denied names are answered, not failed, with --deny-with=errno",
		Fallback: "the listener is sent by the command itself; calls are let run, and the wall answers: in other network namespaces than the command's, that of the calling thread is given one",
	}, try: tryPidfdGetfd, lacks: unknownCall},
	pidfdThread: {Feature: Feature{
		Name: "pidfd_thread", Since: "6.9", Use: "the descriptors of a thread that has a table of its own",
		Lost:     "such a thread (rare) is answered all the same, and the log cannot say who asked; in a network namespace that nobody else has asked in, it is refused",
		Fallback: "the process of the thread, where kcmp says that they share the table",
	}, try: tryPidfdThread, lacks: unknownFlag},
	kcmpFiles: {Feature: Feature{
		Name: "kcmp", Since: "3.5", Use: "telling whether a thread shares its process's descriptors, without pidfd_thread",
		Lost: "without pidfd_thread, every thread but a process's first is taken to have a table of its own", Fallback: "as for pidfd_thread",
	}, try: tryKcmp, lacks: unknownCall},
	processVMReadv: {Feature: Feature{
		Name: "process_vm_readv", Since: "3.2", Use: "reading addresses and questions in the caller's memory",
		Lost: "each caught call takes longer", Fallback: "/proc/PID/mem, as far as /proc/PID/maps says that the caller could read there itself",
	}, try: tryProcessVMReadv, lacks: unknownCall},
	openat2: {Feature: Feature{
		Name: "openat2", Since: "5.6", Use: "following the path of an AF_UNIX socket as its caller would",
		Lost: "connecting to AF_UNIX sockets by path, with --unix=guard", Fallback: "each is refused (ECONNREFUSED), with a line in the log",
	}, try: tryOpenat2, lacks: unknownFlag},
	mountID: {Feature: Feature{
		Name: "mount_id", Since: "5.8", Use: "telling whether the caller of an AF_UNIX path has our root (STATX_MNT_ID)",
		Lost: "AF_UNIX sockets at paths that leave the working directory, or go through /proc/self, with --unix=guard", Fallback: "each is refused (ECONNREFUSED), with a line in the log",
	}, try: tryMountID, lacks: append([]error{errNoMountID}, unknownCall...)},
	closeRange: {Feature: Feature{
		Name: "close_range", Since: "5.9", Use: "letting go of what the keeper of the tree inherited",
		Fallback: "the descriptors that /proc/self/fd lists are closed one by one",
	}, try: tryCloseRange, lacks: unknownCall},
	netnsCookie: {Feature: Feature{
		Name: "netns_cookie", Since: "5.14", Use: "telling a socket's network namespace",
		Lost:     "with --net=host, an ordinary user's socket of the host's namespace is told from a sandbox's by its thread",
		Fallback: "the namespace's file (SIOCGSKNS), compared by device and inode",
	}, try: tryNetnsCookie, lacks: append([]error{unix.ENOPROTOOPT}, unknownCall...)},
	socketNetns: {Feature: Feature{
		Name: "socket_netns", Since: "4.9", Required: true, Use: "finding the network namespace of a socket (SIOCGSKNS)",
		Lost: "everything", Fallback: "the run ends; use a kernel with CONFIG_NET_NS",
	}, try: trySocketNetns, lacks: []error{unix.ENOTTY, unix.EINVAL, unix.EOPNOTSUPP}},
	procChildren: {Feature: Feature{
		Name: "proc_children", Since: "3.5", Required: true, Use: "finding what is left of the tree, to end it (/proc/PID/task/TID/children)",
		Lost: "everything", Fallback: "the run ends; use a kernel with CONFIG_PROC_CHILDREN",
	}, try: tryProcChildren, lacks: []error{unix.ENOENT}},
	ipv6: {Feature: Feature{
		Name: "ipv6", Use: "answering at resolvers with an IPv6 address",
		Fallback: "the wall is of IPv4 alone; what asks at an IPv6 address gets an error of the kernel's",
	}, try: tryIPv6, lacks: []error{unix.EAFNOSUPPORT, unix.EPROTONOSUPPORT}},
	seccompTSYNC: {Feature: Feature{
		Name: "seccomp_tsync", Since: "3.17", Required: true, Use: "the supervisor's own filter, in all of its threads",
		Lost: "everything", Fallback: "the run ends; use a newer kernel",
	}, try: tryTSYNC, lacks: unknownFlag},
	landlock: {Feature: Feature{
		Name: "landlock", Since: "5.13", Use: "confining forward to its files, and since 6.7 to connections that it makes itself",
		Lost: "forward may read what its user may, and listen at TCP ports", Fallback: "the rest of its confinement",
	}, try: tryLandlock(1), lacks: noLandlock},
	landlockScope: {Feature: Feature{
		Name: "landlock_scope", Since: "6.12", Use: "keeping forward from sending signals to others",
		Lost: "forward may send signals to its user's processes", Fallback: "the rest of its confinement",
	}, try: tryLandlock(landlockScopeABI), lacks: noLandlock},
	landlockUnix: {Feature: Feature{
		Name: "landlock_unix", Since: "7.1", Use: "telling AF_UNIX sockets of the tree from those of outside, for --unix=inside",
		Lost: "--unix=inside, which is an error", Fallback: "--unix=none refuses all, --unix=guard those of known resolvers",
	}, try: tryLandlock(landlockUnixABI), lacks: noLandlock},
}
