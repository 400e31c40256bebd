package documents

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// rooms are the directories whose errors reach somebody who runs codex-dnsvisor.
var rooms = []string{"cmd", "supervisor", "filter", "emulate", "policy", "resolve", "carry", "audit", "review", "doctor", "internal/sys", "internal/watch"}

// messages are the texts of errors in the source, each with a place where one is. What is put into them is "…".
func messages(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, room := range rooms {
		err := filepath.WalkDir(filepath.Join(root, room), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "testdata") {
				return err
			}
			files := token.NewFileSet()
			file, err := parser.ParseFile(files, path, nil, 0)
			if err != nil {
				return err
			}
			note := func(text ast.Expr) {
				if m := message(text); m != "" {
					found[m] = files.Position(text.Pos()).String()
				}
			}
			ast.Inspect(file, func(n ast.Node) bool { gather(n, note); return true })
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}

// makers are the functions that make an error of a text, or a part of one.
var makers = regexp.MustCompile(`^(Errorf|New|usageError|fail)$`)

// holders are the types and the fields of errors that have a text.
var holders = regexp.MustCompile(`^(SpecError|UpstreamError|ProxyError|Warning|Msg|Problem)$`)

// variables hold a text until it is put into an error.
var variables = regexp.MustCompile(`^(msg|problem|format|stages)$`)

// sayers are the functions that return a text, or none.
var sayers = regexp.MustCompile(`^(Error|parsePlain|parseUnix|parseSecure|fragment|header|keyValue|check|unmatched|shadowed|tooWide|reason)$`)

// said is what stands before what is no error of the command line's.
const said = "codex-dnsvisor: "

// gather notes what of a node is the text of an error.
func gather(n ast.Node, note func(ast.Expr)) {
	switch n := n.(type) {
	case *ast.CallExpr:
		switch called := name(n.Fun); {
		case makers.MatchString(called):
			noteFirst(n.Args, note)
		case called == "once", strings.HasPrefix(called, "Fprint") && len(n.Args) > 1 && strings.HasPrefix(literal(n.Args[1]), said):
			note(n.Args[1])
		case called == "line" && isNotice(n.Fun):
			note(n.Args[0])
		}
	case *ast.CompositeLit:
		if of, ok := n.Type.(*ast.ArrayType); ok && holders.MatchString(name(of.Elt)) {
			for _, one := range n.Elts {
				noteFirst(one.(*ast.CompositeLit).Elts, note)
			}
		} else if holders.MatchString(name(n.Type)) {
			noteFirst(n.Elts, note)
		}
	case *ast.KeyValueExpr:
		if holders.MatchString(name(n.Key)) {
			note(n.Value)
		}
	case *ast.AssignStmt:
		for i, to := range n.Lhs {
			if word := name(to); (variables.MatchString(word) || holders.MatchString(word)) && i < len(n.Rhs) {
				note(n.Rhs[i])
			}
		}
	case *ast.ValueSpec:
		if variables.MatchString(n.Names[0].Name) {
			for _, value := range n.Values {
				noteValues(value, note)
			}
		}
	case *ast.FuncDecl:
		if isText(n) {
			ast.Inspect(n.Body, func(n ast.Node) bool {
				if out, ok := n.(*ast.ReturnStmt); ok {
					noteFirst(out.Results, note)
				}
				return true
			})
		}
	}
}

// isNotice reports whether a function is one of the supervisor's notices.
func isNotice(f ast.Expr) bool {
	method, ok := f.(*ast.SelectorExpr)
	return ok && name(method.X) == "notices"
}

// isText reports whether a function returns the text of an error: its own, or one that is called its problem.
func isText(f *ast.FuncDecl) bool {
	if f.Type.Results == nil || f.Body == nil {
		return false
	}
	return sayers.MatchString(f.Name.Name) || f.Name.Name == "String" && f.Recv != nil && name(f.Recv.List[0].Type) == "fault"
}

// noteFirst notes the first text of several.
func noteFirst(all []ast.Expr, note func(ast.Expr)) {
	for _, one := range all {
		if message(one) != "" {
			note(one)
			return
		}
	}
}

// noteValues notes a value, or those of a map.
func noteValues(value ast.Expr, note func(ast.Expr)) {
	note(value)
	if all, ok := value.(*ast.CompositeLit); ok {
		for _, one := range all.Elts {
			if pair, ok := one.(*ast.KeyValueExpr); ok {
				note(pair.Value)
			}
		}
	}
}

// name is the last word of an identifier, a selector or a pointer to one; "" of anything else.
func name(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.StarExpr:
		return name(e.X)
	}
	return ""
}

var (
	verbs = regexp.MustCompile(`%[#+]?[.0-9]*[a-zA-Z]`)
	runs  = regexp.MustCompile(`…+`)
	words = regexp.MustCompile(`[a-zA-Z]{2}`)
)

// message is the text that an expression makes; "" where it is no text, or one without a word of its own.
func message(e ast.Expr) string {
	text := runs.ReplaceAllString(strings.TrimPrefix(strings.TrimSpace(literal(e)), said), "…")
	if !words.MatchString(text) {
		return ""
	}
	return text
}

// literal is an expression's text, with "…" for what is not known here.
func literal(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		if err != nil || e.Kind != token.STRING {
			return ""
		}
		return verbs.ReplaceAllString(text, "…")
	case *ast.BinaryExpr:
		left, right := literal(e.X), literal(e.Y)
		if e.Op != token.ADD || left == "" && right == "" {
			return ""
		}
		return or(left, "…") + or(right, "…")
	case *ast.CallExpr:
		if name(e.Fun) == "Sprintf" {
			return literal(e.Args[0])
		}
	}
	return ""
}

func or(text, other string) string {
	if text == "" {
		return other
	}
	return text
}
