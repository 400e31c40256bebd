package manual

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// grammar has one of everything.
type grammar struct {
	Run struct {
		Allow  []string `placeholder:"PATTERN" sep:"none" help:"Allow names: *.a.test. Repeatable."`
		Policy string   `placeholder:"FILE" help:"Read 'it'."`
		Unix   string   `enum:"guard,none" default:"guard" help:"Sockets."`
		Reload bool     `negatable:"" default:"true" help:"Follow changes."`
		Quiet  bool     `short:"q" help:"Say nothing."`
	} `cmd:"" default:"withargs" help:"Run."`
	Audit struct {
		Tail struct {
			Files []string `arg:"" name:"file" help:"A log."`
		} `cmd:"" help:".Print [lines]: \\n is one."`
	} `cmd:"" help:"Read."`
	Secret struct{} `cmd:"" hidden:"" help:"Nobody's."`
}

func model(t *testing.T) *kong.Application {
	t.Helper()
	k, err := kong.New(&grammar{}, kong.Name("a-tool"), kong.Description("Does it."))
	if err != nil {
		t.Fatal(err)
	}
	return k.Model
}

func TestPlaces(t *testing.T) {
	var paths []string
	all := places(model(t))
	for _, p := range all {
		paths = append(paths, p.path)
	}
	if want := []string{"", "run", "audit", "audit tail"}; !slices.Equal(paths, want) {
		t.Errorf("places: %q", paths)
	}
	if got := bashWords(all[0]); !slices.Equal(got, strings.Fields("run audit --allow --policy --unix --reload --no-reload --quiet -q --help -h")) {
		t.Errorf("the default subcommand's flags are the program's: %q", got)
	}
	if got := valued(all); !slices.Equal(got, strings.Fields("--allow --policy --unix")) {
		t.Errorf("flags with values: %q", got)
	}
	if o := all[1].options; !o[1].file || o[0].file || !slices.Equal(o[2].words, []string{"guard", "none"}) {
		t.Errorf("values: %+v", o)
	}
	if !all[3].files || all[2].files {
		t.Error("arguments are not told from none")
	}
}

// What groff would take for a request, or print as another character, is escaped.
func TestMan(t *testing.T) {
	var out bytes.Buffer
	err := Man(&out, model(t), Page{
		Version: "1.0", Date: "2026-01-02", Summary: "do it", Usage: "-- COMMAND",
		Sections: []Section{{"Exit status", "0.\n\n    a-tool 'x'"}}, SeeAlso: []string{"b(5)"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		".TH A\\-TOOL 1 \"2026\\-01\\-02\" \"a\\-tool 1.0\"\n",
		".TP\n\\fB\\-\\-allow\\fR=\\fIPATTERN\\fR\nAllow names: *.a.test. Repeatable.\n",
		"Read \\(aqit\\(aq.\n",
		".TP\n\\fB\\-q\\fR, \\fB\\-\\-quiet\\fR\n",
		".TP\n\\fB\\-\\-[no\\-]reload\\fR\n",
		"(guard, none; default: guard)\n",
		".SS \"audit tail <file> ... [flags]\"\n\\&.Print [lines]: \\en is one.\n.TP\n.I <file> ...\nA log.\n",
		".SH EXIT STATUS\n0.\n.PP\n.EX\n    a\\-tool \\(aqx\\(aq\n.EE\n.SH SEE ALSO\nb(5)\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, &out)
		}
	}
	if strings.Contains(out.String(), "Nobody") {
		t.Error("what is hidden is shown")
	}
}
