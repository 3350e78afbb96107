// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package matching_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
)

// Without a provider block and without any credentials, everything is known when Terraform plans.
func TestMatchesAreKnownAtPlan(t *testing.T) {
	t.Parallel()
	w := providertest.NewWorkspace(t, `
data "cloudradial_company_matches" "this" {
  left  = { "101" = "Acme", "102" = "Brightwater Dental", "103" = "Fairhaven", "104" = "Kestrel" }
  right = { a = "Acme", b = "BRIGHTWATER DENTAL", c = "Fairhaven Ltd", d = "Fairhaven Inc", e = "Zenith" }
}
output "exact" { value = data.cloudradial_company_matches.this.exact }
output "likely" { value = data.cloudradial_company_matches.this.likely }
output "ambiguous" { value = data.cloudradial_company_matches.this.ambiguous }
output "unmatched" { value = data.cloudradial_company_matches.this.unmatched }
output "csv" { value = csvdecode(data.cloudradial_company_matches.this.csv) }
`)
	plan := w.Must("plan", "-out=plan.bin")
	if strings.Contains(plan.Text, "known after apply") {
		t.Errorf("not all is known at plan:\n%s", plan.Raw)
	}
	var planned struct {
		Values struct {
			Outputs map[string]struct{ Value any }
		} `json:"planned_values"`
	}
	if err := json.Unmarshal([]byte(w.Must("show", "-json", "plan.bin").Raw), &planned); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"exact":  `{"101": "a"}`,
		"likely": `[{"left": "102", "left_name": "Brightwater Dental", "right": "b", "right_name": "BRIGHTWATER DENTAL", "score": 0.99, "reason": "case"}]`,
		"ambiguous": `{"103": [
			{"right": "c", "right_name": "Fairhaven Ltd", "score": 0.94, "reason": "legal form"},
			{"right": "d", "right_name": "Fairhaven Inc", "score": 0.94, "reason": "legal form"}]}`,
		"unmatched": `{"left": ["104"], "right": ["e"]}`,
		"csv": `[
			{"left_key": "101", "left_name": "Acme", "right_key": "a", "right_name": "Acme", "match": "exact", "score": "1", "reason": "exact", "candidates": ""},
			{"left_key": "102", "left_name": "Brightwater Dental", "right_key": "b", "right_name": "BRIGHTWATER DENTAL", "match": "likely", "score": "0.99", "reason": "case", "candidates": ""},
			{"left_key": "103", "left_name": "Fairhaven", "right_key": "", "right_name": "", "match": "ambiguous", "score": "", "reason": "", "candidates": "c: Fairhaven Ltd (legal form, 0.94); d: Fairhaven Inc (legal form, 0.94)"},
			{"left_key": "104", "left_name": "Kestrel", "right_key": "", "right_name": "", "match": "unmatched", "score": "", "reason": "", "candidates": ""},
			{"left_key": "", "left_name": "", "right_key": "e", "right_name": "Zenith", "match": "unmatched", "score": "", "reason": "", "candidates": ""}]`,
	} {
		var want any
		if err := json.Unmarshal([]byte(text), &want); err != nil {
			t.Fatal(err)
		}
		if got := planned.Values.Outputs[name].Value; !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n got %v\nwant %v", name, got, want)
		}
	}
	w.Apply()
	w.ExpectNoChanges()
}

func TestMatchesOfNothing(t *testing.T) {
	t.Parallel()
	w := providertest.NewWorkspace(t, `
data "cloudradial_company_matches" "this" {
  left  = {}
  right = {}
}
output "counts" {
  value = [for all in [
    data.cloudradial_company_matches.this.exact, data.cloudradial_company_matches.this.likely,
    data.cloudradial_company_matches.this.ambiguous,
    data.cloudradial_company_matches.this.unmatched.left, data.cloudradial_company_matches.this.unmatched.right,
  ] : length(all)]
}
`)
	w.Apply()
	if got := strings.Join(strings.Fields(w.Must("output", "-json", "counts").Raw), ""); got != "[0,0,0,0,0]" {
		t.Errorf("lengths %s, want none", got)
	}
}

func TestNamesThatAreNotThere(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, left, right, want string }{
		{"null", `{ a = null, b = "Beta" }`, `{ c = "Beta" }`, `left["a"]`},
		{"empty", `{ b = "Beta" }`, `{ "c d" = "" }`, `right["c d"]`},
		{"blank", `{ b = "Beta" }`, `{ c = "  " }`, `right["c"]`},
		{"no key", `{ b = "Beta" }`, `{ "" = "Beta" }`, `right[""]`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			out := providertest.NewWorkspace(t, fmt.Sprintf("data \"cloudradial_company_matches\" \"this\" {\n  left = %s\n  right = %s\n}\n", test.left, test.right)).Run("plan")
			if out.Code != 1 || strings.Count(out.Text, "Error:") != 1 {
				t.Errorf("exit code %d, want 1 and one error:\n%s", out.Code, out.Raw)
			}
			for _, text := range []string{"A company has no name", test.want, "leave it out"} {
				if !strings.Contains(out.Text, text) {
					t.Errorf("the CLI does not say %q:\n%s", text, out.Raw)
				}
			}
		})
	}
}

// A name that is known after apply only defers the proposal; it is no error, and none of the other names is judged without it.
func TestNamesThatAreNotKnownYet(t *testing.T) {
	t.Parallel()
	w := providertest.NewWorkspace(t, `
resource "terraform_data" "name" { input = "Acme" }
data "cloudradial_company_matches" "this" {
  left  = { a = terraform_data.name.output }
  right = { b = "Acme" }
}
output "exact" { value = data.cloudradial_company_matches.this.exact }
`)
	if plan := w.Must("plan"); !strings.Contains(plan.Text, "exact = (known after apply)") {
		t.Errorf("the plan does not wait for the name:\n%s", plan.Raw)
	}
	w.Apply()
	if got := strings.Join(strings.Fields(w.Must("output", "-json", "exact").Raw), ""); got != `{"a":"b"}` {
		t.Errorf("exact is %s", got)
	}
	w.ExpectNoChanges()
}
