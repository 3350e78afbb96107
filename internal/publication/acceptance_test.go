// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package publication_test

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

func portal() sandbox.Seed {
	return sandbox.Seed{Companies: []sandbox.Company{
		{ID: 101, Name: "Alder & Finch Architects"},
		{ID: 102, Name: "Brightwater Dental"},
		{ID: 103, Name: "Cedar Grove Logistics"},
	}}
}

// sku is an element of license_counts, with more attributes than are written, as the data source has.
func sku(name, product string, purchased, enabled, assigned int, flags ...string) string {
	quoted := make([]string, len(flags))
	for i, flag := range flags {
		quoted[i] = fmt.Sprintf("%q", flag)
	}
	return fmt.Sprintf("%q = { sku_id = %q, product_name = %q, purchased = %d, enabled = %d, entitled = 1, assigned = %d, flags = [%s] }\n",
		name, "id of "+name, product, purchased, enabled, assigned, strings.Join(quoted, ", "))
}

// tenant is an element of license_counts.
func tenant(key string, skus ...string) string {
	return fmt.Sprintf("%q = {\n%s}\n", key, strings.Join(skus, ""))
}

func mapped(account string, company int) string {
	return fmt.Sprintf("%q = { company_id = %d, account_id = %q, name = \"dropped\" }\n", account, company, account)
}

func publication(counts, mappings, more string) string {
	return fmt.Sprintf("resource \"cloudradial_license_publication\" \"this\" {\nlicense_counts = {\n%s}\ncompany_mappings = {\n%s}\n%s}\n", counts, mappings, more)
}

var (
	e3    = sku("SPE_E3", "Microsoft 365 E3", 10, 10, 8)
	f3    = sku("SPE_F1", "Microsoft 365 F3", 4, 5, 5, "trial", "in_grace")
	alder = tenant("alder", e3, f3)
	// both are two companies of three rows.
	both         = alder + tenant("brightwater", e3)
	bothMappings = mapped("alder", 101) + mapped("brightwater", 102)
)

// rows shows what CloudRadial holds, without dates and owners: "101 SPE_E3 Microsoft 365 E3 10/8 free 2 …".
func rows(s *sandbox.Server) []string {
	var found []string
	for _, a := range s.Assets() {
		t := a.Traits
		found = append(found, fmt.Sprintf("%d %s: %s, %s/%s, %s left, %q, %s", a.CompanyID, t["sku"], t["product"], t["assigned"], t["purchased"],
			t["available"], t["status"], t["tenant"]))
	}
	slices.Sort(found)
	return found
}

