package watch

import (
	"os"
	"path/filepath"
	"strings"
)

// places are directories, each with the names in it whose change may lead to another file.
type places map[string]map[string]bool

func (p places) add(dir, name string) {
	if p[dir] == nil {
		p[dir] = map[string]bool{}
	}
	p[dir][name] = true
}

// concern says whether an event is about one of the names, or about a directory itself.
func (p places) concern(path string) bool {
	return p[path] != nil || p[filepath.Dir(path)][filepath.Base(path)]
}

const (
	maxLinks    = 40 // symbolic links on the way to a file; path_resolution(7)
	descriptors = "/proc"
)

// lead adds the places on the way to the file at path, which is absolute: the directory of each symbolic link, and
// that of the file, or of the first name that is missing. False: the way leads into /proc.
func (p places) lead(path string) bool {
	dir, rest, links := "/", strings.Split(path, "/"), 0
	for len(rest) > 0 {
		name := rest[0]
		rest = rest[1:]
		switch name {
		case "", ".":
			continue
		case "..":
			dir = filepath.Dir(dir)
			continue
		}
		full := filepath.Join(dir, name)
		if full == descriptors {
			return false
		}
		info, err := os.Lstat(full)
		switch {
		case err != nil || len(rest) == 0 && info.Mode()&os.ModeSymlink == 0:
			p.add(dir, name)
			return true
		case info.Mode()&os.ModeSymlink == 0:
			dir = full
			continue
		}
		p.add(dir, name)
		target, err := os.Readlink(full)
		if links++; err != nil || links > maxLinks {
			return true
		}
		if filepath.IsAbs(target) {
			dir = "/"
		}
		rest = append(strings.Split(target, "/"), rest...)
	}
	return true
}
