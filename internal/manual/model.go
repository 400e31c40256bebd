package manual

import (
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// option is a flag as a shell needs to know it.
type option struct {
	names  []string // with their dashes, the long one first
	help   string
	values bool     // it takes one
	words  []string // that the value may be
	file   bool     // the value is a file's name
}

// place is the program itself, or a subcommand.
type place struct {
	path     string // "" is the program, "audit tail" a subcommand of a subcommand
	options  []option
	children []child
	files    bool     // arguments are files' names
	words    []string // that arguments may be
}

type child struct{ name, help string }

// filePlaceholders are those of flags that take the name of a file.
var filePlaceholders = []string{"FILE", "KEY", "POLICY", "SEALFILE"}

// places are the program and all its subcommands, each before its children.
func places(app *kong.Application) []place {
	var all []place
	var visit func(*kong.Node)
	visit = func(n *kong.Node) {
		all = append(all, placeOf(n))
		for _, c := range n.Children {
			if !c.Hidden {
				visit(c)
			}
		}
	}
	visit(app.Node)
	return all
}

func placeOf(n *kong.Node) place {
	p := place{path: n.Path(), options: flagsOf(n)}
	if n.DefaultCmd != nil {
		p.options = append(p.options, flagsOf(n.DefaultCmd)...)
	}
	p.options = append(p.options, option{names: []string{"--help", "-h"}, help: "Show help."})
	for _, c := range n.Children {
		if !c.Hidden {
			p.children = append(p.children, child{c.Name, c.Help})
		}
	}
	for _, arg := range n.Positional {
		if arg.Tag.Has("words") {
			p.words = append(p.words, split(arg.Tag.Get("words"))...)
		} else {
			p.files = true
		}
	}
	return p
}

func flagsOf(n *kong.Node) (all []option) {
	for _, f := range n.Flags {
		if !f.Hidden && f.Name != "help" {
			all = append(all, optionsOf(f)...)
		}
	}
	return all
}

// optionsOf are two where a flag can be negated.
func optionsOf(f *kong.Flag) []option {
	o := option{names: []string{"--" + f.Name}, help: f.Help, values: !f.IsBool(), file: slices.Contains(filePlaceholders, f.PlaceHolder)}
	if f.Short != 0 {
		o.names = append(o.names, "-"+string(f.Short))
	}
	if f.Enum != "" {
		o.words = f.EnumSlice()
	} else {
		o.words = split(f.Tag.Get("words"))
	}
	if f.Tag.Negatable == "" {
		return []option{o}
	}
	return []option{o, {names: []string{"--no-" + f.Name}, help: "Not: " + f.Help}}
}

func split(words string) []string {
	return strings.FieldsFunc(words, func(r rune) bool { return r == ',' })
}

// valued are the names of the flags that take values. No name does at one place and does not at another.
func valued(all []place) []string {
	var names []string
	for _, p := range all {
		for _, o := range p.options {
			if o.values {
				names = append(names, o.names...)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// within are the place that a subcommand is found at, and its name there.
func (p place) within() (parent, name string) {
	if i := strings.LastIndexByte(p.path, ' '); i >= 0 {
		return p.path[:i], p.path[i+1:]
	}
	return "", p.path
}

// short is a help's first sentence, or as much of it as a list has room for.
func short(help string) string {
	if first, _, ok := strings.Cut(help, ". "); ok {
		help = first
	}
	if first, _, ok := strings.Cut(help, ": "); ok {
		help = first
	}
	return strings.TrimSuffix(help, ".")
}
