package policy

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// CodexFiles are the places where Codex looks for its configuration.
type CodexFiles struct {
	Config   string // the user's config.toml
	Optional bool   // it need not be there
	System   string // /etc/codex; empty: the machine has none
	Dir      string // where Codex would run, for the .codex/config.toml of trusted projects; empty: none is read

	projects []CodexFile // as they were read first
	read     bool
}

// Load reads what is there. The configuration of projects is read once alone: what runs in a project may be able to write it.
// The error is an [*Error].
func (f *CodexFiles) Load(profile string) (*Codex, error) {
	c := &Codex{Profile: profile}
	machine, err := f.system("config.toml")
	if err != nil {
		return nil, err
	}
	user, err := Read(f.Config)
	switch {
	case err == nil:
		c.Config = append(machine, CodexFile{f.Config, user})
	case f.Optional && errors.Is(err, fs.ErrNotExist):
		c.Config = machine
	default:
		return nil, err
	}
	if !f.read {
		if f.projects, err = f.projectFiles(c.Config); err != nil {
			return nil, err
		}
		f.read = true
	}
	managed, err := f.system("managed_config.toml")
	if err != nil {
		return nil, err
	}
	c.Config = slices.Concat(c.Config, f.projects, managed)
	requirements, err := f.system("requirements.toml")
	if err == nil && len(requirements) > 0 {
		c.Requirements = requirements[0]
	}
	return c, err
}

// CodexProfiles are the names of the permission profiles in the text of a config.toml, in their order; none of what is no TOML.
func CodexProfiles(data []byte) []string {
	tree, err := codexTree("", data)
	if err != nil || tree.child("permissions") == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(tree.child("permissions").table))
}

// Watched are the files whose change or appearance would matter.
func (f *CodexFiles) Watched() []string {
	watched := []string{f.Config}
	if f.System != "" {
		for _, name := range []string{"config.toml", "managed_config.toml", "requirements.toml"} {
			watched = append(watched, filepath.Join(f.System, name))
		}
	}
	return watched
}

// system reads a file of the machine, if it is there.
func (f *CodexFiles) system(name string) ([]CodexFile, error) {
	if f.System == "" {
		return nil, nil
	}
	return optional(filepath.Join(f.System, name))
}

func optional(path string) ([]CodexFile, error) {
	data, err := Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return []CodexFile{{path, data}}, err
}

// projectFiles are those of the directories from the root of the project to Dir that the configuration so far trusts.
func (f *CodexFiles) projectFiles(layers []CodexFile) ([]CodexFile, error) {
	if f.Dir == "" {
		return nil, nil
	}
	config := newCodexTable(Origin{})
	for _, layer := range layers {
		tree, err := codexTree(layer.Name, layer.Data)
		if err != nil {
			return nil, err
		}
		config = config.overlay(tree)
	}
	markers, err := config.child("project_root_markers").markers()
	if err != nil {
		return nil, err
	}
	dirs := above(f.Dir, markers)
	var files []CodexFile
	for _, dir := range dirs {
		trusted, err := config.trusts(dir, dirs[0], repository(f.Dir))
		if err != nil {
			return nil, err
		}
		folder := filepath.Join(dir, ".codex")
		if !trusted || canonical(folder) == canonical(filepath.Dir(f.Config)) {
			continue
		}
		some, err := optional(filepath.Join(folder, "config.toml"))
		if err != nil {
			return nil, err
		}
		files = append(files, some...)
	}
	return files, nil
}

// markers are the names of which one is in the root of a project.
func (n *codexNode) markers() ([]string, error) {
	if n == nil {
		return []string{".git"}, nil
	}
	markers := []string{}
	for _, item := range n.items {
		if item.kind != unstable.String {
			return nil, item.wrong("a marker", "a string")
		}
		markers = append(markers, item.text)
	}
	if n.kind != unstable.Array {
		return nil, n.wrong("project_root_markers", "an array")
	}
	return markers, nil
}

// above are the directories from the one that has a marker down to dir, which is the only one where none has.
func above(dir string, markers []string) []string {
	dirs := []string{dir}
	for at := dir; ; {
		if slices.ContainsFunc(markers, func(marker string) bool { return exists(filepath.Join(at, marker)) }) {
			slices.Reverse(dirs)
			return dirs
		}
		up := filepath.Dir(at)
		if up == at {
			return []string{dir}
		}
		at = up
		dirs = append(dirs, at)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// repository is the directory of the git repository that dir is in, of a linked worktree that of the main one; or "".
func repository(dir string) string {
	dirs := above(dir, []string{".git"})
	git := filepath.Join(dirs[0], ".git")
	info, err := os.Stat(git)
	switch {
	case err != nil:
		return ""
	case info.IsDir():
		return dirs[0]
	}
	link := linkIn(git)
	main, _, worktree := strings.Cut(link, "/.git/worktrees/")
	if !worktree || canonical(linkIn(filepath.Join(link, "gitdir"))) != canonical(git) { // anybody can name another's repository
		return dirs[0]
	}
	return main
}

// linkIn is the path that a file of git's holds, or "".
func linkIn(file string) string {
	text, err := Read(file)
	if err != nil {
		return ""
	}
	link := strings.TrimSpace(strings.TrimPrefix(string(text), "gitdir:"))
	if !filepath.IsAbs(link) {
		link = filepath.Join(filepath.Dir(file), link)
	}
	return link
}

// trusts reports whether [projects] trusts a directory: by its own name, or else the root's, or else the repository's.
func (n *codexNode) trusts(dir, root, repo string) (bool, error) {
	for _, path := range []string{dir, root, repo} {
		if path == "" {
			continue
		}
		for _, key := range []string{canonical(path), path} {
			level := n.child("projects", key, "trust_level")
			switch {
			case level == nil:
			case level.text == "trusted" || level.text == "untrusted":
				return level.text == "trusted", nil
			default:
				return false, &Error{
					Origin: level.origin, Msg: fmt.Sprintf("%q is no level of trust", cut(level.text)),
					Accepted: `trust_level is "trusted" or "untrusted"`,
				}
			}
		}
	}
	return false, nil
}

func canonical(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}
