package sys

// #include "launch.h"
import "C"

import "golang.org/x/sys/unix"

// Take lets a signal do to this process what it does to one without a handler: end or stop it. It returns when the
// process was continued, or where the signal did nothing (to the init of a pid namespace, or SIGTSTP where no shell could
// continue us).
func Take(sig unix.Signal) { C.dv_take(C.int(sig)) }
