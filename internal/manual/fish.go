package manual

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// fishHead: __FUNC_at says where the cursor is: behind a "--", or at a subcommand, whose name may be nothing.
const fishHead = `# Completion for fish, of "NAME completion fish".
function __FUNC_at
	set -l at ''
	set -l words (commandline -opc)
	set -l skip 0
	for word in $words[2..-1]
		if test $skip = 1
			set skip 0
			continue
		end
		if test "$word" = --
			test "$argv[1]" = --
			return
		end
		switch "$at:$word"
`

const fishMiddle = `		end
	end
	test "$at" = "$argv[1]"
end

function __FUNC_command
	set -l words (commandline -opc)
	set -l i (contains -i -- -- $words)
	set -l rest
	test (count $words) -gt $i; and set rest (string escape -- $words[(math $i + 1)..-1])
	complete -C (string join ' ' -- $rest (commandline -ct))
end

complete -c NAME -f
complete -c NAME -n '__FUNC_at --' -a '(__FUNC_command)'
`

// Fish writes the completion for fish.
func Fish(w io.Writer, app *kong.Application) error {
	all := places(app)
	var out strings.Builder
	out.WriteString(fishHead)
	fmt.Fprintf(&out, "\t\t\tcase '*:%s'\n\t\t\t\tset skip 1\n", strings.Join(valued(all), "' '*:"))
	for _, p := range all[1:] {
		parent, name := p.within()
		fmt.Fprintf(&out, "\t\t\tcase '%s:%s'\n\t\t\t\tset at '%s'\n", parent, name, p.path)
	}
	out.WriteString(fishMiddle)
	for _, p := range all {
		start := fmt.Sprintf("complete -c NAME -n '__FUNC_at \"%s\"'", p.path)
		for _, c := range p.children {
			fmt.Fprintf(&out, "%s -a %s -d %s\n", start, c.name, fishQuote(short(c.help)))
		}
		for _, o := range p.options {
			out.WriteString(start + fishOption(o) + "\n")
		}
		if len(p.words) > 0 {
			fmt.Fprintf(&out, "%s -a %s\n", start, fishQuote(strings.Join(p.words, " ")))
		}
		if p.files {
			out.WriteString(start + " -F\n")
		}
	}
	return write(w, app, out.String())
}

func fishOption(o option) string {
	var text strings.Builder
	for _, name := range o.names {
		if long, ok := strings.CutPrefix(name, "--"); ok {
			text.WriteString(" -l " + long)
		} else {
			text.WriteString(" -s " + name[1:])
		}
	}
	switch {
	case len(o.words) > 0:
		text.WriteString(" -x -a " + fishQuote(strings.Join(o.words, " ")))
	case o.file:
		text.WriteString(" -r -F")
	case o.values:
		text.WriteString(" -x")
	}
	return text.String() + " -d " + fishQuote(short(o.help))
}

var fishEscaper = strings.NewReplacer(`\`, `\\`, "'", `\'`)

func fishQuote(s string) string { return "'" + fishEscaper.Replace(s) + "'" }
