package companytoken_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

const address = "cloudradial_company_token.this"

func start(t *testing.T) *sandbox.Server {
	t.Helper()
	return providertest.Start(t, sandbox.Seed{Companies: []sandbox.Company{{ID: 101, Name: "Alder & Finch"}, {ID: 102, Name: "Brightwater Dental"}}}, sandbox.Options{})
}

func block(name string, companyID int, token, value string) string {
	return fmt.Sprintf("resource \"cloudradial_company_token\" %q {\n  company_id = %d\n  name = %q\n  value = %q\n}\n", name, companyID, token, value)
}

func this(companyID int, token, value string) string { return block("this", companyID, token, value) }

// writes lists the requests that change something, with query and body.
func writes(s *sandbox.Server) []string {
	var found []string
	for _, r := range s.Requests() {
		if r.Method != http.MethodGet {
			found = append(found, strings.TrimSpace(fmt.Sprintf("%s %s?%s %s", r.Method, r.Path, r.Query, r.Body)))
		}
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

func expectTokens(t *testing.T, s *sandbox.Server, want string) {
	t.Helper()
	if got := fmt.Sprint(s.Tokens()); got != want {
		t.Errorf("CloudRadial holds %s, want %s", got, want)
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

func planned(action plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, action)}}
}

func TestTokenLifeCycle(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.PutToken(sandbox.Token{Name: "Phone", Value: "partner"})
	provider := providertest.Block(s)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(t),
		Steps: []resource.TestStep{
			{
				Config:           provider + this(102, "Phone", "1"),
				ConfigPlanChecks: planned(plancheck.ResourceActionCreate),
				Check:            wrote(s, `POST /v2/token? {"companyId":102,"token":"Phone","value":"1"}`),
			},
			{
				Config:           provider + this(102, "Phone", "1"),
				ConfigPlanChecks: planned(plancheck.ResourceActionNoop),
				Check:            wrote(s),
			},
			{
				Config:           provider + this(102, "Phone", ""),
				ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
				Check:            wrote(s, `POST /v2/token? {"companyId":102,"token":"Phone","value":""}`),
			},
			{
				// What a person changed in the portal is changed back.
				PreConfig: func() { s.PutToken(sandbox.Token{CompanyID: 102, Name: "Phone", Value: "by hand"}) },
				Config:    provider + this(102, "Phone", ""),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
					plancheck.ExpectKnownValue(address, tfjsonpath.New("value"), knownvalue.StringExact("")),
				}},
				Check: wrote(s, `POST /v2/token? {"companyId":102,"token":"Phone","value":""}`),
			},
			{
				PreConfig:        func() { s.RemoveToken(102, "Phone") },
				Config:           provider + this(102, "Phone", "2"),
				ConfigPlanChecks: planned(plancheck.ResourceActionCreate),
				Check:            wrote(s, `POST /v2/token? {"companyId":102,"token":"Phone","value":"2"}`),
			},
			{
				Config:           provider + this(102, "phone", "2"),
				ConfigPlanChecks: planned(plancheck.ResourceActionReplace),
				Check:            wrote(s, `DELETE /v2/token/Phone?companyId=102`, `POST /v2/token? {"companyId":102,"token":"phone","value":"2"}`),
			},
			{
				Config:           provider + this(101, "phone", "2"),
				ConfigPlanChecks: planned(plancheck.ResourceActionReplace),
				Check:            wrote(s, `DELETE /v2/token/phone?companyId=102`, `POST /v2/token? {"companyId":101,"token":"phone","value":"2"}`),
			},
			{
				Config:                               provider + this(101, "phone", "2"),
				ResourceName:                         address,
				ImportState:                          true,
				ImportStateId:                        "101/phone",
				ImportStateVerify:                    true,
				ImportStateVerifyIdentifierAttribute: "name",
			},
			{
				Config:        provider + this(101, "phone", "2"),
				ResourceName:  address,
				ImportState:   true,
				ImportStateId: "101/Phone",
				ExpectError:   regexp.MustCompile(`Cannot import non-existent remote object`),
			},
			{
				Config:        provider + this(101, "phone", "2"),
				ResourceName:  address,
				ImportState:   true,
				ImportStateId: "phone",
				ExpectError:   regexp.MustCompile(`is not\s+<company_id>/<name>`),
			},
		},
	})
	if got := writes(s); !slices.Equal(got, []string{"DELETE /v2/token/phone?companyId=101"}) {
		t.Errorf("destroy wrote %q", got)
	}
	expectTokens(t, s, "[{0 Phone partner 0}]")
}

