package tests

import (
	"crypto/rand"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	must(t, os.WriteFile(path, []byte(text), 0o644))
}

// ways are how people and programs change a file.
var ways = map[string]func(t *testing.T, path, text string){
	"in place": write,
	"renamed over": func(t *testing.T, path, text string) {
		t.Helper()
		write(t, path+".new", text)
		must(t, os.Rename(path+".new", path))
	},
	"deleted and made again": func(t *testing.T, path, text string) {
		t.Helper()
		must(t, os.Remove(path))
		write(t, path, text)
	},
	"a switched symbolic link": func(t *testing.T, path, text string) {
		t.Helper()
		target := path + rand.Text()
		must(t, os.Mkdir(target, 0o755))
		write(t, target+"/file", text)
		must(t, os.Symlink(target+"/file", path+".new"))
		must(t, os.Rename(path+".new", path))
	},
	"a ConfigMap": func(t *testing.T, path, text string) {
		t.Helper()
		dir := filepath.Dir(path)
		old, _ := os.Readlink(dir + "/..data")
		target := dir + "/.." + rand.Text()
		must(t, os.Mkdir(target, 0o755))
		write(t, target+"/policy.toml", text)
		must(t, os.Symlink(filepath.Base(target), dir+"/..data_tmp"))
		must(t, os.Rename(dir+"/..data_tmp", dir+"/..data"))
		if old == "" {
			must(t, os.Remove(path))
			must(t, os.Symlink("..data/policy.toml", path))
			return
		}
		must(t, os.RemoveAll(dir+"/"+old))
	},
	"an editor's": func(t *testing.T, path, text string) {
		t.Helper()
		write(t, path+".in", text)
		got := finish(t, exec.Command("vim", "-u", "NONE", "-es", "-c", "set backup backupcopy=no", "-c", "%!cat "+path+".in", "-c", "wq", path))
		if got.status != 0 {
			t.Fatalf("vim: %+v", got)
		}
	},
}
