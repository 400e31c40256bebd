package supervisor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// Door is where a forwarder listens.
type Door struct {
	Path  string   // absolute
	Peers []uint32 // users who may ask, beside our own and root. Without any, the socket is for its owner alone (0600)
}

// socket is a listening one that removes its path when it is closed, if the path still is its own.
type socket struct {
	*net.UnixListener
	path string
	own  os.FileInfo
}

// open listens at the door, in place of a socket that nobody answers at any more. Two forwarders that start at once do not
// take each other's: the directory is locked meanwhile.
func (d Door) open(ctx context.Context) (*socket, error) {
	dir, err := os.Open(filepath.Dir(d.Path))
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	if err := unix.Flock(int(dir.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, fmt.Errorf("lock %s: %w", dir.Name(), err)
	}
	listener, err := d.bind()
	if errors.Is(err, unix.EADDRINUSE) {
		if err := d.clear(ctx); err != nil {
			return nil, err
		}
		listener, err = d.bind()
	}
	if err != nil {
		return nil, err
	}
	own, err := os.Lstat(d.Path)
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return &socket{listener, d.Path, own}, nil
}

func (d Door) bind() (*net.UnixListener, error) {
	mask := 0o177
	if len(d.Peers) > 0 {
		mask = 0o111 // whoever is not admitted is told by SO_PEERCRED
	}
	old := unix.Umask(mask)
	defer unix.Umask(old)
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: d.Path, Net: "unix"})
	if err != nil {
		return nil, err
	}
	listener.SetUnlinkOnClose(false)
	return listener, nil
}

var (
	errNoSocket = errors.New("it is there already, and no socket")
	errAnswers  = errors.New("somebody answers there already")
)

// clear removes a socket that nobody listens on any more, and nothing else.
func (d Door) clear(ctx context.Context) error {
	info, err := os.Lstat(d.Path)
	if err != nil {
		return err
	}
	if info.Mode().Type() != os.ModeSocket {
		return fmt.Errorf("%s: %w", d.Path, errNoSocket)
	}
	dialer := net.Dialer{Timeout: time.Second}
	conn, err := dialer.DialContext(ctx, "unix", d.Path)
	switch {
	case err == nil:
		return errors.Join(fmt.Errorf("%s: %w", d.Path, errAnswers), conn.Close())
	case !errors.Is(err, unix.ECONNREFUSED):
		return err
	}
	return os.Remove(d.Path)
}

// Close implements net.Listener.
func (s *socket) Close() error {
	err := s.UnixListener.Close()
	if now, gone := os.Lstat(s.path); gone == nil && os.SameFile(now, s.own) {
		err = errors.Join(err, os.Remove(s.path))
	}
	return err
}
