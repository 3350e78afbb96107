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

func TestSlowingDownAndUnclearAnswersAreSurvived(t *testing.T) {
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
	expect(t, w.Run("apply", "-auto-approve"), 1, "403 Forbidden", "read the flexible assets")
	s.ClearFaults()
	expectWrites(t, s)
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
	expect(t, w.Run("apply", "-auto-approve"), 1, "not all rows are written", "Stopped when it was to change the row alder/SPE_F1", "answered 403")
	expectWrites(t, s, "PATCH asset/1", "PATCH asset/2")

	// The state has the first and not the second.
	out := w.Run("plan", "-detailed-exitcode", "-refresh=false")
	expect(t, out, 2, "purchased = 4 -> 5", "purchased = 10 -> 12")
	if strings.Contains(out.Text, "10 -> 11") {
		t.Errorf("what is done is planned again:\n%s", out.Raw)
	}
	w.Apply()
	expectWrites(t, s, "PATCH asset/2", "PATCH asset/3")
	w.ExpectNoChanges()
}

func TestOneRefusedRowDoesNotStopTheOthers(t *testing.T) {
	t.Parallel()
	s, w := start(t, sandbox.Options{}, both, bothMappings)
	other := strings.ReplaceAll(both, "purchased = 10", "purchased = 9")
	w.Write("publication.tf", publication(other, bothMappings, ""))
	s.Inject(sandbox.Fault{System: sandbox.CloudRadial, Method: http.MethodPatch, Path: "/1$", Status: 400, Body: `{"success":false,"message":"not this one"}`, Times: 1})
	expect(t, w.Run("apply", "-auto-approve"), 1, "CloudRadial refused 1 row", "to change the row alder/SPE_E3", "not this one")
	expectWrites(t, s, "PATCH asset/1", "PATCH asset/3")
	w.Apply()
	expectWrites(t, s, "PATCH asset/1")
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
			expect(t, w.Run("apply", "-auto-approve"), 1, "not all rows are written", "created in part", "terraform untaint")
			expectRows(t, s, alderE3, alderF3)
			s.ClearRequests()
			if keep {
				w.Must("untaint", "cloudradial_license_publication.this")
				w.Apply()
				expectWrites(t, s, "POST asset", "PATCH asset/1")
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
	expect(t, w.Run("apply", "-auto-approve"), 1, "not all rows are written")
	out := w.Run("plan", "-detailed-exitcode")
	expect(t, out, 2, "1 to add, 0 to change, 0 to destroy")
	w.Apply()
	expectRows(t, s, alderE3, alderF3, brightwaterE3)
	if kinds := s.AssetTypes(); len(kinds) != 1 {
		t.Errorf("there are the types %v", kinds)
	}
}

// A create that was cut short leaves rows and no state. The next one goes on with them, with nobody's help.
func TestACreateThatWasCutShortGoesOn(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, portal(), sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s))
	w.Write("publication.tf", publication(both, bothMappings, ""))
	s.Inject(sandbox.Fault{System: sandbox.CloudRadial, Method: http.MethodPost, Path: "/flexible-asset$", Skip: 2, Status: http.StatusForbidden})
	expect(t, w.Run("apply", "-auto-approve"), 1, "403")
	s.ClearFaults()
	if err := os.Remove(filepath.Join(w.Dir(), "terraform.tfstate")); err != nil {
		t.Fatal(err)
	}
	s.ClearRequests()
	expect(t, w.Apply(), 0, "are taken over")
	expectWrites(t, s, "POST asset", "PATCH asset/1")
	expectRows(t, s, alderE3, alderF3, brightwaterE3)
	w.ExpectNoChanges()
	for _, row := range s.Assets() {
		if strings.Contains(row.Traits["owner"], "unfinished") {
			t.Errorf("the row %v is still marked", row.Traits)
		}
	}
}

