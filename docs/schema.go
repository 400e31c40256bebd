// Package docs has what tests read of the documentation.
package docs

import _ "embed" // of pages

// AuditSchema is the JSON Schema of the audit log's lines.
//
//go:embed audit.schema.json
var AuditSchema []byte

// Audit is the page about the audit log.
//
//go:embed audit.md
var Audit string
