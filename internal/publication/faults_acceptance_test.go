// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package publication_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

const assetPaths = `^/v2/flexible-asset(/|$)`

func TestThrottlingAndUnclearAnswersConverge(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]sandbox.Fault{
		"429 on a write":              {Method: http.MethodPost, Path: assetPaths, Status: 429, Header: map[string]string{"Retry-After": "0.01"}, Skip: 1, Times: 2},
		"a page failing":              {Method: http.MethodGet, Path: `/odata/flexibleasset$`, Status: 503, Times: 2},
		"made, and then a 502":        {Kind: "after", Method: http.MethodPost, Path: assetPaths, Status: 502, Skip: 1, Times: 1},
		"made, and then cut off":      {Kind: "reset-after", Method: http.MethodPost, Path: assetPaths, Times: 1},
		"the type made, then a 502":   {Kind: "after", Method: http.MethodPost, Path: `asset-type$`, Status: 502, Times: 1},
		"a change failing in between": {Method: http.MethodPatch, Status: 503, Times: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := providertest.Start(t, portal(), sandbox.Options{})
			fault.System = sandbox.CloudRadial
			s.Inject(fault)
			w := providertest.NewWorkspace(t, providertest.Block(s))
			w.Write("publication.tf", publication(tenant("alder", sku("SPE_E3", "Microsoft 365 E3", 1, 1, 1), f3)+tenant("brightwater", e3), bothMappings, ""))
			w.Apply()
			w.Write("publication.tf", publication(both, bothMappings, ""))
			w.Apply()
			expectRows(t, s, alderE3, alderF3, brightwaterE3)
			w.ExpectNoChanges()
		})
	}
}

func TestAFailedPageChangesNothing(t *testing.T) {
	t.Parallel()
	s, w := start(t, sandbox.Options{}, both, bothMappings)
	w.Write("publication.tf", publication(alder, mapped("alder", 101), ""))
	s.Inject(sandbox.Fault{System: sandbox.CloudRadial, Method: http.MethodGet, Path: `/odata/flexibleasset$`, Status: 403, Body: `{"success":false,"message":"no"}`})
	w.Run("apply", "-auto-approve").Expect(t, 1, "403 Forbidden", "read the flexible assets")
	s.ClearFaults()
	providertest.ExpectWritePaths(t, s)
	w.Apply()
	expectRows(t, s, alderE3, alderF3)
}

func TestAFailureInTheMiddleOfAnUpdate(t *testing.T) {
	t.Parallel()
	s, w := start(t, sandbox.Options{}, both, bothMappings)
	other := tenant("alder", sku("SPE_E3", "Microsoft 365 E3", 11, 11, 8), sku("SPE_F1", "Microsoft 365 F3", 5, 5, 5, "trial", "in_grace")) +
		tenant("brightwater", sku("SPE_E3", "Microsoft 365 E3", 12, 12, 8))
	w.Write("publication.tf", publication(other, bothMappings, ""))
	s.Inject(sandbox.Fault{System: sandbox.CloudRadial, Method: http.MethodPatch, Path: "/2$", Status: 403, Times: 1})
	w.Run("apply", "-auto-approve").Expect(t, 1, "not all rows are written", "The row alder/SPE_F1 was not changed; rows after it that were not tried: 1", "answered 403")
	providertest.ExpectWritePaths(t, s, "PATCH /v2/flexible-asset/1", "PATCH /v2/flexible-asset/2")

	// The state has the first and not the second.
	out := w.Run("plan", "-detailed-exitcode", "-refresh=false")
	out.Expect(t, 2, "purchased = 4 -> 5", "purchased = 10 -> 12")
	if strings.Contains(out.Text, "10 -> 11") {
		t.Errorf("what is done is planned again:\n%s", out.Raw)
	}
	w.Apply()
	providertest.ExpectWritePaths(t, s, "PATCH /v2/flexible-asset/2", "PATCH /v2/flexible-asset/3")
	w.ExpectNoChanges()
}

