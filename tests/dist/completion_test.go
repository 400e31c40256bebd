//go:build dist

package dist

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/creack/pty"
)

// What is typed before the tabulator, and what must be among what is offered, or stand there then where it is the only one.
var completions = []struct{ typed, completed string }{
	{"audit sugg", "audit suggest"},
	{"--unix ins", "--unix inside"},
	{"--unix=ins", "--unix=inside"},
	{"filter --unix no", "filter --unix none"},
	{"--policy x --deny-with refu", "--policy x --deny-with refused"},
	{"audit summary --decision obse", "audit summary --decision observed"},
	{"audit tail --sin", "audit tail --since"},
	{"--audit aud", "--audit audit.jsonl"},
	{"audit verify aud", "audit verify audit.jsonl"},
	{"--policy doctor poli", "--policy doctor policy"}, // a value is no subcommand
	{"-- unshar", "-- unshare"},
	{"completion fi", "completion fish"},
}

// Interactive shells complete, by the files of the tarball: a function in the place of the program prints what stands in the line then.
func TestCompletion(t *testing.T) {
	share := filepath.Join(unpack(t, "amd64"), "share")
	shells := map[string]struct {
		args []string
		set  string
	}{
		"bash": {[]string{"bash", "--norc", "-i"}, `bind 'set enable-bracketed-paste off'; . /usr/share/bash-completion/bash_completion; . ` + share + `/bash-completion/completions/codex-dnsvisor; PS1='re''ady>'`},
		"zsh":  {[]string{"zsh", "-f", "-i"}, `unsetopt zle_bracketed_paste 2>/dev/null; unset zle_bracketed_paste; fpath=(` + share + `/zsh/site-functions $fpath); autoload -U compinit; compinit -u -d $PWD/dump; PS1='re''ady>'`},
	}
	for name, sh := range shells {
		t.Run(name, func(t *testing.T) {
			term := begin(t, sh.args)
			term.line("codex-dnsvisor() { echo \"got:$*:\"; }; " + sh.set)
			term.expect("ready>")
			for _, c := range completions {
				term.line("codex-dnsvisor " + c.typed + "\t")
				if got := term.expect(":\r\n"); !strings.Contains(got, "got:"+c.completed+":") {
					t.Errorf("%s: %q", c.typed, got)
				}
				term.expect("ready>")
			}
		})
	}
	t.Run("fish", func(t *testing.T) {
		dir := t.TempDir()
		must(t, os.WriteFile(filepath.Join(dir, "audit.jsonl"), nil, 0o600))
		for _, c := range completions {
			out := shell(t, `cd "$1" && HOME="$1" fish --no-config -c 'source $argv[1]; complete -C $argv[2]' "$2" "$3"`, dir, share+"/fish/vendor_completions.d/codex-dnsvisor.fish", "codex-dnsvisor "+c.typed)
			last := c.completed[strings.LastIndexByte(c.completed, ' ')+1:]
			if !strings.Contains("\n"+strings.ReplaceAll(out, "\t", "\n"), "\n"+last+"\n") {
				t.Errorf("%s: %q", c.typed, out)
			}
		}
	})
}

// terminal is a shell in one.
type terminal struct {
	t    *testing.T
	file *os.File
	read bytes.Buffer
}

func begin(t *testing.T, args []string) *terminal {
	t.Helper()
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "audit.jsonl"), nil, 0o600))
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "HOME="+dir, "TERM=dumb", "HISTFILE=")
	file, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 50, Cols: 400})
	must(t, err)
	t.Cleanup(func() {
		file.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return &terminal{t: t, file: file}
}

func (x *terminal) line(text string) {
	x.t.Helper()
	_, err := io.WriteString(x.file, text+"\r")
	must(x.t, err)
}

// expect reads up to a text, and gives what stands before it.
func (x *terminal) expect(text string) string {
	x.t.Helper()
	buffer := make([]byte, 4096)
	for {
		if before, rest, ok := strings.Cut(x.read.String(), text); ok {
			x.read.Reset()
			x.read.WriteString(rest)
			return before + text
		}
		n, err := x.file.Read(buffer)
		if err != nil {
			x.t.Fatalf("%v before %q came, behind %q", err, text, x.read.String())
		}
		x.read.Write(buffer[:n])
	}
}
