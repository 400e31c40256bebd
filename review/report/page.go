package report

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"io"
)

//go:embed page
var files embed.FS

// scripts are the parts of the page's script, in the order in which they need each other.
var scripts = []string{"data.js", "view.js", "grid.js", "overview.js", "tree.js", "main.js"}

// assemble puts the page together around its data.
func assemble() (before, after []byte) {
	script := []byte("\"use strict\";\n")
	for _, name := range scripts {
		script = append(script, file(name)...)
	}
	style := file("page.css")
	policy := "default-src 'none'; script-src " + digest(script) + "; style-src " + digest(style) +
		"; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
	page := file("page.html")
	page = bytes.Replace(page, []byte("POLICY"), []byte(policy), 1)
	page = bytes.Replace(page, []byte("STYLE"), style, 1)
	before, after, _ = bytes.Cut(page, []byte("DATA"))
	return before, bytes.Replace(after, []byte("SCRIPT"), script, 1)
}

func file(name string) []byte {
	data, err := files.ReadFile("page/" + name)
	if err != nil {
		panic(err) // it was there when this was compiled
	}
	return data
}

// digest is how a Content-Security-Policy names a script or a style that it lets be.
func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// page writes it.
func (r *Report) page(w io.Writer) error {
	before, after := assemble()
	out := bufio.NewWriterSize(w, 1<<16)
	for _, write := range []func() error{
		func() error { _, err := out.Write(before); return err },
		func() error { return r.data(out) },
		func() error { _, err := out.Write(after); return err },
		out.Flush,
	} {
		if err := write(); err != nil {
			return err
		}
	}
	return nil
}