func TestOneRefusedRowDoesNotStopTheOthers(t *testing.T) {
	t.Parallel()
	s, w := start(t, sandbox.Options{}, both, bothMappings)
	other := strings.ReplaceAll(both, "purchased = 10", "purchased = 9")
	w.Write("publication.tf", publication(other, bothMappings, ""))
	s.Inject(sandbox.Fault{System: sandbox.CloudRadial, Method: http.MethodPatch, Path: "/1$", Status: 400, Body: `{"success":false,"message":"not this one"}`, Times: 1})
	w.Run("apply", "-auto-approve").Expect(t, 1, "the row alder/SPE_E3 is not changed", "not this one", "The other rows are not affected")
	providertest.ExpectWritePaths(t, s, "PATCH /v2/flexible-asset/1", "PATCH /v2/flexible-asset/1", // another way to change a row
		"PATCH /compatibility/flexible_assets/1", "PATCH /v2/flexible-asset/3")
	w.Apply()
	providertest.ExpectWritePaths(t, s, "PATCH /v2/flexible-asset/1")
	w.ExpectNoChanges()
}

func TestACreateThatFailsHalfWay(t *testing.T) {
	t.Parallel()
	for name, keep := range map[string]bool{"replaced": false, "untainted": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := providertest.Start(t, portal(), sandbox.Options{})
			w := providertest.NewWorkspace(t, providertest.Block(s))
			w.Write("publication.tf", publication(both, bothMappings, ""))
			s.Inject(sandbox.Fault{System: sandbox.CloudRadial, Method: http.MethodPost, Path: assetPaths, Status: 403, Skip: 2, Times: 1})
			w.Run("apply", "-auto-approve").Expect(t, 1, "not all rows are written", "created in part", "terraform untaint")
			expectRows(t, s, alderE3, alderF3)
			s.ClearRequests()
			if keep {
				w.Must("untaint", "cloudradial_license_publication.this")
				w.Apply()
				providertest.ExpectWritePaths(t, s, "POST /v2/flexible-asset", "PATCH /v2/flexible-asset/1")
			} else {
				w.Apply()
			}
			expectRows(t, s, alderE3, alderF3, brightwaterE3)
			w.ExpectNoChanges()
		})
	}
}

func TestACreateThatWritesNothingLeavesNoState(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, portal(), sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s))
	w.Write("publication.tf", publication(both, bothMappings, ""))
	s.Inject(sandbox.Fault{System: sandbox.CloudRadial, Method: http.MethodPost, Path: assetPaths, Status: 403, Times: 1})
	w.Run("apply", "-auto-approve").Expect(t, 1, "not all rows are written")
	out := w.Run("plan", "-detailed-exitcode")
	out.Expect(t, 2, "1 to add, 0 to change, 0 to destroy")
	w.Apply()
	expectRows(t, s, alderE3, alderF3, brightwaterE3)
	if kinds := s.AssetTypes(); len(kinds) != 1 {
		t.Errorf("there are the types %v", kinds)
	}
}

// A create that was cut short leaves rows and no state. The next one goes on with them, without help.
func TestACreateThatWasCutShortGoesOn(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, portal(), sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s))
	w.Write("publication.tf", publication(both, bothMappings, ""))
	s.Inject(sandbox.Fault{System: sandbox.CloudRadial, Method: http.MethodPost, Path: "/flexible-asset$", Skip: 2, Status: http.StatusForbidden})
	w.Run("apply", "-auto-approve").Expect(t, 1, "403")
	s.ClearFaults()
	if err := os.Remove(filepath.Join(w.Dir(), "terraform.tfstate")); err != nil {
		t.Fatal(err)
	}
	s.ClearRequests()
	w.Apply().Expect(t, 0, "takes over its rows")
	providertest.ExpectWritePaths(t, s, "POST /v2/flexible-asset", "PATCH /v2/flexible-asset/1")
	expectRows(t, s, alderE3, alderF3, brightwaterE3)
	w.ExpectNoChanges()
	for _, row := range s.Assets() {
		if strings.Contains(row.Traits["owner"], "unfinished") {
			t.Errorf("the row %v is still marked", row.Traits)
		}
	}
}