// A lost state is no cut-off create: the rows have an owner, who may be another publication. It is refused, says how to take
// them over, and then converges.
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
			expect(t, w.Run("plan"), 0, "has rows of another publication", "Unless this run removes them first", owner)
			expect(t, w.Run("apply", "-auto-approve"), 1, "has rows of another publication", "Nothing was written", "take it over", owner)
			expectWrites(t, s)

			id := name + "/" + owner
			w.Must("import", "cloudradial_license_publication.this", id)
			expect(t, w.Run("plan", "-detailed-exitcode"), 2, `- "company 101" = {`, `+ "alder"`)
			w.Apply()
			expectWrites(t, s, "POST asset")
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
		"tf-" + strings.Repeat("a", 26):    `has rows of "` + owner + `"`,
		"Microsoft 365 Licenses/something": `no flexible asset type named "Microsoft 365 Licenses/something"`,
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			w := providertest.NewWorkspace(t, providertest.Block(s))
			w.Write("publication.tf", publication(both, bothMappings, ""))
			out := w.Run("import", "cloudradial_license_publication.this", id)
			if want != "" {
				expect(t, out, 1, want, "The import id is")
				return
			}
			expect(t, out, 0)
			w.Apply()
			w.ExpectNoChanges()
		})
	}
	expectWrites(t, s)
	t.Cleanup(func() { expectWrites(t, s) })
}

func TestASecondPublicationIsRefused(t *testing.T) {
	t.Parallel()
	s, w := start(t, sandbox.Options{}, both, bothMappings)
	second := providertest.NewWorkspace(t, providertest.Block(s))
	second.Write("publication.tf", publication(alder, mapped("alder", 103), ""))
	expect(t, second.Run("apply", "-auto-approve"), 1, "has rows of another publication", "import { to = cloudradial_license_publication.this")
	expectWrites(t, s)

	// One that came in all the same, between two of our runs.
	s.EditAsset(3, "owner", "tf-"+strings.Repeat("b", 26))
	expect(t, w.Run("plan", "-detailed-exitcode"), 2, "there are rows of another publication", "this one writes nothing")
	expect(t, w.Run("apply", "-auto-approve"), 1, "has rows of another publication")
	expectWrites(t, s)

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
	expect(t, third.Run("apply", "-auto-approve"), 1, `Two publications use the flexible asset type "X"`)
}

func TestAFieldRenamedInThePortal(t *testing.T) {
	t.Parallel()
	s, w := start(t, sandbox.Options{}, both, bothMappings)
	s.RenameTrait(1, "purchased", "Seats bought")
	expect(t, w.ExpectNoChanges(), 0, "fields were renamed in the portal", `"Purchased" is "Seats bought" now`)
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
	expect(t, other.Run("import", "cloudradial_license_publication.this", owner), 1, "does not fit", `it has no field "Purchased"`, "name it back")
	expect(t, other.Run("plan"), 1, `it has no field "Purchased"`)
	s.RenameTrait(1, "seats-bought", "Purchased")
	other.Must("import", "cloudradial_license_publication.this", owner)
	w.ExpectNoChanges()
}

func TestTheTypeRenamedInThePortal(t *testing.T) {
	t.Parallel()
	s, w := start(t, sandbox.Options{}, both, bothMappings)
	s.RenameAssetType(1, "Ours")
	expect(t, w.Run("plan"), 1, "the flexible asset type was renamed", "still holds 3 rows", "Name it back")
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
		"somebody else's":             {fields: `{"name":"Vendor","kind":"Text"},{"name":"SKU","kind":"Text"}`, want: []string{`it has no field "Product"`}},
		"a field of another kind":     {fields: strings.Replace(ourFields, `"Purchased","kind":"Number"`, `"Purchased","kind":"Text"`, 1), want: []string{`its field "Purchased" is of the kind Text instead of Number`}},
		"a required field in the way": {fields: ourFields + `,{"name":"Note","kind":"Text","required":true}`, want: []string{`its field "Note" is required`}},
		"a status that is required":   {fields: strings.Replace(ourFields, `{"name":"Status"`, `{"required":true,"name":"Status"`, 1), want: []string{`its field "Status" is required, but it is empty in some rows`}},
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
				expect(t, w.Run("plan"), 1, append(tc.want, `type "Microsoft 365 Licenses" does not fit`)...)
				expectWrites(t, s)
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

func TestAnswersOfAnyShape(t *testing.T) {
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
			expectWrites(t, s, "PATCH asset/1", "PATCH asset/3")
			w.ExpectNoChanges()
		})
	}
}

