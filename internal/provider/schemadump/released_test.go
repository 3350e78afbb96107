// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// released.json has the schemas of the last release; CONTRIBUTING's "How to release" writes it. Before the first release it has none.
const releasedFile = "released.json"

// A configuration that the last release accepted is accepted, and means the same, until the next major version.
func TestNothingThatWasReleasedIsLost(t *testing.T) {
	released, err := os.ReadFile(releasedFile)
	if err != nil {
		t.Fatal(err)
	}
	now, err := dump(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if lost := lost(t, parse(t, released), encoded(t, now)); len(lost) > 0 {
		t.Errorf("a configuration of the last release breaks:\n%s", strings.Join(lost, "\n"))
	}
}

func TestLost(t *testing.T) {
	now, err := dump(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	const sync = "resource_schemas.cloudradial_license_sync.block.attributes."
	cases := map[string]struct {
		change func(schemas object)
		want   string
	}{
		"nothing":          {func(object) {}, ""},
		"a resource":       {func(s object) { delete(at(s, "resource_schemas"), "cloudradial_license_sync") }, "resource_schemas.cloudradial_license_sync is gone"},
		"an attribute":     {func(s object) { delete(at(s, sync[:len(sync)-1]), "triggers") }, sync + "triggers is gone"},
		"a nested one":     {func(s object) { delete(at(s, sync+"guard.nested_type.attributes"), "approved") }, sync + "guard.nested_type.attributes.approved is gone"},
		"a function":       {func(s object) { delete(at(s, "functions"), "unit_counts") }, "functions.unit_counts is gone"},
		"a type":           {func(s object) { at(s, sync+"triggers")["type"] = "string" }, sync + `triggers.type was ["map","string"] and is "string"`},
		"a nesting":        {func(s object) { at(s, sync+"guard.nested_type")["nesting_mode"] = "list" }, sync + `guard.nested_type.nesting_mode was "single" and is "list"`},
		"now required":     {func(s object) { at(s, sync+"triggers")["required"] = true }, sync + "triggers is required now"},
		"no more computed": {func(s object) { at(s, sync+"id")["computed"] = false }, sync + "id.computed is gone"},
		"no more optional": {func(s object) { at(s, sync+"triggers")["optional"] = false }, sync + "triggers.optional is gone"},
		"new and required": {func(s object) { at(s, sync[:len(sync)-1])["who"] = object{"type": "string", "required": true} }, sync + "who is new and required"},
		"new and optional": {func(s object) { at(s, sync[:len(sync)-1])["who"] = object{"type": "string", "optional": true} }, ""},
		"an identity": {func(s object) {
			delete(at(s, "resource_identity_schemas.cloudradial_company_mapping.attributes"), "account_id")
		}, "resource_identity_schemas.cloudradial_company_mapping.attributes.account_id is gone"},
		"a parameter": {func(s object) { at(s, "functions.unit_counts")["parameters"] = []any{} }, "functions.unit_counts.parameters.0 is gone"},
		"one more parameter": {func(s object) {
			f := at(s, "functions.unit_counts")
			f["parameters"] = append(f["parameters"].([]any), object{"name": "who", "type": "string"})
		}, "is new and required"},
		"no more required": {func(s object) {
			at(s, sync+"unit_counts")["required"], at(s, sync+"unit_counts")["optional"] = false, true
		}, ""},
		"described anew": {func(s object) {
			at(s, "functions.unit_counts")["parameters"].([]any)[0].(object)["description"] = "Other words."
		}, ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			changed := encoded(t, now)
			tc.change(at(changed, "provider_schemas.cloudradial"))
			got := strings.Join(lost(t, encoded(t, now), changed), "\n")
			if tc.want == "" && got != "" || !strings.Contains(got, tc.want) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

// lost answers what a configuration of the schemas before could have used and the schemas now do not offer.
func lost(t *testing.T, before, now object) []string {
	t.Helper()
	return lostIn("", at(before, "provider_schemas.cloudradial"), at(now, "provider_schemas.cloudradial"))
}

// lostIn compares two objects of the schemas key by key; path says where they are.
func lostIn(path string, before, now object) []string {
	var found []string
	for _, key := range slices.Sorted(maps.Keys(before)) {
		where, old := strings.TrimPrefix(path+"."+key, "."), before[key]
		current, ok := now[key]
		switch {
		case prose[key]:
		case !ok:
			found = append(found, where+" is gone")
		case isObject(old) && isObject(current):
			found = append(found, lostIn(where, old.(object), current.(object))...)
		case key == "parameters":
			found = append(found, lostIn(where, numbered(old), numbered(current))...)
		case demand[key]:
			if old == false && current == true {
				found = append(found, path+" is required now")
			}
		case capability[key]:
			if old == true && current == false {
				found = append(found, where+" is gone")
			}
		case !reflect.DeepEqual(old, current):
			found = append(found, fmt.Sprintf("%s was %s and is %s", where, text(old), text(current)))
		}
	}
	return append(found, newlyRequired(path, before, now)...)
}

// newlyRequired answers the attributes and parameters that are new and must be given. A whole new resource is nobody's loss.
func newlyRequired(path string, before, now object) []string {
	var found []string
	for _, key := range slices.Sorted(maps.Keys(now)) {
		given, ok := now[key].(object)
		if _, known := before[key]; known || !ok {
			continue
		}
		if strings.HasSuffix(path, ".parameters") || strings.HasSuffix(path, ".attributes") && given["required"] == true {
			found = append(found, path+"."+key+" is new and required")
		}
	}
	return found
}

// prose may change with every release. The version of a schema says that states are migrated.
var prose = map[string]bool{"description": true, "description_kind": true, "summary": true, "deprecated": true, "deprecation_message": true, "version": true}

// demand names what an attribute may lose and not gain.
var demand = map[string]bool{"required": true, "required_for_import": true}

// capability names what an attribute may gain and not lose.
var capability = map[string]bool{
	"optional": true, "computed": true, "sensitive": true, "write_only": true, "is_nullable": true, "optional_for_import": true,
}

// numbered answers the parameters of a function by their place, which is how a call names them.
func numbered(list any) object {
	written := object{}
	parameters, _ := list.([]any)
	for i, parameter := range parameters {
		written[fmt.Sprint(i)] = parameter
	}
	return written
}

func isObject(value any) bool {
	_, ok := value.(object)
	return ok
}

// at answers the object that a dotted path leads to, and an empty one where there is none.
func at(schemas object, path string) object {
	for part := range strings.SplitSeq(path, ".") {
		next, ok := schemas[part].(object)
		if !ok {
			return object{}
		}
		schemas = next
	}
	return schemas
}

// encoded answers the schemas as a file has them.
func encoded(t *testing.T, schemas object) object {
	t.Helper()
	raw, err := json.Marshal(schemas)
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, raw)
}

func parse(t *testing.T, raw []byte) object {
	t.Helper()
	var schemas object
	if err := json.Unmarshal(raw, &schemas); err != nil {
		t.Fatal(err)
	}
	return schemas
}

func text(value any) string {
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(raw)
}