// After a lost state, the rows may belong to another publication. The create is refused, the error says how to import, and then it
// converges.
func TestRowsOfALostStateAreTakenOverByImport(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Microsoft 365 Licenses", "Lizenzen / 365"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := providertest.Start(t, portal(), sandbox.Options{})
			w := providertest.NewWorkspace(t, providertest.Block(s))
			w.Write("publication.tf", publication(both, bothMappings, fmt.Sprintf("asset_type = %q\n", name)))
			w.Apply()
			owner := s.Assets()[0].Traits["owner"]
			s.DeleteAsset(asset(t, s, 102, "SPE_E3").ID)
			if err := os.Remove(filepath.Join(w.Dir(), "terraform.tfstate")); err != nil {
				t.Fatal(err)
			}
			s.ClearRequests()
			w.Run("plan").Expect(t, 0, "has rows of another publication", "unless this run removes these rows first", owner)
			w.Run("apply", "-auto-approve").Expect(t, 1, "has rows of another publication", "Nothing was written", "import it", owner)
			providertest.ExpectWritePaths(t, s)

			id := name + "/" + owner
			w.Must("import", "cloudradial_license_publication.this", id)
			w.Run("plan", "-detailed-exitcode").Expect(t, 2, `- "company 101 (alder)" = {`, `+ "alder"`)
			w.Apply()
			providertest.ExpectWritePaths(t, s, "POST /v2/flexible-asset")
			expectRows(t, s, alderE3, alderF3, brightwaterE3)
			w.ExpectNoChanges()
		})
	}
}

func TestImportIDs(t *testing.T) {
	t.Parallel()
	s, _ := start(t, sandbox.Options{}, both, bothMappings)
	owner := s.Assets()[0].Traits["owner"]
	for id, want := range map[string]string{
		owner:                              "",
		"Microsoft 365 Licenses":           "",
		"Microsoft 365 Licenses/" + owner:  "",
		"Elsewhere":                        `CloudRadial has no flexible asset type named "Elsewhere".`,
		"tf-" + strings.Repeat("a", 26):    "has rows of these owners: - " + owner,
		"Microsoft 365 Licenses/something": `no flexible asset type named "Microsoft 365 Licenses/something"`,
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			w := providertest.NewWorkspace(t, providertest.Block(s))
			w.Write("publication.tf", publication(both, bothMappings, ""))
			out := w.Run("import", "cloudradial_license_publication.this", id)
			if want != "" {
				out.Expect(t, 1, want, "The import id is")
				return
			}
			out.Expect(t, 0)
			w.Apply()
			w.ExpectNoChanges()
		})
	}
	providertest.ExpectWritePaths(t, s)
	t.Cleanup(func() { providertest.ExpectWritePaths(t, s) })
}

func TestASecondPublicationIsRefused(t *testing.T) {
	t.Parallel()
	s, w := start(t, sandbox.Options{}, both, bothMappings)
	second := providertest.NewWorkspace(t, providertest.Block(s))
	second.Write("publication.tf", publication(alder, mapped("alder", 103), ""))
	second.Run("apply", "-auto-approve").Expect(t, 1, "has rows of another publication", "import { to = cloudradial_license_publication.this")
	providertest.ExpectWritePaths(t, s)

	// Rows of another publication appear between two of our runs.
	s.EditAsset(3, "owner", "tf-"+strings.Repeat("b", 26))
	w.Run("plan", "-detailed-exitcode").Expect(t, 2, "there are rows of another publication", "This publication writes nothing")
	w.Run("apply", "-auto-approve").Expect(t, 1, "has rows of another publication")
	providertest.ExpectWritePaths(t, s)

	// Our own rows can always be removed; the other's and the type stay.
	w.Must("destroy", "-auto-approve")
	expectRows(t, s, brightwaterE3)
	if len(s.AssetTypes()) != 1 {
		t.Error("the type is gone")
	}

	// Two in one configuration.
	both := strings.Replace(publication(alder, mapped("alder", 103), "asset_type = \"X\"\n"), `"this"`, `"first"`, 1) +
		publication(alder, mapped("alder", 102), "asset_type = \"X\"\n")
	third := providertest.NewWorkspace(t, providertest.Block(s))
	third.Write("publication.tf", both)
	third.Run("apply", "-auto-approve").Expect(t, 1, `Two publications use the flexible asset type "X"`)
}

