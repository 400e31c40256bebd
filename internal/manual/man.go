package manual

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// Page is what a manual page has beside the model.
type Page struct {
	Version string
	Date    string // as 2026-01-02
	Summary string // one line, of NAME
	Usage   string // of SYNOPSIS, for the default subcommand
	// Sections stand behind the subcommands. Their paragraphs are separated by empty lines; one that is indented is an example, and is left as it is.
	Sections []Section
	SeeAlso  []string // pages, as name(5)
}

// Section is one of a Page.
type Section struct{ Title, Text string }

// Man writes the page in man(7)'s form.
func Man(w io.Writer, app *kong.Application, page Page) error {
	var out strings.Builder
	fmt.Fprintf(&out, ".TH %s 1 %s %s\n.SH NAME\n", strings.ToUpper(roff(app.Name)), quoted(page.Date), quoted(app.Name+" "+page.Version))
	fmt.Fprintf(&out, "%s \\- %s\n.SH SYNOPSIS\n.B %s\n%s\n.br\n.B %s\n.I subcommand\n…\n", roff(app.Name), roff(page.Summary), roff(app.Name), roff(page.Usage), roff(app.Name))
	out.WriteString(".SH DESCRIPTION\n")
	paragraphs(&out, app.Help)
	out.WriteString(".SH OPTIONS\n")
	flags(&out, app.DefaultCmd)
	out.WriteString(".SH SUBCOMMANDS\n")
	for _, c := range app.Leaves(true) {
		if c == app.DefaultCmd {
			continue
		}
		fmt.Fprintf(&out, ".SS %s\n", quoted(strings.ReplaceAll(strings.TrimSuffix(c.Summary(), " [flags]")+" [flags]", "--help", "")))
		paragraphs(&out, c.Help)
		paragraphs(&out, c.Detail)
		flags(&out, c)
	}
	for _, s := range page.Sections {
		fmt.Fprintf(&out, ".SH %s\n", strings.ToUpper(roff(s.Title)))
		paragraphs(&out, s.Text)
	}
	if len(page.SeeAlso) > 0 {
		out.WriteString(".SH SEE ALSO\n" + roff(strings.Join(page.SeeAlso, ", ")) + "\n")
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// flags are those of a subcommand, and what its arguments are.
func flags(out *strings.Builder, n *kong.Node) {
	for _, arg := range n.Positional {
		fmt.Fprintf(out, ".TP\n.I %s\n", roff(arg.Summary()))
		paragraphs(out, arg.Help)
	}
	for _, f := range n.Flags {
		if f.Hidden || f.Name == "help" {
			continue
		}
		name := "--" + f.Name
		if f.Tag.Negatable != "" {
			name = "--[no-]" + f.Name
		}
		line := `\fB` + roff(name) + `\fR`
		if f.Short != 0 {
			line = `\fB\-` + string(f.Short) + `\fR, ` + line
		}
		if !f.IsBool() {
			line += `=\fI` + roff(strings.Trim(f.FormatPlaceHolder(), `"`)) + `\fR`
		}
		fmt.Fprintf(out, ".TP\n%s\n", line)
		paragraphs(out, f.Help)
		if f.Enum != "" {
			fmt.Fprintf(out, "(%s; default: %s)\n", roff(strings.Join(f.EnumSlice(), ", ")), roff(f.Default))
		}
	}
}

// paragraphs writes text with a request between its paragraphs, the first of which follows what is there.
func paragraphs(out *strings.Builder, text string) {
	for i, p := range strings.Split(strings.Trim(text, "\n"), "\n\n") {
		if p == "" {
			continue
		}
		if i > 0 {
			out.WriteString(".PP\n")
		}
		if strings.HasPrefix(p, "    ") {
			fmt.Fprintf(out, ".EX\n%s\n.EE\n", roff(p))
			continue
		}
		out.WriteString(roff(p) + "\n")
	}
}

var roffEscaper = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", "\\`", "~", `\(ti`, "^", `\(ha`)

// roff escapes what groff reads, or prints, as something else.
func roff(s string) string {
	lines := strings.Split(roffEscaper.Replace(s), "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, ".") {
			lines[i] = `\&` + l
		}
	}
	return strings.Join(lines, "\n")
}

// quoted is an argument of a request.
func quoted(s string) string { return `"` + strings.ReplaceAll(roff(s), `"`, `\(dq`) + `"` }
