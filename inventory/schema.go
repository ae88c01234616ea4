package inventory

import _ "embed"

//go:embed schema.json
var schema string

// Schema returns the JSON Schema of an inventory, for editors: it knows every
// key and the shape of its value. What only Load can tell it lets pass.
func Schema() []byte { return []byte(schema) }
