package sys

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// FileID is a file's device and inode. Of a namespace it is good for as long as something keeps the namespace.
type FileID struct{ Dev, Ino uint64 }

const (
	nsGetUserNS = 0xb701 // NS_GET_USERNS, linux/nsfs.h
	nsGetParent = 0xb702 // NS_GET_PARENT
)

// NetworkOf opens the network namespace of a socket (SIOCGSKNS, Linux 4.9). unix.EPERM: we have no capability over it.
func NetworkOf(fd int) (*os.File, error) {
	if socketNetns.masked() {
		return nil, socketNetns.lacking()
	}
	return networkOf(fd)
}

func networkOf(fd int) (*os.File, error) {
	ns, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCGSKNS, 0)
	if errno != 0 {
		return nil, fmt.Errorf("find a socket's network namespace: %w", errno)
	}
	unix.CloseOnExec(int(ns))
	return os.NewFile(ns, "network namespace"), nil
}

// Identify returns the device and inode of an open file.
func Identify(f *os.File) (FileID, error) {
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return FileID{}, fmt.Errorf("fstat: %w", err)
	}
	return FileID{st.Dev, st.Ino}, nil
}

// IdentifyPath returns the device and inode of the file at a path.
func IdentifyPath(path string) (FileID, error) {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return FileID{}, fmt.Errorf("stat %s: %w", path, err)
	}
	return FileID{st.Dev, st.Ino}, nil
}

// NetworkLinks tell which network namespace threads are in, by a link in /proc. They keep that of some, since finding it takes longer than reading it: once
// its thread has ended it cannot be read, whoever has its number since.
type NetworkLinks struct{ kept threadFDs }

// Fill has us hold as many descriptors from the beginning as ever.
func (l *NetworkLinks) Fill() {
	l.kept.fill(func() (int, error) { return openNetworkLink(unix.Getpid()) })
}

// Close lets go of all. No other method may be running.
func (l *NetworkLinks) Close() { l.kept.close() }

// Leads says whether a thread is in a network namespace, of which somebody has to hold the file. An error: it cannot be told.
func (l *NetworkLinks) Leads(tid int, network FileID) (bool, error) {
	if fd, ok := l.kept.borrow(tid); ok {
		leads, err := leads(fd, network)
		if err == nil {
			l.kept.keep(tid, fd)
			return leads, nil
		}
		_ = unix.Close(fd)
	}
	fd, err := openNetworkLink(tid)
	if err != nil {
		return false, err
	}
	l.kept.keep(tid, fd)
	return leads(fd, network)
}

// openNetworkLink opens a link, and not what it leads to. It stands for the thread as a pidfd does: the inode holds its struct pid.
func openNetworkLink(tid int) (int, error) {
	return unix.Open("/proc/"+strconv.Itoa(tid)+"/ns/net", unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
}

// leads reads a link such as net:[4026531840]. The number is that of the namespace's file, and all namespaces have theirs on one file system.
func leads(fd int, network FileID) (bool, error) {
	var is, want [32]byte
	n, err := unix.Readlinkat(fd, "", is[:])
	if err != nil {
		return false, err
	}
	return string(is[:n]) == string(append(strconv.AppendUint(append(want[:0], "net:["...), network.Ino, 10), ']')), nil
}

// OwnedBelow says whether a network namespace belongs to a user namespace, or to one made below it.
func OwnedBelow(network *os.File, top FileID) (bool, error) {
	owner, err := related(network, nsGetUserNS)
	for err == nil {
		var id FileID
		if id, err = Identify(owner); err != nil || id == top {
			return err == nil, errors.Join(err, owner.Close())
		}
		parent, perr := related(owner, nsGetParent)
		err = errors.Join(perr, owner.Close())
		owner = parent
	}
	if errors.Is(err, unix.EPERM) {
		return false, nil // past our own, or the first of all
	}
	return false, err
}

func related(ns *os.File, request uint) (*os.File, error) {
	fd, _, errno := unix.Syscall(unix.SYS_IOCTL, ns.Fd(), uintptr(request), 0)
	if errno != 0 {
		return nil, fmt.Errorf("find a namespace's owner: %w", errno)
	}
	unix.CloseOnExec(int(fd))
	return os.NewFile(fd, "user namespace"), nil
}
