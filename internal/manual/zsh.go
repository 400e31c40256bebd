package manual

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// zshHead finds the subcommand, and leaves what is behind it.
const zshHead = `#compdef NAME
# Completion for zsh, of "NAME completion zsh".
_NAME() {
	local at= i
	for ((i = 2; i < CURRENT; i++)); do
		if [[ $words[i] == -- ]]; then
			words=("${(@)words[i + 1, -1]}")
			((CURRENT -= i))
			_normal
			return
		fi
		case "$at:$words[i]" in
`

const zshTail = `	esac
}
if [[ $funcstack[1] == _NAME ]]; then
	_NAME "$@"
else
	compdef _NAME NAME
fi
`

// Zsh writes the completion for zsh, to be a file _codex-dnsvisor in its fpath, or to be sourced.
func Zsh(w io.Writer, app *kong.Application) error {
	all := places(app)
	var out strings.Builder
	out.WriteString(zshHead)
	fmt.Fprintf(&out, "\t\t*:%s) ((i++)) ;;\n", strings.Join(valued(all), " | *:"))
	for _, p := range all[1:] {
		parent, name := p.within()
		fmt.Fprintf(&out, "\t\t'%s:%s')\n\t\t\tat='%s'\n\t\t\twords=(\"${(@)words[i, -1]}\")\n\t\t\t((CURRENT -= i - 1, i = 1))\n\t\t\t;;\n", parent, name, p.path)
	}
	out.WriteString("\t\tesac\n\tdone\n\tcase $at in\n")
	for _, p := range all {
		fmt.Fprintf(&out, "\t'%s')\n\t\t_arguments -S", p.path)
		for _, o := range p.options {
			for _, name := range o.names {
				out.WriteString(" \\\n\t\t\t" + zshOption(name, o))
			}
		}
		out.WriteString(zshArguments(p) + "\n\t\t;;\n")
	}
	out.WriteString(zshTail)
	return write(w, app, out.String())
}

func zshOption(name string, o option) string {
	spec := "*" + name
	if o.values && strings.HasPrefix(name, "--") {
		spec += "="
	}
	spec += "[" + zshEscape(short(o.help)) + "]"
	switch {
	case len(o.words) > 0 && o.file:
		spec += ":value:_files"
	case len(o.words) > 0:
		spec += ":value:(" + strings.Join(o.words, " ") + ")"
	case o.file:
		spec += ":file:_files"
	case o.values:
		spec += ":value: "
	}
	return "'" + spec + "'"
}

func zshArguments(p place) string {
	if len(p.children) > 0 {
		var children []string
		for _, c := range p.children {
			children = append(children, c.name+`\:"`+zshEscape(strings.ReplaceAll(short(c.help), `"`, ""))+`"`)
		}
		return " \\\n\t\t\t'1:subcommand:((" + strings.Join(children, " ") + "))'"
	}
	if len(p.words) > 0 {
		return " \\\n\t\t\t'1:argument:(" + strings.Join(p.words, " ") + ")'"
	}
	if p.files {
		return " \\\n\t\t\t'*:file:_files'"
	}
	return ""
}

var zshEscaper = strings.NewReplacer("'", `'\''`, "[", `\[`, "]", `\]`, ":", `\:`, `\`, `\\`)

func zshEscape(s string) string { return zshEscaper.Replace(s) }
