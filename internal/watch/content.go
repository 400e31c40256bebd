package watch

import (
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// maxRead is how much of a file is looked at; none that is a policy is as large.
const maxRead = 16 << 20

// content is what a file holds, or why that cannot be said.
type content struct {
	sum [sha256.Size]byte
	err string
}

// look reads the file. What is no regular file has no content: opening a FIFO would disturb who uses it.
func look(path string) content {
	info, err := os.Stat(path)
	if err != nil {
		return failed(err)
	}
	if !info.Mode().IsRegular() {
		return content{err: "no regular file"}
	}
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return failed(err)
	}
	defer f.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, io.LimitReader(f, maxRead)); err != nil {
		return failed(err)
	}
	return content{sum: [sha256.Size]byte(hash.Sum(nil))}
}

func failed(err error) content {
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		err = path.Err
	}
	return content{err: err.Error()}
}

// How long files have to be left alone for: those that are missing, that may be open for writing, and that are.
const (
	missing  = time.Second // what is deleted may be about to be made again
	unleased = 200 * time.Millisecond
	leased   = 2 * time.Second
)

// settled says whether nobody is at work on the file. since is when it was seen to have changed.
func settled(path string, since time.Time) bool {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return time.Since(since) >= missing
	}
	defer f.Close() // which gives the lease back
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return true
	}
	age := time.Since(info.ModTime())
	if age < 0 {
		age = time.Since(since) // written by a clock that is ahead of ours
	}
	switch _, err := unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_RDLCK); {
	case err == nil:
		return true
	case errors.Is(err, unix.EAGAIN):
		return age >= leased
	default:
		return age >= unleased
	}
}

// young says whether a file was changed so lately that what was read of it just now may be what it held before.
func young(path string) bool {
	const lately = time.Second
	var stat unix.Stat_t
	return unix.Stat(path, &stat) != nil || time.Since(time.Unix(stat.Ctim.Unix())) < lately
}
