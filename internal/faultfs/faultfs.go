// Package faultfs is a file system of one file that fails as a test wants it to, for what no other file system does when it is told.
package faultfs

import (
	"context"
	"os"
	"sync"
	"testing"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

// File is the one file. The kernel hands each write(2) to it as it is.
type File struct {
	fs.Inode

	mu   sync.Mutex
	data []byte
	room int // bytes until it fails; below zero: any
	with unix.Errno
	sync unix.Errno
}

// FailAfter has writes fail with an errno once n more bytes are written.
func (f *File) FailAfter(n int, with unix.Errno) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.room, f.with = n, with
}

// FailSync has fsync(2) fail.
func (f *File) FailSync(with unix.Errno) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sync = with
}

// Work ends what was to fail.
func (f *File) Work() { f.FailAfter(-1, 0) }

// Text is what the file holds.
func (f *File) Text() []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]byte(nil), f.data...)
}

// Mount gives the file and its path, for as long as the test runs. Mounting takes root and /dev/fuse; without them the test is skipped.
func Mount(t *testing.T) (*File, string) {
	t.Helper()
	device, err := os.OpenFile("/dev/fuse", os.O_RDWR, 0)
	if err != nil || os.Geteuid() != 0 {
		t.Skipf("a file system that fails takes root, and fuse: %v", err)
	}
	_ = device.Close() // it was only tried
	dir, file := t.TempDir(), &File{room: -1}
	root := &fs.Inode{}
	server, err := fs.Mount(dir, root, &fs.Options{
		MountOptions: fuse.MountOptions{DirectMountStrict: true, Name: "faultfs", AllowOther: true},
		OnAdd: func(ctx context.Context) {
			root.AddChild("log", root.NewPersistentInode(ctx, file, fs.StableAttr{Mode: unix.S_IFREG}), false)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Unmount(); err != nil {
			t.Error(err)
		}
		server.Wait()
	})
	return file, dir + "/log"
}

// Open implements fs.NodeOpener.
func (*File) Open(context.Context, uint32) (fs.FileHandle, uint32, unix.Errno) {
	return nil, fuse.FOPEN_DIRECT_IO, 0
}

// Write implements fs.NodeWriter.
func (f *File) Write(_ context.Context, _ fs.FileHandle, data []byte, off int64) (uint32, unix.Errno) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := len(data)
	if f.room >= 0 {
		if f.room == 0 {
			return 0, f.with
		}
		n = min(n, f.room)
		f.room -= n
	}
	if more := int(off) + n - len(f.data); more > 0 {
		f.data = append(f.data, make([]byte, more)...)
	}
	copy(f.data[off:], data[:n])
	return uint32(n), 0
}

// Read implements fs.NodeReader.
func (f *File) Read(_ context.Context, _ fs.FileHandle, dest []byte, off int64) (fuse.ReadResult, unix.Errno) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if off >= int64(len(f.data)) {
		return fuse.ReadResultData(nil), 0
	}
	return fuse.ReadResultData(append([]byte(nil), f.data[off:min(len(f.data), int(off)+len(dest))]...)), 0
}

// Getattr implements fs.NodeGetattrer.
func (f *File) Getattr(_ context.Context, _ fs.FileHandle, out *fuse.AttrOut) unix.Errno {
	f.mu.Lock()
	defer f.mu.Unlock()
	out.Mode, out.Size, out.Nlink = unix.S_IFREG|0o666, uint64(len(f.data)), 1
	return 0
}

// Setattr implements fs.NodeSetattrer: who opens it anew may empty it.
func (f *File) Setattr(ctx context.Context, h fs.FileHandle, in *fuse.SetAttrIn, out *fuse.AttrOut) unix.Errno {
	if size, ok := in.GetSize(); ok {
		f.mu.Lock()
		f.data = f.data[:min(int(size), len(f.data))]
		f.mu.Unlock()
	}
	return f.Getattr(ctx, h, out)
}

// Fsync implements fs.NodeFsyncer.
func (f *File) Fsync(context.Context, fs.FileHandle, uint32) unix.Errno {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.sync
}