func TestAFieldRenamedInThePortal(t *testing.T) {
	t.Parallel()
	s, w := start(t, sandbox.Options{}, both, bothMappings)
	s.RenameTrait(1, "purchased", "Seats bought")
	w.ExpectNoChanges().Expect(t, 0, "fields were renamed in the portal", `"Purchased" is now "Seats bought"`)
	w.Write("publication.tf", publication(strings.ReplaceAll(both, "purchased = 10", "purchased = 9"), bothMappings, ""))
	w.Apply()
	if bought := asset(t, s, 101, "SPE_E3").Traits["seats-bought"]; bought != "9" {
		t.Errorf("bought %q", bought)
	}
	w.ExpectNoChanges()

	// Without the state's memory the field is missing, and it says which.
	owner := s.Assets()[0].Traits["owner"]
	other := providertest.NewWorkspace(t, providertest.Block(s))
	other.Write("publication.tf", publication(both, bothMappings, ""))
	other.Run("import", "cloudradial_license_publication.this", owner).Expect(t, 1, "does not fit", `it has no field "Purchased"`, "rename it back")
	other.Run("plan").Expect(t, 1, `it has no field "Purchased"`)
	s.RenameTrait(1, "seats-bought", "Purchased")
	other.Must("import", "cloudradial_license_publication.this", owner)
	w.ExpectNoChanges()
}

func TestTheTypeRenamedInThePortal(t *testing.T) {
	t.Parallel()
	s, w := start(t, sandbox.Options{}, both, bothMappings)
	s.RenameAssetType(1, "Ours")
	w.Run("plan").Expect(t, 1, "the flexible asset type was renamed", "still holds 3 rows", "Rename it back")
	s.RenameAssetType(1, "Microsoft 365 Licenses")
	w.ExpectNoChanges()

	// Another name in the configuration moves it.
	w.Write("publication.tf", publication(both, bothMappings, "asset_type = \"Ours\"\n"))
	w.Apply()
	expectRows(t, s, alderE3, alderF3, brightwaterE3)
	if kinds := s.AssetTypes(); len(kinds) != 1 || kinds[0].Name != "Ours" {
		t.Errorf("there are the types %+v", kinds)
	}
}

func TestReplacement(t *testing.T) {
	t.Parallel()
	s, w := start(t, sandbox.Options{}, both, bothMappings)
	owner := s.Assets()[0].Traits["owner"]
	w.Apply("-replace=cloudradial_license_publication.this")
	expectRows(t, s, alderE3, alderF3, brightwaterE3)
	if s.Assets()[0].Traits["owner"] == owner {
		t.Error("the owner is the same")
	}
}

const ourFields = `{"name":"Product","kind":"Text","useForTitle":true},{"name":"SKU","kind":"Text"},{"name":"Purchased","kind":"Number"},
	{"name":"Assigned","kind":"Number"},{"name":"Available","kind":"Number"},{"name":"Status","kind":"Text"},{"name":"Tenant","kind":"Text"},
	{"name":"Updated","kind":"Date"},{"name":"Owner","kind":"Text"}`

