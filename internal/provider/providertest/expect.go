// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package providertest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// Expect ends the test unless the command exited with the code, and fails it for each text that the output lacks.
func (o Output) Expect(t testing.TB, code int, texts ...string) {
	t.Helper()
	if o.Code != code {
		t.Fatalf("exit code %d, want %d:\n%s", o.Code, code, o.Raw)
	}
	o.ExpectTexts(t, texts...)
}

// ExpectTexts fails the test for each text that the output lacks.
func (o Output) ExpectTexts(t testing.TB, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(o.Text, text) {
			t.Errorf("%q is missing in:\n%s", text, o.Raw)
		}
	}
}

// ExpectErrors ends the test unless the command failed, or succeeded where no error is wanted, and fails it unless the output has that
// many errors and all the texts.
func (o Output) ExpectErrors(t testing.TB, errors int, texts ...string) {
	t.Helper()
	o.Expect(t, min(errors, 1), texts...)
	if got := strings.Count(o.Text, "Error: "); got != errors {
		t.Errorf("%d errors, want %d:\n%s", got, errors, o.Raw)
	}
}

// ExpectNo fails the test for each text that the output has.
func (o Output) ExpectNo(t testing.TB, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(o.Text, text) {
			t.Errorf("%q is in:\n%s", text, o.Raw)
		}
	}
}

// Requests lists the requests to a system since the last ClearRequests, as "GET /path".
func Requests(s *sandbox.Server, system string) []string {
	var found []string
	for _, r := range s.Requests() {
		if r.System == system {
			found = append(found, r.Method+" "+r.Path)
		}
	}
	return found
}

// Writes lists the requests to Gradient and CloudRadial since the last ClearRequests that change something, as
// "POST /path?query body". Paths of Gradient are without the prefix of its API.
func Writes(s *sandbox.Server) []string {
	var found []string
	for _, r := range s.Requests() {
		if r.System == sandbox.Microsoft || r.Method == http.MethodGet {
			continue
		}
		path := strings.TrimPrefix(r.Path, "/api/vendor-api")
		if r.Query != "" {
			path += "?" + r.Query
		}
		found = append(found, strings.TrimSpace(fmt.Sprintf("%s %s %s", r.Method, path, r.Body)))
	}
	return found
}

// WritePaths is [Writes] without bodies.
func WritePaths(s *sandbox.Server) []string {
	var found []string
	for _, write := range Writes(s) {
		method, rest, _ := strings.Cut(write, " ")
		path, _, _ := strings.Cut(rest, " ")
		found = append(found, method+" "+path)
	}
	return found
}

// ExpectWritePaths is [ExpectWrites] without bodies. It clears the requests afterwards.
func ExpectWritePaths(t testing.TB, s *sandbox.Server, want ...string) {
	t.Helper()
	defer s.ClearRequests()
	if got := WritePaths(s); !slices.Equal(got, want) {
		t.Errorf("wrote %q, want %q", got, want)
	}
}

// ExpectWrites fails the test unless exactly these requests changed something since the last ClearRequests.
func ExpectWrites(t testing.TB, s *sandbox.Server, want ...string) {
	t.Helper()
	if got := Writes(s); !slices.Equal(got, want) {
		t.Errorf("wrote %q, want %q", got, want)
	}
}

// CheckWrites is [ExpectWrites] as the check of a test step. It clears the requests afterwards.
func CheckWrites(s *sandbox.Server, want ...string) resource.TestCheckFunc {
	return func(*terraform.State) error {
		defer s.ClearRequests()
		if got := Writes(s); !slices.Equal(got, want) {
			return fmt.Errorf("wrote %q, want %q", got, want)
		}
		return nil
	}
}

// BeforeApply returns plan checks that run before apply.
func BeforeApply(checks ...plancheck.PlanCheck) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: checks}
}

// ExpectJSON fails the test unless got, written as JSON, is the JSON document want.
func ExpectJSON(t testing.TB, what string, got any, want string) {
	t.Helper()
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var gotValue, wantValue any
	if err := json.Unmarshal(text, &gotValue); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(want), &wantValue); err != nil {
		t.Fatalf("%s: want: %s", what, err)
	}
	if !reflect.DeepEqual(gotValue, wantValue) {
		t.Errorf("%s is %s, want %s", what, text, want)
	}
}

// BlockWithoutCloudRadial is [Block] without CloudRadial keys.
func BlockWithoutCloudRadial(s *sandbox.Server) string {
	return BlockWith(s, map[string]string{"public_key": "", "private_key": ""})
}

// ExpectFolded fails the test unless the output has one diagnostic for that many rows, and it lists ten of them. kind is
// "Warning: " or "Error: " and the summary without the number.
func (o Output) ExpectFolded(t testing.TB, kind string, rows int) {
	t.Helper()
	summary, more := fmt.Sprintf("%s (%d) ", kind, rows), fmt.Sprintf("- and %d more", rows-10)
	if strings.Count(o.Text, summary) != 1 || !strings.Contains(o.Text, more) {
		t.Errorf("not one %q with %q:\n%s", summary, more, o.Raw)
	}
	if severity, _, _ := strings.Cut(kind, ":"); severity == "Error" && strings.Count(o.Text, "Error: ") != 1 {
		t.Errorf("more than one error:\n%s", o.Raw)
	}
}
