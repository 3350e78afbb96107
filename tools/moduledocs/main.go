// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Moduledocs writes the inputs and outputs of Terraform modules into their README.md, between two marks.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-config-inspect/tfconfig"
)

const begin, end = "<!-- Generated from variables.tf and outputs.tf, from here -->\n", "<!-- to here -->\n"

func main() {
	for _, dir := range os.Args[1:] {
		if err := document(dir); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %s\n", dir, err)
			os.Exit(1)
		}
	}
}

func document(dir string) error {
	module, diags := tfconfig.LoadModule(dir)
	if diags.HasErrors() {
		return diags.Err()
	}
	readme := filepath.Join(dir, "README.md")
	text, err := os.ReadFile(readme)
	if err != nil {
		return err
	}
	before, rest, found := bytes.Cut(text, []byte(begin))
	_, after, closed := bytes.Cut(rest, []byte(end))
	if !found || !closed {
		return fmt.Errorf("README.md lacks the marks %q and %q", begin, end)
	}
	return os.WriteFile(readme, slices.Concat(before, []byte(begin), tables(module), []byte(end), after), 0o644)
}

func tables(module *tfconfig.Module) []byte {
	var text bytes.Buffer
	text.WriteString("\n## Inputs\n\n| Name | Description | Default |\n| --- | --- | --- |\n")
	for _, variable := range inOrder(module.Variables, func(v *tfconfig.Variable) tfconfig.SourcePos { return v.Pos }) {
		fmt.Fprintf(&text, "| `%s` | %s | %s |\n", variable.Name, variable.Description, defaultOf(variable))
	}
	text.WriteString("\n## Outputs\n\n| Name | Description |\n| --- | --- |\n")
	for _, output := range inOrder(module.Outputs, func(o *tfconfig.Output) tfconfig.SourcePos { return o.Pos }) {
		fmt.Fprintf(&text, "| `%s` | %s |\n", output.Name, output.Description)
	}
	text.WriteString("\n")
	return text.Bytes()
}

// inOrder returns what a file declares in the order of the file.
func inOrder[T any](declared map[string]T, pos func(T) tfconfig.SourcePos) []T {
	return slices.SortedFunc(maps.Values(declared), func(a, b T) int { return pos(a).Line - pos(b).Line })
}

func defaultOf(variable *tfconfig.Variable) string {
	if variable.Required {
		return "required"
	}
	text, err := json.Marshal(variable.Default)
	if err != nil {
		return ""
	}
	return "`" + strings.ReplaceAll(string(text), "|", `\|`) + "`"
}