func TestATypeThatIsThere(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		fields string
		rows   bool
		want   []string // empty when it is taken
	}{
		"the same":                    {fields: ourFields},
		"and a field more":            {fields: ourFields + `,{"name":"Note","kind":"Text"}`, rows: true},
		"cut short when it was made":  {fields: `{"name":"Product","kind":"Text"},{"name":"SKU","kind":"Text"}`},
		"cut short at once":           {fields: ``},
		"fields missing, with rows":   {fields: `{"name":"Product","kind":"Text"},{"name":"SKU","kind":"Text"}`, rows: true, want: []string{`it has no field "Purchased"`, `it has no field "Owner"`}},
		"of another purpose":          {fields: `{"name":"Vendor","kind":"Text"},{"name":"SKU","kind":"Text"}`, want: []string{`it has no field "Product"`}},
		"a field of another kind":     {fields: strings.Replace(ourFields, `"Purchased","kind":"Number"`, `"Purchased","kind":"Text"`, 1), want: []string{`its field "Purchased" has the kind Text instead of Number`}},
		"a required field in the way": {fields: ourFields + `,{"name":"Note","kind":"Text","required":true}`, want: []string{`its field "Note" is required`}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := providertest.Start(t, portal(), sandbox.Options{})
			call(t, s, http.MethodPost, "/v2/flexible-asset-type", `{"name":"Microsoft 365 Licenses","fields":[`+tc.fields+`]}`)
			if tc.rows {
				call(t, s, http.MethodPost, "/v2/flexible-asset", `{"companyId":103,"flexibleAssetTypeId":1,"traits":{"product":"by hand","sku":"HAND"}}`)
			}
			s.ClearRequests()
			w := providertest.NewWorkspace(t, providertest.Block(s))
			w.Write("publication.tf", publication(both, bothMappings, ""))
			if tc.want != nil {
				w.Run("plan").Expect(t, 1, append(tc.want, `type "Microsoft 365 Licenses" does not fit`)...)
				providertest.ExpectWritePaths(t, s)
				return
			}
			w.Apply()
			w.ExpectNoChanges()
			w.Must("destroy", "-auto-approve")
			if rest := len(s.Assets()); rest > 0 != tc.rows || len(s.AssetTypes()) > 0 != tc.rows {
				t.Errorf("left are %v in %v", s.Assets(), s.AssetTypes())
			}
		})
	}
}

func TestDocumentedAndUndocumentedAnswers(t *testing.T) {
	t.Parallel()
	for _, switches := range []map[string]string{
		{"flexible-asset-reply": "empty", "flexible-type-reply": "empty"},
		{"flexible-asset-reply": "no-id", "flexible-type-reply": "no-id"},
		{"flexible-asset-reply": "bare", "flexible-type-reply": "bare", "flexible-trait-numbers": "number"},
	} {
		t.Run(fmt.Sprint(switches), func(t *testing.T) {
			t.Parallel()
			s, w := start(t, sandbox.Options{Switches: switches}, both, bothMappings)
			w.Write("publication.tf", publication(strings.ReplaceAll(both, "purchased = 10", "purchased = 9"), bothMappings, ""))
			w.Apply()
			providertest.ExpectWritePaths(t, s, "PATCH /v2/flexible-asset/1", "PATCH /v2/flexible-asset/3")
			w.ExpectNoChanges()
		})
	}
}

// Where the portal works otherwise than its documents say, rows are written and changed in another way, and none is there twice.
func TestWhereSourcesDisagree(t *testing.T) {
	t.Parallel()
	for _, switches := range []map[string]string{
		{"flexible-update": "compatibility", "flexible-blank-traits": "dropped", "flexible-icon": "required", "flexible-inline-fields": "refused",
			"flexible-select": "400", "page-rows": "5"},
		{"flexible-update": "traits-json", "flexible-inline-fields": "ignored", "flexible-name-key": "camel", "enumerations": "numbers"},
	} {
		t.Run(switches["flexible-update"], func(t *testing.T) {
			t.Parallel()
			s, w := start(t, sandbox.Options{Switches: switches}, both, bothMappings)
			w.ExpectNoChanges()
			if made := s.AssetTypes(); len(made) != 1 || made[0].Icon == nil || *made[0].Icon != "cloud" || len(made[0].Fields) != 9 {
				t.Errorf("types %+v", made)
			}
			rows := len(s.Assets())
			// A flag where there was none, and other numbers.
			changed := strings.ReplaceAll(strings.ReplaceAll(both, "purchased = 10", "purchased = 9"), "flags = []", `flags = ["trial"]`)
			w.Write("publication.tf", publication(changed, bothMappings, ""))
			w.Apply()
			w.ExpectNoChanges()
			for _, write := range providertest.WritePaths(s) {
				if !strings.HasPrefix(write, "PATCH ") {
					t.Errorf("a row is replaced: %s", write)
				}
			}
			if len(s.Assets()) != rows {
				t.Errorf("%d rows, before %d", len(s.Assets()), rows)
			}
		})
	}
}

