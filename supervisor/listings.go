package supervisor

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// settled is how old a directory's last change has to be before what it holds is remembered: a change of the same tick of the file
// system's clock, which has 10 ms at most, would not show.
const settled = time.Second

// maxListings is how many directories are remembered.
const maxListings = 256

// listings expand patterns of paths. What a directory holds they remember for as long as its time of change (which nobody can set, unlike
// that of modification) says that it is the same. The zero value remembers nothing.
type listings struct {
	mu sync.Mutex
	of map[string]listing
}

type listing struct {
	directory inode
	changed   unix.Timespec
	names     []string
}

// expand gives the paths that match an absolute, well-formed pattern, which may or may not be there.
func (l *listings) expand(pattern string) []string {
	paths := []string{""}
	for component := range strings.SplitSeq(pattern[1:], "/") {
		var longer []string
		for _, path := range paths {
			for _, name := range l.matching(path, component) {
				longer = append(longer, path+"/"+name)
			}
		}
		paths = longer
	}
	return paths
}

func (l *listings) matching(directory, component string) []string {
	if !strings.Contains(component, "*") {
		return []string{component}
	}
	var matching []string
	for _, name := range l.names(directory) {
		if ok, err := filepath.Match(component, name); ok && err == nil {
			matching = append(matching, name)
		}
	}
	return matching
}

// names are those in a directory; none where it cannot be read.
func (l *listings) names(path string) []string {
	names, _ := l.list(path)
	return names
}

// holder says of names whether a directory holds them, or may: it cannot be read.
func (l *listings) holder(path string) func(name string) bool {
	names, err := l.list(path)
	if err != nil && !absent(err) {
		return func(string) bool { return true }
	}
	return func(name string) bool { return slices.Contains(names, name) }
}

// list gives the names in a directory: all that there are without an error.
func (l *listings) list(path string) ([]string, error) {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return nil, err
	}
	now := listing{directory: inode{st.Dev, st.Ino}, changed: st.Ctim}
	l.mu.Lock()
	defer l.mu.Unlock()
	if known, ok := l.of[path]; ok && known.directory == now.directory && known.changed == now.changed {
		return known.names, nil
	}
	delete(l.of, path)
	entries, err := os.ReadDir(path) // after the look at its time: what changes in between shows at the next
	for _, entry := range entries {
		now.names = append(now.names, entry.Name())
	}
	if err == nil && time.Since(time.Unix(st.Ctim.Unix())) > settled && len(l.of) < maxListings {
		if l.of == nil {
			l.of = map[string]listing{}
		}
		l.of[path] = now
	}
	return now.names, err
}
