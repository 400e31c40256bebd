// Package auditschema checks lines of the audit log in tests, by docs/audit.schema.json.
package auditschema

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/codex-dnsvisor/codex-dnsvisor/docs"
)

// Line checks one line more strictly than the schema does of itself: keys and events that it does not name are errors.
func Line(line []byte) error { return check(strict, line) }

// Part checks a line of which a test has set some keys only.
func Part(line []byte) error { return check(lax, line) }

func check(schema func() *jsonschema.Schema, line []byte) error {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(line))
	if err != nil {
		return err
	}
	return schema().Validate(value)
}

var (
	strict = sync.OnceValue(func() *jsonschema.Schema { return compile(closed) })
	lax    = sync.OnceValue(func() *jsonschema.Schema {
		return compile(func(schema map[string]any) {
			closed(schema)
			optional(schema)
		})
	})
)

// Events are the names that the schema knows.
var Events = sync.OnceValue(func() []string {
	var names []string
	for _, event := range slices.Sorted(maps.Keys(read()["$defs"].(map[string]any))) {
		names = append(names, "codex.dns."+event)
	}
	return names
})

func read() map[string]any {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(docs.AuditSchema))
	if err != nil {
		panic(err)
	}
	return value.(map[string]any)
}

func compile(change func(map[string]any)) *jsonschema.Schema {
	schema := read()
	change(schema)
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("audit", schema); err != nil {
		panic(err)
	}
	return compiler.MustCompile("audit")
}

// closed lets nothing in that the schema does not name.
func closed(schema map[string]any) {
	defs := schema["$defs"].(map[string]any)
	var names []any
	for name, def := range defs {
		def.(map[string]any)["additionalProperties"] = false
		names = append(names, fmt.Sprint("codex.dns.", name))
	}
	schema["properties"].(map[string]any)["event.name"] = map[string]any{"enum": names}
}

// optional takes all that is required away.
func optional(schema map[string]any) {
	delete(schema, "required")
	for _, def := range schema["$defs"].(map[string]any) {
		delete(def.(map[string]any), "required")
	}
}
