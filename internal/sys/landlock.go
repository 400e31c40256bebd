package sys

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Versions of Landlock (landlock(7)) that have what we use of it.
const (
	landlockNetABI   = 4
	landlockScopeABI = 6
	landlockUnixABI  = 9
)

// Landlock says which parts of it are to be used.
type Landlock struct{ Files, Net, Scope bool }

// UsableLandlock tells what this kernel has.
func UsableLandlock() Landlock {
	files := landlock.there()
	abi, _ := landlockABI() // none, where there is not even that
	return Landlock{Files: files, Net: files && abi >= landlockNetABI, Scope: files && landlockScope.there()}
}

// CanStayInside says why Config.UnixInside cannot be had; nil: it can.
func CanStayInside() error {
	if !landlockUnix.there() {
		return landlockUnix.lacking()
	}
	return nil
}

var errOldLandlock = errors.New("this kernel's Landlock is too old")

// noLandlock are the answers of a kernel without it, and of one that was booted without it.
var noLandlock = append([]error{errOldLandlock, unix.EOPNOTSUPP}, unknownCall...)

func tryLandlock(wanted int) func() error {
	return func() error {
		abi, err := landlockABI()
		if err == nil && abi < wanted {
			err = fmt.Errorf("%w: version %d, and %d has it", errOldLandlock, abi, wanted)
		}
		return err
	}
}

// landlockABI is the version of Landlock that this kernel has.
func landlockABI() (int, error) {
	abi, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return 0, errno
	}
	return int(abi), nil
}