func TestArgumentsThatCannotBePublished(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ counts, mappings, want string }{
		"no counts":             {"", mapped("alder", 101), `Account "alder" (company 101) has no license counts`},
		"an account twice":      {alder, mapped("alder", 101) + `x = { company_id = 102, account_id = "alder" }`, `Account "alder" is mapped to the companies 101 and 102`},
		"a company twice":       {both, mapped("alder", 101) + mapped("brightwater", 101), `Company 101 is mapped to the accounts "alder" and "brightwater"`},
		"no company":            {alder, `alder = { company_id = null, account_id = "alder" }`, `Company mapping "alder" has no company_id`},
		"a negative number":     {strings.Replace(alder, "assigned = 8", "assigned = -8", 1), mapped("alder", 101), `license_counts["alder"]["SPE_E3"].assigned is out of range (0 to 2147483647): -8`},
		"an unknown company":    {alder, mapped("alder", 999), `Company 999 (account "alder") is not in CloudRadial`},
		"an unknown company (2": {both, mapped("alder", 101) + mapped("brightwater", 998), `Company 998 (account "brightwater") is not in CloudRadial`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := providertest.Start(t, portal(), sandbox.Options{})
			w := providertest.NewWorkspace(t, providertest.Block(s))
			w.Write("publication.tf", publication(tc.counts, tc.mappings, ""))
			w.Run("plan").Expect(t, 1, tc.want)
			providertest.ExpectWritePaths(t, s)
		})
	}
}

func TestUnknownArgumentsAreDeferred(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, portal(), sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s))
	w.Write("publication.tf", `
resource "terraform_data" "seats" {
  input = 10
}
`+publication(strings.Replace(both, "purchased = 10", "purchased = terraform_data.seats.output", 1), bothMappings, ""))
	w.Run("plan").Expect(t, 0, "published = (known after apply)")
	w.Apply()
	expectRows(t, s, alderE3, alderF3, brightwaterE3)
	w.ExpectNoChanges()
}

func TestMissingAndWrongKeys(t *testing.T) {
	t.Parallel()
	s, w := start(t, sandbox.Options{}, both, bothMappings)
	w.Write("main.tf", providertest.BlockWith(s, map[string]string{"public_key": "", "private_key": ""}))
	w.Run("plan").Expect(t, 1, "CloudRadial cannot be used", "CLOUDRADIAL_PUBLIC_KEY")
	w.Write("main.tf", providertest.BlockWith(s, map[string]string{"private_key": `"wrong-key"`}))
	w.Run("plan").Expect(t, 1, "401", "Are the keys swapped?")
}

