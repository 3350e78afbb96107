package mapping_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// portal is a CloudRadial portal of three companies.
func portal() sandbox.Seed {
	return sandbox.Seed{Companies: []sandbox.Company{
		{ID: 101, Name: "Alder & Finch Architects", PSAKey: 4101, PSAIdentifier: "ALDERFINCH", Domains: []string{"alderfinch.example", "alder.example"}},
		{ID: 102, Name: "Brightwater Dental", Domains: []string{"brightwater.example"}},
		{ID: 103, Name: "Cedar Grove Logistics"},
	}}
}

// requests lists what was asked of a system since the last ClearRequests: "GET /path".
func requests(s *sandbox.Server, system string) []string {
	var found []string
	for _, r := range s.Requests() {
		if r.System == system {
			found = append(found, r.Method+" "+r.Path)
		}
	}
	return found
}

// writes lists the requests that change something, bodies included.
func writes(s *sandbox.Server) []string {
	var found []string
	for _, r := range s.Requests() {
		if r.System == sandbox.Microsoft || r.Method == http.MethodGet {
			continue
		}
		found = append(found, fmt.Sprintf("%s %s %s", r.Method, strings.TrimPrefix(r.Path, "/api/vendor-api"), r.Body))
	}
	return found
}

// wrote checks the writes since the last check, and forgets them.
func wrote(s *sandbox.Server, want ...string) resource.TestCheckFunc {
	return func(*terraform.State) error {
		defer s.ClearRequests()
		if got := writes(s); !slices.Equal(got, want) {
			return fmt.Errorf("wrote %q, want %q", got, want)
		}
		return nil
	}
}

// expect ends the test unless the output has the exit code and all the texts.
func expect(t *testing.T, out providertest.Output, code int, texts ...string) {
	t.Helper()
	if out.Code != code {
		t.Fatalf("exit code %d, want %d:\n%s", out.Code, code, out.Raw)
	}
	for _, text := range texts {
		if !strings.Contains(out.Text, text) {
			t.Errorf("%q is missing in:\n%s", text, out.Raw)
		}
	}
}

func expectNot(t *testing.T, out providertest.Output, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(out.Text, text) {
			t.Errorf("%q is in:\n%s", text, out.Raw)
		}
	}
}

func expectNoWrites(t *testing.T, s *sandbox.Server) {
	t.Helper()
	if got := writes(s); len(got) > 0 {
		t.Errorf("wrote %q", got)
	}
}

// withoutCloudRadial is a provider block without CloudRadial keys.
func withoutCloudRadial(s *sandbox.Server) string {
	return providertest.BlockWith(s, map[string]string{"public_key": "", "private_key": ""})
}