func TestPartnerToken(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.PutToken(sandbox.Token{CompanyID: 101, Name: "Phone", Value: "company"})
	w := providertest.NewWorkspace(t, providertest.Block(s)+this(0, "Phone", "1"))
	w.Apply()
	expectTokens(t, s, "[{0 Phone 1 0} {101 Phone company 0}]")
	for _, r := range s.Requests() {
		if r.Path == "/v2/odata/company" {
			t.Error("the companies were read for the partner level")
		}
	}
	s.ClearRequests()
	w.Must("destroy", "-auto-approve")
	if got := writes(s); !slices.Equal(got, []string{"DELETE /v2/token/Phone?companyId=0"}) {
		t.Errorf("wrote %q", got)
	}
	expectTokens(t, s, "[{101 Phone company 0}]")
}

func TestExistingToken(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.PutToken(sandbox.Token{CompanyID: 102, Name: "Phone", Value: "old"})
	w := providertest.NewWorkspace(t, providertest.Block(s)+this(102, "Phone", "new"))
	expect(t, w.Run("plan"), 1, "Token @Phone of company 102 exists with another value", `with the value "old"`,
		"to = cloudradial_company_token.this", `id = "102/Phone"`)

	w.Write("main.tf", providertest.Block(s)+this(102, "Phone", "old"))
	expect(t, w.Run("plan"), 0, "Token @Phone of company 102 is adopted", "moved block")
	expect(t, w.Run("apply", "-auto-approve"), 0, "Token @Phone of company 102 is adopted")
	w.ExpectNoChanges()
	if got := writes(s); len(got) > 0 {
		t.Errorf("wrote %q", got)
	}

	// -replace plans the managed token once more as a new one.
	out := w.Run("apply", "-auto-approve", "-replace="+address)
	expect(t, out, 0, "will be replaced, as requested")
	if strings.Contains(out.Text, "adopted") {
		t.Errorf("adopted what it replaces:\n%s", out.Raw)
	}
	w.Write("main.tf", providertest.Block(s)+this(102, "Phone", "new"))
	expect(t, w.Run("apply", "-auto-approve", "-replace="+address), 0)
	expectTokens(t, s, "[{102 Phone new 0}]")
}

func TestImportThenChange(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.PutToken(sandbox.Token{CompanyID: 102, Name: "Phone", Value: "old"})
	w := providertest.NewWorkspace(t, providertest.Block(s)+this(102, "Phone", "new")+
		"import {\n  to = "+address+"\n  id = \"102/Phone\"\n}\n")
	expect(t, w.Run("apply", "-auto-approve"), 0, "1 imported, 0 added, 1 changed")
	expectTokens(t, s, "[{102 Phone new 0}]")
}

func TestUnknownCompany(t *testing.T) {
	t.Parallel()
	s := start(t)
	w := providertest.NewWorkspace(t, providertest.Block(s)+this(110, "Phone", "1"))
	expect(t, w.Run("plan"), 1, "Company 110 is not in CloudRadial", "CloudRadial lists 2 companies", "company_id is 0")
	w.Write("main.tf", providertest.Block(s)+this(102, "Phone", "1"))
	w.Apply()
	s.RemoveCompany(102)
	s.PutToken(sandbox.Token{CompanyID: 102, Name: "Phone", Value: "1"}) // a portal that keeps the tokens of who left
	expect(t, w.Run("plan"), 0, "Warning: Company 102 is not in CloudRadial", "No changes", "It was there before")
	expect(t, w.Run("destroy", "-auto-approve"), 0)
	expectTokens(t, s, "[]")
}

func TestGoneTokenIsSaid(t *testing.T) {
	t.Parallel()
	s := start(t)
	w := providertest.NewWorkspace(t, providertest.Block(s)+this(102, "Phone", "1"))
	w.Apply()
	s.RemoveToken(102, "Phone")
	expect(t, w.Run("plan", "-detailed-exitcode"), 2, "Warning: Token @Phone of company 102 is gone from CloudRadial", "1 to add")
	s.ClearRequests()
	expect(t, w.Run("destroy", "-auto-approve", "-refresh=false"), 0) // deleting what is gone
	if got := writes(s); !slices.Equal(got, []string{"DELETE /v2/token/Phone?companyId=102"}) {
		t.Errorf("wrote %q", got)
	}
}

func TestNamesThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	s := start(t)
	for name, text := range map[string]string{"companytenantid": "predefines the token @CompanyTenantId", "@Phone": "without the @", "a/b": "no slash"} {
		w := providertest.NewWorkspace(t, providertest.Block(s)+this(102, name, "1"))
		expect(t, w.Run("validate"), 1, "Name of the token cannot be used", text)
	}
	w := providertest.NewWorkspace(t, providertest.Block(s)+this(-1, "Phone", "1"))
	expect(t, w.Run("validate"), 1, "company_id value must be at least 0")
}

func TestTokenDeclaredTwice(t *testing.T) {
	t.Parallel()
	s := start(t)
	w := providertest.NewWorkspace(t, providertest.Block(s)+this(102, "Phone", "1")+block("that", 102, "Phone", "2"))
	expect(t, w.Run("apply", "-auto-approve"), 1, "Token @Phone of company 102 is declared twice")
	if got := writes(s); len(got) != 1 {
		t.Errorf("wrote %q", got)
	}
}

func TestManyTokensCostOneList(t *testing.T) {
	t.Parallel()
	s := start(t)
	config := providertest.Block(s) + "resource \"cloudradial_company_token\" \"this\" {\n  count = 250\n  company_id = 101\n  name = \"T${count.index}\"\n  value = \"v\"\n}\n"
	w := providertest.NewWorkspace(t, config)
	w.Apply()
	s.ClearRequests()
	w.ExpectNoChanges()
	var lists, companies int
	for _, r := range s.Requests() {
		switch r.Path {
		case "/v2/odata/token":
			lists++
		case "/v2/odata/company":
			companies++
		default:
			t.Errorf("asked %s %s", r.Method, r.Path)
		}
	}
	if lists != 2 || companies != 1 { // 200 a page
		t.Errorf("%d pages of tokens, %d of companies", lists, companies)
	}
}

func TestFailuresOfCloudRadial(t *testing.T) {
	t.Parallel()
	s := start(t)
	config := this(101, "A", "1") + block("that", 102, "B", "1")
	w := providertest.NewWorkspace(t, providertest.BlockWith(s, map[string]string{"public_key": "", "private_key": ""})+config)
	out := w.Run("plan")
	expect(t, out, 1, "CloudRadial cannot be used", "private_key")
	if strings.Count(out.Text, "CloudRadial cannot be used") != 1 {
		t.Errorf("said twice:\n%s", out.Raw)
	}

	w.Write("main.tf", providertest.Block(s)+config)
	s.Inject(sandbox.Fault{System: sandbox.CloudRadial, Path: "odata/token", Status: 403, Body: `{"message":"The API key does not have access to tokens."}`})
	out = w.Run("plan")
	expect(t, out, 1, "CloudRadial tokens cannot be read", "does not have access to tokens")
	if strings.Count(out.Text, "CloudRadial tokens cannot be read") != 1 {
		t.Errorf("said twice:\n%s", out.Raw)
	}
	s.ClearFaults()

	s.Inject(sandbox.Fault{System: sandbox.CloudRadial, Method: "POST", Status: 400, Body: `{"success":false,"message":"Value is too long"}`})
	expect(t, w.Run("apply", "-auto-approve"), 1, "Token @A of company 101 is not created", "Value is too long")
	s.ClearFaults()

	// Carried out, but nobody heard of it: applying again converges.
	s.Inject(sandbox.Fault{System: sandbox.CloudRadial, Method: "POST", Kind: "after", Status: 403})
	expect(t, w.Run("apply", "-auto-approve"), 1, "is not created")
	s.ClearFaults()
	expect(t, w.Run("apply", "-auto-approve"), 0, "Token @A of company 101 is adopted")
	w.ExpectNoChanges()

	s.Inject(sandbox.Fault{System: sandbox.CloudRadial, Path: "odata/token", Status: 403})
	out = w.Run("plan") // now it is the refresh that fails
	expect(t, out, 1, "CloudRadial tokens cannot be read")
	if strings.Count(out.Text, "CloudRadial tokens cannot be read") != 1 {
		t.Errorf("said twice:\n%s", out.Raw)
	}
	s.ClearFaults()

	s.Inject(sandbox.Fault{System: sandbox.CloudRadial, Method: "DELETE", Status: 403})
	expect(t, w.Run("destroy", "-auto-approve"), 1, "Token @A of company 101 is not deleted")
	s.ClearFaults()
	expect(t, w.Run("destroy", "-auto-approve"), 0)
	expectTokens(t, s, "[]")
}