func expectRows(t *testing.T, s *sandbox.Server, want ...string) {
	t.Helper()
	if got := rows(s); !slices.Equal(got, want) {
		t.Errorf("CloudRadial has\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

const (
	alderE3       = `101 SPE_E3: Microsoft 365 E3, 8/10, 2 left, "-", alder`
	alderF3       = `101 SPE_F1: Microsoft 365 F3, 5/4, 0 left, "in grace, trial", alder`
	brightwaterE3 = `102 SPE_E3: Microsoft 365 E3, 8/10, 2 left, "-", brightwater`
)

// asset finds the row of a company and SKU.
func asset(t *testing.T, s *sandbox.Server, company int, sku string) sandbox.Asset {
	t.Helper()
	for _, a := range s.Assets() {
		if a.CompanyID == company && a.Traits["sku"] == sku {
			return a
		}
	}
	t.Fatalf("there is no row %d/%s", company, sku)
	return sandbox.Asset{}
}

// start publishes a configuration.
func start(t *testing.T, options sandbox.Options, counts, mappings string) (*sandbox.Server, *providertest.Workspace) {
	t.Helper()
	s := providertest.Start(t, portal(), options)
	w := providertest.NewWorkspace(t, providertest.Block(s))
	w.Write("publication.tf", publication(counts, mappings, ""))
	w.Apply()
	w.ExpectNoChanges()
	s.ClearRequests()
	return s, w
}

func TestPublishesAndFollowsTheCounts(t *testing.T) {
	t.Parallel()
	s, w := start(t, sandbox.Options{}, both, bothMappings)
	expectRows(t, s, alderE3, alderF3, brightwaterE3)
	kind := s.AssetTypes()
	if len(kind) != 1 || kind[0].Name != "Microsoft 365 Licenses" || len(kind[0].Fields) != 9 || asset(t, s, 101, "SPE_E3").Name != "Microsoft 365 E3" {
		t.Errorf("made the types %+v", kind)
	}

	// One row changes, one is gone, one is new; the fourth is not touched.
	changed := tenant("alder", sku("SPE_E3", "Microsoft 365 E3", 12, 12, 8), sku("SPB", "Business Premium", 1, 1, 0)) + tenant("brightwater", e3)
	w.Write("publication.tf", publication(changed, bothMappings, ""))
	before := asset(t, s, 102, "SPE_E3")
	out := w.Apply()
	out.Expect(t, 0, "purchased = 10 -> 12", "1 changed")
	providertest.ExpectWritePaths(t, s, "DELETE /v2/flexible-asset/"+fmt.Sprint(2), "PATCH /v2/flexible-asset/1", "POST /v2/flexible-asset")
	expectRows(t, s, `101 SPB: Business Premium, 0/1, 1 left, "-", alder`, `101 SPE_E3: Microsoft 365 E3, 8/12, 4 left, "-", alder`, brightwaterE3)
	if after := asset(t, s, 102, "SPE_E3"); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("%v became %v", before, after)
	}
	w.ExpectNoChanges()

	w.Must("destroy", "-auto-approve")
	if len(s.Assets())+len(s.AssetTypes()) > 0 {
		t.Errorf("left are %v and %v", s.Assets(), s.AssetTypes())
	}
}

func TestUnknownAndUnmappedAccounts(t *testing.T) {
	t.Parallel()
	s, w := start(t, sandbox.Options{}, both, bothMappings)

	// An account with a null tenant keeps its rows, even if another tenant is known and the rows were edited.
	s.EditAsset(asset(t, s, 101, "SPE_F1").ID, "purchased", "7")
	half := "\"alder\" = null\n" + tenant("alder/second", sku("SPB", "Business Premium", 1, 1, 0)) + tenant("brightwater", e3) + tenant("cedar", e3)
	w.Write("publication.tf", publication(half, bothMappings, ""))
	out := w.Apply()
	out.Expect(t, 0, "1 account with unknown counts", "stay as they are: - alder", "1 account without a company", "so nothing is published for them: - cedar")
	providertest.ExpectWritePaths(t, s)
	expectRows(t, s, alderE3, `101 SPE_F1: Microsoft 365 F3, 5/7, 0 left, "in grace, trial", alder`, brightwaterE3)
	w.ExpectNoChanges()

	// Known again, as two tenants: added up, and the edit is undone.
	two := tenant("alder/one", e3, f3) + tenant("alder/two", sku("SPE_E3", "", 1, 1, 3, "overassigned")) + tenant("brightwater", e3)
	w.Write("publication.tf", publication(two, bothMappings, ""))
	w.Apply()
	expectRows(t, s, `101 SPE_E3: Microsoft 365 E3, 11/11, 0 left, "overassigned", alder/one, alder/two`,
		`101 SPE_F1: Microsoft 365 F3, 5/4, 0 left, "in grace, trial", alder/one`, brightwaterE3)

	// The rows of a company without a mapping are removed.
	w.Write("publication.tf", publication(both, mapped("brightwater", 102), ""))
	s.ClearRequests()
	w.Apply()
	providertest.ExpectWritePaths(t, s, "DELETE /v2/flexible-asset/1", "DELETE /v2/flexible-asset/2")
	expectRows(t, s, brightwaterE3)
	w.ExpectNoChanges()

	// The account moves to another company.
	w.Write("publication.tf", publication(both, mapped("alder", 101)+mapped("brightwater", 103), ""))
	w.Apply()
	expectRows(t, s, alderE3, alderF3, `103 SPE_E3: Microsoft 365 E3, 8/10, 2 left, "-", brightwater`)
	w.ExpectNoChanges()
}

func TestEditsInThePortalAreDrift(t *testing.T) {
	t.Parallel()
	edits := map[string]struct {
		edit func(*testing.T, *sandbox.Server)
		plan string
		want []string
	}{
		"a number edited": {
			func(t *testing.T, s *sandbox.Server) { s.EditAsset(asset(t, s, 101, "SPE_E3").ID, "purchased", "99") },
			"purchased = 99 -> 10", []string{"PATCH /v2/flexible-asset/1"},
		},
		"a number edited to none": {
			func(t *testing.T, s *sandbox.Server) { s.EditAsset(asset(t, s, 101, "SPE_E3").ID, "assigned", "") },
			"assigned = 8", []string{"PATCH /v2/flexible-asset/1"},
		},
		"another field edited": {
			func(t *testing.T, s *sandbox.Server) { s.EditAsset(asset(t, s, 101, "SPE_E3").ID, "product", "Office") },
			`"alder/SPE_E3" = "Product is \"Office\" instead of \"Microsoft 365 E3\""`, []string{"PATCH /v2/flexible-asset/1"},
		},
		"the owner emptied": {
			func(t *testing.T, s *sandbox.Server) { s.EditAsset(asset(t, s, 101, "SPE_E3").ID, "owner", "") },
			`+ "SPE_E3" = {`, []string{"PATCH /v2/flexible-asset/1"},
		},
		"a row deleted": {
			func(t *testing.T, s *sandbox.Server) { s.DeleteAsset(asset(t, s, 101, "SPE_E3").ID) },
			`+ "SPE_E3" = {`, []string{"POST /v2/flexible-asset"},
		},
		"a SKU edited": {
			func(t *testing.T, s *sandbox.Server) { s.EditAsset(asset(t, s, 101, "SPE_E3").ID, "sku", "X") },
			`- "X" = {`, []string{"DELETE /v2/flexible-asset/1", "POST /v2/flexible-asset"},
		},
		"a second row made": {
			func(t *testing.T, s *sandbox.Server) { s.EditAsset(asset(t, s, 101, "SPE_F1").ID, "sku", "SPE_E3") },
			`"alder/SPE_E3" = "asset 2 is a second row of this SKU"`, []string{"DELETE /v2/flexible-asset/2", "POST /v2/flexible-asset"},
		},
	}
	for name, tc := range edits {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, w := start(t, sandbox.Options{}, both, bothMappings)
			tc.edit(t, s)
			w.Run("plan", "-detailed-exitcode").Expect(t, 2, tc.plan)
			providertest.ExpectWritePaths(t, s)
			w.Apply()
			providertest.ExpectWritePaths(t, s, tc.want...)
			expectRows(t, s, alderE3, alderF3, brightwaterE3)
			w.ExpectNoChanges()
		})
	}
}

