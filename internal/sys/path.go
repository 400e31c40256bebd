package sys

import "golang.org/x/sys/unix"

// OpenPath opens a path below a directory, for nothing but to see what is there (O_PATH); resolve is for openat2(2).
// ErrNotSupported: this kernel has no openat2.
func OpenPath(dir int, path string, resolve uint64) (int, error) {
	if !openat2.there() {
		return -1, openat2.lacking()
	}
	return unix.Openat2(dir, path, &unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: resolve})
}

// SameDirectory says whether two paths lead to the same directory of the same mount. It is false where the kernel does not tell
// mounts.
func SameDirectory(a, b string) bool {
	if !mountID.there() {
		return false
	}
	const mask = unix.STATX_INO | unix.STATX_MNT_ID
	var first, second unix.Statx_t
	if unix.Statx(unix.AT_FDCWD, a, 0, mask, &first) != nil || unix.Statx(unix.AT_FDCWD, b, 0, mask, &second) != nil {
		return false
	}
	return first.Ino == second.Ino && first.Mnt_id == second.Mnt_id && first.Mask&second.Mask&mask == mask
}
