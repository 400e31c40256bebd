package supervisor

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// settled is how old a directory's last change has to be before what it holds is remembered: a change of the same tick of the file
// system's clock, which has 10 ms at most, would not show.
const settled = time.Second

// maxListings is how many directories are remembered.
const maxListings = 256

// listings remember what directories hold, for as long as the time of change (which nobody can set, unlike that of modification) says that it
// is the same. The zero value remembers nothing.
type listings struct {
	mu sync.Mutex
	of map[string]listing
}

type listing struct {
	stamp

	names []string
}

// stamp tells a directory with what it holds from another, and from itself with anything else in it.
type stamp struct {
	directory inode
	changed   unix.Timespec
	errno     unix.Errno // it cannot be looked at; then the rest is zero
}

func stampOf(path string) stamp {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		errno, ok := err.(unix.Errno) //nolint:errorlint // as it comes from the system call
		if !ok {
			errno = unix.EIO
		}
		return stamp{errno: errno}
	}
	return stamp{directory: inode{st.Dev, st.Ino}, changed: st.Ctim}
}

// list gives what is in a directory; sure: that what is in it will be the same while its stamp is.
func (l *listings) list(path string) (now listing, sure bool, err error) {
	now.stamp = stampOf(path)
	if now.errno != 0 {
		return now, true, now.errno
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if known, ok := l.of[path]; ok && known.stamp == now.stamp {
		return known, true, nil
	}
	delete(l.of, path)
	entries, err := os.ReadDir(path) // after the look at its time: what changes in between shows at the next
	for _, entry := range entries {
		now.names = append(now.names, entry.Name())
	}
	sure = err == nil && time.Since(time.Unix(now.changed.Unix())) > settled
	if sure && len(l.of) < maxListings {
		if l.of == nil {
			l.of = map[string]listing{}
		}
		l.of[path] = now
	}
	return now, sure, err
}

// view looks into directories, into each once, and keeps what it saw: while all of that stays, another would see the same.
type view struct {
	listings *listings
	saw      []sight
	unsure   bool // it may not stay though it seems to
}

// survey remembers the paths that were found in a view, and the view. The zero value remembers nothing.
type survey struct {
	listings listings
	last     atomic.Pointer[finding]
}

type finding struct {
	view  view
	paths []string
}

// paths are those that find gives now.
func (s *survey) paths(find func(*view) []string) []string {
	if last := s.last.Load(); last != nil && !slices.ContainsFunc(last.view.saw, sight.gone) {
		return last.paths
	}
	now := &finding{view: view{listings: &s.listings}}
	if now.paths = find(&now.view); !now.view.unsure {
		s.last.Store(now)
	}
	return now.paths
}

// sight is what was seen of a directory.
type sight struct {
	path string
	listing

	err error
}

func (s sight) gone() bool { return stampOf(s.path) != s.stamp }

func (v *view) look(path string) sight {
	if i := slices.IndexFunc(v.saw, func(s sight) bool { return s.path == path }); i >= 0 {
		return v.saw[i]
	}
	found, sure, err := v.listings.list(path)
	v.unsure = v.unsure || !sure
	v.saw = append(v.saw, sight{path, found, err})
	return v.saw[len(v.saw)-1]
}

// expand gives the paths that match a pattern that is absolute and well-formed, or a path without one; they may or may not be there.
func (v *view) expand(pattern string) []string {
	if !strings.Contains(pattern, "*") {
		return []string{pattern}
	}
	paths := []string{""}
	for component := range strings.SplitSeq(pattern[1:], "/") {
		var longer []string
		for _, path := range paths {
			for _, name := range v.matching(path, component) {
				longer = append(longer, path+"/"+name)
			}
		}
		paths = longer
	}
	return paths
}

// matching gives names in a directory; none where it cannot be read.
func (v *view) matching(directory, component string) []string {
	if !strings.Contains(component, "*") {
		return []string{component}
	}
	var matching []string
	for _, name := range v.look(directory).names {
		if ok, err := filepath.Match(component, name); ok && err == nil {
			matching = append(matching, name)
		}
	}
	return matching
}

// holds says whether a directory holds a name, or may: it cannot be read.
func (v *view) holds(directory, name string) bool {
	s := v.look(directory)
	return s.err != nil && !absent(s.err) || slices.Contains(s.names, name)
}
