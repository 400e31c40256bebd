package main

import (
	"cmp"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// plain reads the command line of a run whose flags are strings and switches, each in a form that needs no thought: kong takes half a
// millisecond to make its model, and longer for each flag the more there are. False leaves it to kong, to read or to refuse.
// TestPlainIsKong holds it to what kong reads.
func plain(args []string) (*runCmd, bool) {
	run, flags := &runCmd{}, plainFlags{}
	ok := flags.collect(reflect.ValueOf(run).Elem())
	for ok && len(args) > 0 {
		args, ok = flags.take(args)
	}
	return run, ok
}

// plainFlags are the flags of a structure by each form of their name, dashes included.
type plainFlags map[string]*plainFlag

// plainFlag is a field of runCmd.
type plainFlag struct {
	field reflect.Value
	enum  []string
	given bool
}

// take sets the flag that args begin with, and returns what is behind it.
func (p plainFlags) take(args []string) ([]string, bool) {
	name, value, joined := strings.Cut(args[0], "=")
	flag, args := p[name], args[1:]
	switch {
	case flag == nil, joined && (flag.is() || !strings.HasPrefix(name, "--")):
		return nil, false
	case joined, flag.is():
		return args, flag.set(name, value)
	case len(args) == 0, strings.HasPrefix(args[0], "-"):
		return nil, false
	}
	return args[1:], flag.set(name, args[0])
}

// collect finds the flags of a structure, and gives each its default.
func (p plainFlags) collect(in reflect.Value) bool {
	ok := true
	for i := 0; i < in.NumField() && ok; i++ {
		switch field := in.Type().Field(i); {
		case field.Anonymous:
			ok = p.collect(in.Field(i))
		case field.IsExported():
			ok = p.add(field, in.Field(i))
		}
	}
	return ok
}

func (p plainFlags) add(field reflect.StructField, value reflect.Value) bool {
	flag, name := &plainFlag{field: value}, cmp.Or(field.Tag.Get("name"), dashed(field.Name))
	p["--"+name] = flag
	if short := field.Tag.Get("short"); short != "" {
		p["-"+short] = flag
	}
	if _, ok := field.Tag.Lookup("negatable"); ok {
		p["--no-"+name] = flag
	}
	if enum := field.Tag.Get("enum"); enum != "" {
		flag.enum = strings.Split(enum, ",")
	}
	preset := field.Tag.Get("default")
	return preset == "" || flag.preset(preset)
}

// is says whether the flag is a switch.
func (f *plainFlag) is() bool { return f.field.Kind() == reflect.Bool }

func (f *plainFlag) preset(text string) bool {
	switch f.field.Kind() {
	case reflect.String:
		f.field.SetString(text)
		return true
	case reflect.Bool:
		on, err := strconv.ParseBool(text)
		f.field.SetBool(on)
		return err == nil
	case reflect.Int:
		n, err := strconv.Atoi(text)
		f.field.SetInt(int64(n))
		return err == nil
	default:
		return false
	}
}

// set gives the flag a value. Kong says what it thinks of one that is given twice, of none, and of other kinds.
func (f *plainFlag) set(name, value string) bool {
	switch {
	case f.given && f.field.Kind() != reflect.Slice:
		return false
	case f.is():
		f.field.SetBool(!strings.HasPrefix(name, "--no-"))
	case value == "" || f.enum != nil && !slices.Contains(f.enum, value):
		return false
	case f.field.Type() == reflect.TypeFor[string]():
		f.field.SetString(value)
	case f.field.Type() == reflect.TypeFor[[]string]():
		f.field.Set(reflect.Append(f.field, reflect.ValueOf(value)))
	default:
		return false
	}
	f.given = true
	return true
}

// dashed is what kong makes of a field's name: AuditKeep is --audit-keep.
func dashed(field string) string {
	var name strings.Builder
	for i, r := range field {
		if unicode.IsUpper(r) && i > 0 {
			name.WriteByte('-')
		}
		name.WriteRune(unicode.ToLower(r))
	}
	return name.String()
}