// A plan without changes over 2,000 rows sends at most 15 requests.
func TestAPlanOverTwoThousandRowsAsksLittle(t *testing.T) {
	t.Parallel()
	var seed sandbox.Seed
	for i := range 100 {
		seed.Companies = append(seed.Companies, sandbox.Company{ID: i + 1, Name: fmt.Sprintf("Company %d", i+1)})
	}
	s := providertest.Start(t, seed, sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s))
	w.Write("publication.tf", `
resource "cloudradial_license_publication" "this" {
  license_counts = { for i in range(1, 101) : "c${i}" => { for k in range(20) : "SKU_${k}" => {
    sku_id = "x", product_name = "Product ${k}", purchased = i + k, enabled = i + k, entitled = i + k, assigned = k, flags = []
  } } }
  company_mappings = { for i in range(1, 101) : "c${i}" => { company_id = i, account_id = "c${i}" } }
}
`)
	w.Apply()
	if rows := len(s.Assets()); rows != 2000 {
		t.Fatalf("there are %d rows", rows)
	}
	s.ClearRequests()
	w.ExpectNoChanges()
	if calls := len(s.Requests()); calls > 15 {
		t.Errorf("asked %d times", calls)
	}
	providertest.ExpectWritePaths(t, s)

	s.EditAsset(1234, "purchased", "0")
	w.Apply()
	providertest.ExpectWritePaths(t, s, "PATCH /v2/flexible-asset/1234")
}

func TestADestroyThatFailsHalfWay(t *testing.T) {
	t.Parallel()
	s, w := start(t, sandbox.Options{}, both, bothMappings)
	s.Inject(sandbox.Fault{System: sandbox.CloudRadial, Method: http.MethodDelete, Path: assetPaths + `2$`, Status: 403, Times: 1})
	w.Run("destroy", "-auto-approve").Expect(t, 1, "not everything is removed", "delete the flexible asset 2", "403 Forbidden")
	expectRows(t, s, alderF3, brightwaterE3)
	w.Run("plan", "-detailed-exitcode", "-refresh=false").Expect(t, 2, `+ "SPE_E3" = {`) // the removed row is no longer in the state
	w.Must("destroy", "-auto-approve")
	if len(s.Assets())+len(s.AssetTypes()) > 0 {
		t.Errorf("left are %v and %v", s.Assets(), s.AssetTypes())
	}
}

func TestAnErrorOfOneRowDoesNotStopTheOthersAndOneOfAllDoes(t *testing.T) {
	t.Parallel()
	const create, firstChanged = "POST /v2/flexible-asset", "PATCH /v2/flexible-asset/1"
	for name, test := range map[string]struct {
		fault sandbox.Fault
		want  []string // the writes, of which the second fails
	}{
		"400":                        {sandbox.Fault{Status: 400, Times: 1}, []string{create, create, create, firstChanged}},
		"422":                        {sandbox.Fault{Status: 422, Times: 1}, []string{create, create, create, firstChanged}},
		"500 to what is sent once":   {sandbox.Fault{Status: 500, Times: 1}, []string{create, create, create, firstChanged}},
		"403":                        {sandbox.Fault{Status: 403}, []string{create, create}},
		"429 that asks for an hour":  {sandbox.Fault{Status: 429, Header: map[string]string{"Retry-After": "3600"}}, []string{create, create}},
		"503":                        {sandbox.Fault{Status: 503}, []string{create, create}},
		"a connection that is reset": {sandbox.Fault{Kind: "reset"}, []string{create, create}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := providertest.Start(t, portal(), sandbox.Options{})
			call(t, s, http.MethodPost, "/v2/flexible-asset-type", `{"name":"Microsoft 365 Licenses","fields":[`+ourFields+`]}`)
			s.ClearRequests()
			fault := test.fault
			fault.System, fault.Method, fault.Path, fault.Skip = sandbox.CloudRadial, http.MethodPost, assetPaths, 1
			s.Inject(fault)
			w := providertest.NewWorkspace(t, providertest.Block(s))
			w.Write("publication.tf", publication(both, bothMappings, ""))
			if stops := len(test.want) == 2; stops {
				w.Run("apply", "-auto-approve").Expect(t, 1, "not all rows are written",
					"The row alder/SPE_F1 was not added; rows after it that were not tried: 1.")
				expectRows(t, s, alderE3)
			} else {
				w.Run("apply", "-auto-approve").Expect(t, 1, "the row alder/SPE_F1 is not added", "The other rows are not affected")
				expectRows(t, s, alderE3, brightwaterE3)
			}
			providertest.ExpectWritePaths(t, s, test.want...)
		})
	}
}

