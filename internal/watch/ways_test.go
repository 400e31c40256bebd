package watch

import (
	"os"
	"path/filepath"
	"testing"
)

// plain makes a file.
func plain(t *testing.T, dir string) string {
	t.Helper()
	write(t, dir+"/p", "0")
	return dir + "/p"
}

// linked makes a file in another directory, and a symbolic link to it.
func linked(t *testing.T, dir string) string {
	t.Helper()
	must(t, os.Mkdir(dir+"/a", 0o700))
	write(t, dir+"/a/p", "0")
	must(t, os.Symlink("a/p", dir+"/p"))
	return dir + "/p"
}

func configMapped(t *testing.T, dir string) string {
	t.Helper()
	configMap(t, dir, "0")
	must(t, os.Symlink("..data/p", dir+"/p"))
	return dir + "/p"
}

// linkedDirectory leads through a symbolic link and up again.
func linkedDirectory(t *testing.T, dir string) string {
	t.Helper()
	configMap(t, dir, "0")
	must(t, os.Symlink("..data", dir+"/d"))
	return dir + "/d/../..data/p"
}

func below(t *testing.T, dir string) string {
	t.Helper()
	must(t, os.Mkdir(dir+"/d", 0o700))
	write(t, dir+"/d/p", "0")
	return dir + "/d/p"
}

func inPlace(t *testing.T, dir, text string) {
	t.Helper()
	write(t, dir+"/p", text)
}

func renamedOver(t *testing.T, dir, text string) {
	t.Helper()
	write(t, dir+"/new", text)
	must(t, os.Rename(dir+"/new", dir+"/p"))
}

func madeAgain(t *testing.T, dir, text string) {
	t.Helper()
	must(t, os.Remove(dir+"/p"))
	write(t, dir+"/p", text)
}

func switched(t *testing.T, dir, text string) {
	t.Helper()
	write(t, dir+"/to"+text, text)
	must(t, os.Symlink("to"+text, dir+"/link"))
	must(t, os.Rename(dir+"/link", dir+"/p"))
}

// configMap writes as Kubernetes does: a new directory, to which a symbolic link is switched, and the old one is removed.
func configMap(t *testing.T, dir, text string) {
	t.Helper()
	old, _ := os.Readlink(dir + "/..data")
	must(t, os.Mkdir(dir+"/..v"+text, 0o700))
	write(t, dir+"/..v"+text+"/p", text)
	must(t, os.Symlink("..v"+text, dir+"/..data_tmp"))
	must(t, os.Rename(dir+"/..data_tmp", dir+"/..data"))
	if old != "" {
		must(t, os.RemoveAll(filepath.Join(dir, old)))
	}
}

func directoryRenamed(t *testing.T, dir, text string) {
	t.Helper()
	must(t, os.Mkdir(dir+"/new", 0o700))
	write(t, dir+"/new/p", text)
	must(t, os.Rename(dir+"/d", dir+"/old"+text))
	must(t, os.Rename(dir+"/new", dir+"/d"))
}
