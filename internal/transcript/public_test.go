// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package transcript

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var jsonTag = regexp.MustCompile("json:\"([^\",]+)[\",]")

// notRecorded are fields of tokens and of the Azure CLI, which no transcript has.
var notRecorded = set(`accessToken expires_on oidcToken tid`)

// A field whose name is replaced cannot be found in a replay.
func TestEveryFieldOfTheClientsIsKnown(t *testing.T) {
	t.Parallel()
	fields := 0
	for _, client := range []string{"gradient", "cloudradial", "microsoft"} {
		files, err := filepath.Glob(filepath.Join("..", client, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, tag := range jsonTag.FindAllStringSubmatch(string(source), -1) {
				fields++
				if tag[1] != "-" && !notRecorded()[tag[1]] && !publicFields()[tag[1]] {
					t.Errorf("%s has the field %q: add it to publicFields, or to keptFields when its values identify nobody", file, tag[1])
				}
			}
		}
	}
	if fields < 50 {
		t.Errorf("only %d fields were found", fields)
	}
}

// The code of a product in a PSA can be its name, which the MSP has made up. It is replaced like the name, and nothing is left out.
func TestACodeThatIsANameIsReplaced(t *testing.T) {
	t.Parallel()
	key, err := deriveKey([]string{"a key of some length"}, make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	for sku, kept := range map[string]bool{"SPB": true, "Managed Workstation": false} {
		x := newExchange(&Pseudonyms{key})
		text := x.body("application/json", "", []byte(`{"items":[{"id":7,"name":"Managed Workstation","sku":"`+sku+`"}]}`))
		if strings.Contains(text, sku) != kept || strings.Contains(text, "Managed") {
			t.Errorf("%s: %s", sku, text)
		}
		if err := x.check([]string{text}, func(string) bool { return false }); err != nil {
			t.Errorf("%s: %v", sku, err)
		}
	}
}
