//go:build dist

package dist

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The bytes depend on what is committed and on the tools, and on neither the folder nor the moment.
func TestReproducible(t *testing.T) {
	sums, err := os.ReadFile(filepath.Join(release, "SHA256SUMS"))
	must(t, err)
	again, err := os.ReadFile(filepath.Join(second, "SHA256SUMS"))
	must(t, err)
	if string(sums) != string(again) {
		t.Errorf("two builds differ:\n%s\n%s", sums, again)
	}
	for _, dir := range []string{release, second} {
		shell(t, `cd "$1" && sha256sum --quiet -c SHA256SUMS && [ "$(ls | grep -vc SHA256SUMS)" = "$(wc -l <SHA256SUMS)" ]`, dir)
	}
	if out := shell(t, `mkdir "$1/root" && tar -xzf "$2" -C "$1/root" && ! grep -rlF "$3" "$1/root"`, t.TempDir(), made("linux_amd64.tar.gz"), filepath.Dir(release)); out != "" {
		t.Errorf("the folder of the build is in %s", out)
	}
}

// The bill of materials names each module that the binary says it has, and the C libraries.
func TestBillOfMaterials(t *testing.T) {
	dir := unpack(t, "amd64")
	built := regexp.MustCompile(`(?m)^\tdep\t(\S+)\t(\S+)`).FindAllStringSubmatch(shell(t, `go version -m "$1"`, filepath.Join(dir, "bin/codex-dnsvisor")), -1)
	if len(built) < 15 {
		t.Fatalf("modules of the binary: %q", built)
	}
	for _, arch := range []string{"amd64", "arm64"} {
		text, err := os.ReadFile(made(arch + ".cdx.json"))
		must(t, err)
		var bom struct {
			Metadata   struct{ Component struct{ Version string } }
			Components []struct{ Name, Version string }
		}
		must(t, json.Unmarshal(text, &bom))
		named := map[string]string{}
		for _, c := range bom.Components {
			named[c.Name] = c.Version
		}
		for _, m := range built {
			if named[m[1]] != m[2] {
				t.Errorf("%s: %s is %q, and %s in the binary", arch, m[1], named[m[1]], m[2])
			}
		}
		if bom.Metadata.Component.Version != version || !strings.HasPrefix(named["libseccomp"], "2.") || !strings.HasPrefix(named["glibc"], "2.") || named["std"] == "" {
			t.Errorf("%s: %+v", arch, bom)
		}
	}
	licences, err := os.ReadFile(made("licences.txt"))
	must(t, err)
	for _, m := range built {
		if !strings.Contains(string(licences), "==== "+m[1]+" "+m[2]+", ") {
			t.Errorf("no licence of %s %s", m[1], m[2])
		}
	}
}

// unpack gives the folder of a tarball.
func unpack(t *testing.T, arch string) string {
	t.Helper()
	dir := t.TempDir()
	shell(t, `tar -xzf "$1" -C "$2"`, made("linux_"+arch+".tar.gz"), dir)
	return filepath.Join(dir, "codex-dnsvisor-"+version)
}

// The tarball has the folders that a prefix has, as Homebrew and /usr/local want them; the binary of each machine runs on it.
func TestTarball(t *testing.T) {
	for arch, emulator := range map[string]string{"amd64": "", "arm64": "qemu-aarch64"} {
		dir := unpack(t, arch)
		for _, file := range []string{
			"bin/codex-dnsvisor", "share/man/man1/codex-dnsvisor.1.gz", "share/man/man5/codex-dnsvisor-policy.5.gz", "share/man/man5/codex-dnsvisor-audit.5.gz",
			"share/bash-completion/completions/codex-dnsvisor", "share/zsh/site-functions/_codex-dnsvisor", "share/fish/vendor_completions.d/codex-dnsvisor.fish",
			"share/doc/codex-dnsvisor/README.md", "share/doc/codex-dnsvisor/copyright", "share/doc/codex-dnsvisor/licences.txt", "share/doc/codex-dnsvisor/relinking.md",
		} {
			if info, err := os.Stat(filepath.Join(dir, file)); err != nil || info.Size() == 0 {
				t.Errorf("%s: %s: %v", arch, file, err)
			}
		}
		says := shell(t, `! readelf -lW "$1" | grep -q INTERP && $2 "$1" version`, filepath.Join(dir, "bin/codex-dnsvisor"), emulator)
		if !strings.HasPrefix(says, "codex-dnsvisor "+version+" linux/"+arch+"\ncommit     ") || strings.Contains(says, "unknown\n") {
			t.Errorf("%s: %s", arch, says)
		}
	}
}

// What relinking.md says is enough to put another libseccomp into the binary: its own lines, with a change where it says so.
func TestRelinking(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(release, "relinking.md"))
	must(t, err)
	block := regexp.MustCompile("(?s)```sh\n(.*?)```").FindSubmatch(text)
	lines := strings.SplitAfterN(string(block[1]), "\n", 2)
	const change = `sed -i 's/2\.5\.4/2.5.77/g' libseccomp/configure` + "\n"
	out := shell(t, `cd "$1" && cp "$2"/libseccomp_* "$2"/*_source.tar.gz . && export HOME="$1" GOFLAGS=-mod=vendor GOPROXY=off && `+lines[0]+change+lines[1], t.TempDir(), release)
	if !strings.Contains(out, "\nlibseccomp 2.5.77\n") || !strings.Contains(out, "codex-dnsvisor "+version+" ") {
		t.Errorf("the changed library is not in it: %s", out[max(0, len(out)-1000):])
	}
}
