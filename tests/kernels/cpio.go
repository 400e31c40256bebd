package main

import (
	"bufio"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// cpio writes the archive that a kernel unpacks into its first root, in the form newc. All is root's.
type cpio struct {
	out     *bufio.Writer
	written int64
	inode   int
	seen    map[string]bool
}

func newCPIO(w io.Writer) *cpio {
	return &cpio{out: bufio.NewWriterSize(w, 1<<20), seen: map[string]bool{}}
}

// Modes of files, as they are in the archive.
const (
	modeDir  = 0o040000
	modeFile = 0o100000
	modeLink = 0o120000
)

// entry writes one file, and the directories above it that there are not yet.
func (c *cpio) entry(name string, mode int, data []byte) error {
	name = strings.Trim(path.Clean("/"+name), "/")
	if name == "" || c.seen[name] {
		return nil
	}
	if above := path.Dir(name); above != "." {
		if err := c.entry(above, modeDir|0o755, nil); err != nil {
			return err
		}
	}
	c.seen[name] = true
	return c.write(name, mode, data)
}

func (c *cpio) write(name string, mode int, data []byte) error {
	c.inode++
	header := fmt.Sprintf("070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%s\x00",
		c.inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name)+1, 0, name)
	for _, part := range [][]byte{[]byte(header), data} {
		n, err := c.out.Write(part)
		if err != nil {
			return err
		}
		c.written += int64(n)
		if err := c.pad(4); err != nil {
			return err
		}
	}
	return nil
}

func (c *cpio) pad(to int64) error {
	for ; c.written%to != 0; c.written++ {
		if err := c.out.WriteByte(0); err != nil {
			return err
		}
	}
	return nil
}

// tree writes what is below a directory, under another name. rename returns the name in the archive, or an empty one for
// what is to be left out.
func (c *cpio) tree(dir string, rename func(string) string) error {
	return filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		below, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		name := rename(below)
		switch {
		case name == "" && d.IsDir():
			return fs.SkipDir
		case name == "":
			return nil
		}
		return c.file(file, name, d)
	})
}

func (c *cpio) file(file, name string, d fs.DirEntry) error {
	info, err := d.Info()
	if err != nil {
		return err
	}
	mode := int(info.Mode().Perm())
	if info.Mode()&fs.ModeSticky != 0 {
		mode |= 0o1000
	}
	switch {
	case d.IsDir():
		return c.entry(name, modeDir|mode, nil)
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := os.Readlink(file)
		if err != nil {
			return err
		}
		return c.entry(name, modeLink|0o777, []byte(target))
	case info.Mode().IsRegular():
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		return c.entry(name, modeFile|mode, data)
	}
	return nil // no package has others
}

// close ends the archive. Another may follow in the same file.
func (c *cpio) close() error {
	if err := c.write("TRAILER!!!", 0, nil); err != nil {
		return err
	}
	if err := c.pad(512); err != nil {
		return err
	}
	return c.out.Flush()
}