func TestTheTypeIsDeletedInThePortal(t *testing.T) {
	t.Parallel()
	s, w := start(t, sandbox.Options{Switches: map[string]string{"flexible-type-in-use": "removed"}}, both, bothMappings)
	call(t, s, http.MethodDelete, "/v2/flexible-asset-type/1", "")
	out := w.Run("plan", "-detailed-exitcode")
	out.Expect(t, 2, "the flexible asset type is gone", "1 to add")
	w.Apply()
	expectRows(t, s, alderE3, alderF3, brightwaterE3)
	w.ExpectNoChanges()
}

// call asks the sandbox's CloudRadial as another tool does.
func call(t *testing.T, s *sandbox.Server, method, path, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, s.HTTPURL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth(s.Credentials().CloudRadialPublicKey, s.Credentials().CloudRadialPrivateKey)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s %s answers %s", method, path, response.Status)
	}
}

// The example, from Microsoft to CloudRadial: seats change, and a tenant cannot be read for a while.
func TestTheExample(t *testing.T) {
	t.Parallel()
	example, err := os.ReadFile("../../examples/resources/cloudradial_license_publication/resource.tf")
	if err != nil {
		t.Fatal(err)
	}
	s := providertest.Start(t, sandbox.DefaultSeed(), sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s)+string(example))
	w.Apply()
	w.ExpectNoChanges()
	published := rows(s)
	if len(published) < 3 {
		t.Fatalf("CloudRadial has %q", published)
	}

	s.WithdrawConsent("brightwaterdental.example")
	s.ClearRequests()
	w.Apply().Expect(t, 0, "1 account with unknown counts", "stay as they are: - brightwater")
	providertest.ExpectWritePaths(t, s)
	expectRows(t, s, published...)

	s.GrantConsent("brightwaterdental.example")
	s.SetSeats("cedargrove.example", "SPE_E3", 77)
	s.ClearRequests()
	w.Apply().Expect(t, 0, "-> 77")
	if wrote := providertest.WritePaths(s); len(wrote) != 1 {
		t.Errorf("wrote %q", wrote)
	}
	w.ExpectNoChanges()
	w.Must("destroy", "-auto-approve")
	expectRows(t, s)
}

// A company that was mapped to the wrong account, and is mapped right now: the rows of the other customer go, also while the counts of the
// right one are unknown. They never get its name.
func TestRowsOfAnotherAccountAreRemoved(t *testing.T) {
	t.Parallel()
	const malloryE3 = `102 SPE_E3: Microsoft 365 E3, 70/77, 7 left, "-", mallory`
	mallory := tenant("mallory", sku("SPE_E3", "Microsoft 365 E3", 77, 77, 70))
	for name, test := range map[string]struct {
		counts string // after the mapping is corrected
		want   []string
	}{
		"unknown": {"\"brightwater\" = null\n" + mallory, nil},
		"known":   {tenant("brightwater", e3) + mallory, []string{brightwaterE3}},
		"none":    {"\"brightwater\" = {}\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, w := start(t, sandbox.Options{}, mallory, mapped("mallory", 102))
			expectRows(t, s, malloryE3)
			w.Write("publication.tf", publication(test.counts, mapped("brightwater", 102), ""))
			out := w.Apply()
			out.Expect(t, 0, `- "mallory" = {`)
			out.ExpectNo(t, "purchased = 77 -> 77")
			expectRows(t, s, test.want...)
			w.ExpectNoChanges()
		})
	}
}
