package manual

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// bashHead finds the subcommand, and the flag whose value is asked for. Bash takes --flag=value for three words.
const bashHead = `# Completion for bash, of "NAME completion bash".
# shellcheck shell=bash disable=SC2207 # lists of words
_FUNC() {
	local cur=${COMP_WORDS[COMP_CWORD]} at='' flag='' words='' files='' i
	[ "$cur" != = ] || cur=''
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--)
			! declare -F _command_offset >/dev/null || _command_offset $((i + 1))
			return
			;;
		esac
		case "$at:${COMP_WORDS[i]}" in
`

const bashMiddle = `			flag=${COMP_WORDS[i]}
			[ "${COMP_WORDS[i + 1]}" != = ] || ((i++))
			((++i < COMP_CWORD)) && flag=
			;;
`

const bashTail = `	esac
	COMPREPLY=($(compgen -W "$words" -- "$cur"))
	if [ -n "$files" ]; then
		compopt -o filenames 2>/dev/null
		local IFS=$'\n'
		COMPREPLY+=($(compgen -f -- "$cur"))
	fi
}
complete -F _FUNC NAME
`

// Bash writes the completion for bash. What stands behind -- is completed where bash-completion is there.
func Bash(w io.Writer, app *kong.Application) error {
	all := places(app)
	var out strings.Builder
	out.WriteString(bashHead)
	fmt.Fprintf(&out, "\t\t*:%s)\n%s", strings.Join(valued(all), " | *:"), bashMiddle)
	for _, p := range all[1:] {
		parent, name := p.within()
		fmt.Fprintf(&out, "\t\t'%s:%s') at='%s' ;;\n", parent, name, p.path)
	}
	out.WriteString("\t\tesac\n\tdone\n\tcase \"$at:$flag\" in\n")
	for _, p := range all {
		for _, o := range p.options {
			if o.values {
				fmt.Fprintf(&out, "\t%s) words='%s' files='%s' ;;\n", bashNames(p, o), strings.Join(o.words, " "), flagOf(o.file))
			}
		}
		fmt.Fprintf(&out, "\t'%s:') words='%s' files='%s' ;;\n", p.path, strings.Join(bashWords(p), " "), flagOf(p.files))
	}
	out.WriteString(bashTail)
	return write(w, app, out.String())
}

func bashNames(p place, o option) string {
	var patterns []string
	for _, name := range o.names {
		patterns = append(patterns, "'"+p.path+":"+name+"'")
	}
	return strings.Join(patterns, " | ")
}

// bashWords are what may stand there: subcommands and flags.
func bashWords(p place) []string {
	var words []string
	for _, c := range p.children {
		words = append(words, c.name)
	}
	words = append(words, p.words...)
	for _, o := range p.options {
		words = append(words, o.names...)
	}
	return words
}

func flagOf(b bool) string {
	if b {
		return "1"
	}
	return ""
}

// write fills in the program's name, and the one that a shell's function of it has.
func write(w io.Writer, app *kong.Application, text string) error {
	function := strings.ReplaceAll(app.Name, "-", "_")
	_, err := strings.NewReplacer("FUNC", function, "NAME", app.Name).WriteString(w, text)
	return err
}
