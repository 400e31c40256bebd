package review

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Source is one file to read.
type Source struct {
	Name string // "-" is standard input
	Size int64  // of the file as it lies there; 0 where that says nothing
}

// stdin is the name of standard input.
const stdin = "-"

// Sources finds the files that names stand for: a file, a glob, or "-". With rotated, those that a file's log was rotated to
// (FILE.1, FILE.2.gz, …) come before it, the oldest first. A file that was named twice is read once. What is not there is
// an error, which says it of every name.
func Sources(names []string, rotated bool) ([]Source, error) {
	var found []Source
	seen := map[fileID]bool{}
	var errs []error
	for _, name := range names {
		paths, err := expand(name, rotated)
		if err != nil {
			errs = append(errs, err)
		}
		for _, path := range paths {
			source, id, err := look(path)
			if err != nil {
				errs = append(errs, err)
			} else if !seen[id] {
				seen[id] = true
				found = append(found, source)
			}
		}
	}
	return found, errors.Join(errs...)
}

var (
	errDirectory = errors.New("it is a directory; name files, or a glob")
	errNothing   = errors.New("no file matches it")
)

// fileID tells files from each other; the zero value is standard input.
type fileID struct{ device, inode uint64 }

func look(path string) (Source, fileID, error) {
	if path == stdin {
		return Source{Name: stdin}, fileID{}, nil
	}
	var s unix.Stat_t
	if err := unix.Stat(path, &s); err != nil {
		return Source{}, fileID{}, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	id := fileID{s.Dev, s.Ino}
	switch s.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		return Source{}, id, fmt.Errorf("%s: %w", path, errDirectory)
	case unix.S_IFREG:
		return Source{path, s.Size}, id, nil
	}
	return Source{path, 0}, id, nil
}

// Expand gives the paths that a name stands for: itself, but for a glob that is not a file's name.
func Expand(name string) ([]string, error) { return expand(name, false) }

// expand gives the paths that a name stands for.
func expand(name string, rotated bool) ([]string, error) {
	if name == stdin {
		return []string{stdin}, nil
	}
	if _, err := os.Lstat(name); err == nil || !strings.ContainsAny(name, "*?[") {
		if !rotated {
			return []string{name}, nil
		}
		return append(rotations(name), name), nil
	}
	paths, err := filepath.Glob(name)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", name, err)
	case len(paths) == 0:
		return nil, fmt.Errorf("%s: %w", name, errNothing)
	}
	slices.SortStableFunc(paths, byAge)
	return paths, nil
}

// byAge puts what a log was rotated to before it, the oldest first.
func byAge(a, b string) int {
	logA, ageA := rotation(a)
	logB, ageB := rotation(b)
	if c := strings.Compare(logA, logB); c != 0 {
		return c
	}
	return ageB - ageA
}

// rotation splits the name of a rotated log: the log's own, and how many rotations ago it was.
func rotation(path string) (log string, age int) {
	base := strings.TrimSuffix(strings.TrimSuffix(path, ".gz"), ".zst")
	log, number, ok := cutLast(base, ".")
	if !ok || number == "" || len(number) > 6 || strings.Trim(number, "0123456789") != "" {
		return path, 0
	}
	age, err := strconv.Atoi(number)
	if err != nil {
		return path, 0
	}
	return log, age
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// rotations finds what a log was rotated to.
func rotations(path string) []string {
	dir, base := filepath.Split(path)
	entries, err := os.ReadDir(filepath.Clean(dir + "."))
	if err != nil {
		return nil // the log itself will say what is wrong
	}
	var found []string
	for _, entry := range entries {
		if log, age := rotation(entry.Name()); log == base && age > 0 && entry.Type().IsRegular() {
			found = append(found, dir+entry.Name())
		}
	}
	slices.SortFunc(found, byAge)
	return found
}

// Open opens the file, and decompresses it where it is compressed. Read errors name it. read is told of the bytes that are taken from the file
// itself, where it is not nil.
func (s Source) Open(read func(int)) (io.ReadCloser, error) { return s.open(os.Stdin, read) }

// Size is that of all together; 0 where that says nothing.
func Size(sources []Source) (size int64) {
	for _, s := range sources {
		size += s.Size
	}
	return size
}

// open counts into read what is taken from the file itself, where that is not nil.
func (s Source) open(in io.Reader, read func(int)) (io.ReadCloser, error) {
	if s.Name == stdin {
		return decompress(counted{in, read}, io.NopCloser(nil))
	}
	file, err := os.Open(s.Name)
	if err != nil {
		return nil, err
	}
	return decompress(counted{file, read}, file)
}

// counted tells how much is read.
type counted struct {
	io.Reader
	read func(int)
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if c.read != nil {
		c.read(n)
	}
	return n, err
}