func TestArgumentsThatCannotBePublished(t *testing.T) {
	t.Parallel()
	null := strings.Replace(alder, "purchased = 10", "purchased = null", 1)
	cases := map[string]struct{ counts, mappings, want string }{
		"no counts":             {"", mapped("alder", 101), `Account "alder" is mapped to the company 101 but has no license counts`},
		"an account twice":      {alder, mapped("alder", 101) + `x = { company_id = 102, account_id = "alder" }`, `Account "alder" is mapped twice, to the companies 101 and 102`},
		"a company twice":       {both, mapped("alder", 101) + mapped("brightwater", 101), `Company 101 is mapped twice, to the accounts "alder" and "brightwater"`},
		"no company":            {alder, `alder = { company_id = null, account_id = "alder" }`, `company_mappings["alder"] has no account_id or no company_id`},
		"no number":             {null, mapped("alder", 101), `license_counts["alder"]["SPE_E3"].purchased is null: make the whole tenant null`},
		"a negative number":     {strings.Replace(alder, "assigned = 8", "assigned = -8", 1), mapped("alder", 101), `license_counts["alder"]["SPE_E3"].assigned is out of range (0 to 2147483647): -8`},
		"an unknown company":    {alder, mapped("alder", 999), "CloudRadial has no company 999"},
		"an unknown company (2": {both, mapped("alder", 101) + mapped("brightwater", 998), "CloudRadial has no company 998"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := providertest.Start(t, portal(), sandbox.Options{})
			w := providertest.NewWorkspace(t, providertest.Block(s))
			w.Write("publication.tf", publication(tc.counts, tc.mappings, ""))
			expect(t, w.Run("plan"), 1, tc.want)
			expectWrites(t, s)
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
	expect(t, w.Run("plan"), 0, "published = (known after apply)")
	w.Apply()
	expectRows(t, s, alderE3, alderF3, brightwaterE3)
	w.ExpectNoChanges()
}

func TestMissingAndWrongKeys(t *testing.T) {
	t.Parallel()
	s, w := start(t, sandbox.Options{}, both, bothMappings)
	w.Write("main.tf", providertest.BlockWith(s, map[string]string{"public_key": "", "private_key": ""}))
	expect(t, w.Run("plan"), 1, "The license publication cannot be read", "CLOUDRADIAL_PUBLIC_KEY")
	w.Write("main.tf", providertest.BlockWith(s, map[string]string{"private_key": `"wrong-key"`}))
	expect(t, w.Run("plan"), 1, "401", "Check public_key")
}

// The whole estate of the issue: 2,000 rows, and a plan without changes asks CloudRadial at most 15 times.
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
	expectWrites(t, s)

	s.EditAsset(1234, "purchased", "0")
	w.Apply()
	expectWrites(t, s, "PATCH asset/1234")
}

func TestADestroyThatFailsHalfWay(t *testing.T) {
	t.Parallel()
	s, w := start(t, sandbox.Options{}, both, bothMappings)
	s.Inject(sandbox.Fault{System: sandbox.CloudRadial, Method: http.MethodDelete, Path: assetPaths + `2$`, Status: 403, Times: 1})
	expect(t, w.Run("destroy", "-auto-approve"), 1, "not all removed", "delete the flexible asset 2", "403 Forbidden")
	expectRows(t, s, alderF3, brightwaterE3)
	expect(t, w.Run("plan", "-detailed-exitcode", "-refresh=false"), 2, `+ "SPE_E3" = {`) // the state has lost what is removed
	w.Must("destroy", "-auto-approve")
	if len(s.Assets())+len(s.AssetTypes()) > 0 {
		t.Errorf("left are %v and %v", s.Assets(), s.AssetTypes())
	}
}