// expectOneError ends the test unless the output has one error, which counts sixty rows and names ten.
func expectOneError(t *testing.T, out providertest.Output, texts ...string) {
	t.Helper()
	out.Expect(t, 1, append(texts, "(60)", "and 50 more")...)
	if errors := strings.Count(out.Text, "Error: "); errors != 1 {
		t.Errorf("%d errors, want one:\n%s", errors, out.Raw)
	}
}

func TestOneMistakeInSixtyRowsIsOneError(t *testing.T) {
	t.Parallel()
	const counts = `{ for i in range(60) : format("c%02d", i) => { S = {
  sku_id = "x", product_name = "Product", purchased = 1, enabled = 1, entitled = 1, assigned = 1, flags = [] } } }`
	configuration := func(counts, company, account string) string {
		return fmt.Sprintf("resource \"cloudradial_license_publication\" \"this\" {\nlicense_counts = %s\n"+
			"company_mappings = { for i in range(60) : format(\"c%%02d\", i) => { company_id = %s, account_id = %s } }\n}\n", counts, company, account)
	}
	seed := sandbox.Seed{}
	for i := range 60 {
		seed.Companies = append(seed.Companies, sandbox.Company{ID: i + 1, Name: fmt.Sprintf("Company %d", i+1)})
	}
	const account = `format("c%02d", i)`
	for name, test := range map[string]struct {
		configuration string
		want          []string
	}{
		"no counts":         {configuration("{}", "i + 1", account), []string{"Accounts without license counts", `"c00" (company 1)`, `"c09" (company 10)`}},
		"no company_id":     {configuration(counts, "null", account), []string{"Company mappings without a company_id", `"c09"`}},
		"no such companies": {configuration(counts, "i + 901", account), []string{"Companies are not in CloudRadial", `company 901 (account "c00")`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := providertest.Start(t, seed, sandbox.Options{})
			w := providertest.NewWorkspace(t, providertest.Block(s))
			w.Write("publication.tf", test.configuration)
			expectOneError(t, w.Run("plan"), test.want...)
			providertest.ExpectWrites(t, s)
		})
	}
	t.Run("refused rows", func(t *testing.T) {
		t.Parallel()
		s := providertest.Start(t, seed, sandbox.Options{})
		w := providertest.NewWorkspace(t, providertest.Block(s))
		w.Write("publication.tf", configuration(counts, "i + 1", account))
		s.Inject(sandbox.Fault{System: sandbox.CloudRadial, Method: http.MethodPost, Path: assetPaths, Status: 400, Body: `{"success":false,"message":"not now"}`})
		expectOneError(t, w.Run("apply", "-auto-approve"), "CloudRadial refused rows", "c00/S: 400 Bad Request: not now", "c09/S: 400 Bad Request: not now")
		if writes := providertest.WritePaths(s); len(writes) != 61 { // the type, and each row once
			t.Errorf("%d writes: %q", len(writes), writes)
		}
	})
}

func TestADestroyThatOneRowRefuses(t *testing.T) {
	t.Parallel()
	s, w := start(t, sandbox.Options{}, both, bothMappings)
	s.Inject(sandbox.Fault{System: sandbox.CloudRadial, Method: http.MethodDelete, Path: assetPaths + `1$`, Status: 400, Body: `{"success":false,"message":"not this one"}`, Times: 1})
	w.Run("destroy", "-auto-approve").Expect(t, 1, "the row alder/SPE_E3 is not removed", "not this one")
	expectRows(t, s, alderE3)
	providertest.ExpectWritePaths(t, s, "DELETE /v2/flexible-asset/1", "DELETE /v2/flexible-asset/2", "DELETE /v2/flexible-asset/3")
	w.Must("destroy", "-auto-approve")
	if len(s.Assets())+len(s.AssetTypes()) > 0 {
		t.Errorf("left are %v and %v", s.Assets(), s.AssetTypes())
	}
}
