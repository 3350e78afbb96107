// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package companytoken_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
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

func expectTokens(t *testing.T, s *sandbox.Server, want string) {
	t.Helper()
	if got := fmt.Sprint(s.Tokens()); got != want {
		t.Errorf("CloudRadial holds %s, want %s", got, want)
	}
}

// expectOnce fails the test unless the output has the text once.
func expectOnce(t *testing.T, out providertest.Output, text string) {
	t.Helper()
	if found := strings.Count(out.Text, text); found != 1 {
		t.Errorf("%q is there %d times, want once:\n%s", text, found, out.Raw)
	}
}

func planned(action plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return providertest.BeforeApply(plancheck.ExpectResourceAction(address, action))
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
				Check:            providertest.CheckWrites(s, `POST /v2/token {"companyId":102,"token":"Phone","value":"1"}`),
			},
			{
				Config:           provider + this(102, "Phone", "1"),
				ConfigPlanChecks: planned(plancheck.ResourceActionNoop),
				Check:            providertest.CheckWrites(s),
			},
			{
				Config:           provider + this(102, "Phone", ""),
				ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
				Check:            providertest.CheckWrites(s, `POST /v2/token {"companyId":102,"token":"Phone","value":""}`),
			},
			{
				// A change in the portal is undone.
				PreConfig: func() { s.PutToken(sandbox.Token{CompanyID: 102, Name: "Phone", Value: "by hand"}) },
				Config:    provider + this(102, "Phone", ""),
				ConfigPlanChecks: providertest.BeforeApply(
					plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
					plancheck.ExpectKnownValue(address, tfjsonpath.New("value"), knownvalue.StringExact("")),
				),
				Check: providertest.CheckWrites(s, `POST /v2/token {"companyId":102,"token":"Phone","value":""}`),
			},
			{
				PreConfig:        func() { s.RemoveToken(102, "Phone") },
				Config:           provider + this(102, "Phone", "2"),
				ConfigPlanChecks: planned(plancheck.ResourceActionCreate),
				Check:            providertest.CheckWrites(s, `POST /v2/token {"companyId":102,"token":"Phone","value":"2"}`),
			},
			{
				Config:           provider + this(102, "phone", "2"),
				ConfigPlanChecks: planned(plancheck.ResourceActionReplace),
				Check:            providertest.CheckWrites(s, `DELETE /v2/token/Phone?companyId=102`, `POST /v2/token {"companyId":102,"token":"phone","value":"2"}`),
			},
			{
				Config:           provider + this(101, "phone", "2"),
				ConfigPlanChecks: planned(plancheck.ResourceActionReplace),
				Check:            providertest.CheckWrites(s, `DELETE /v2/token/phone?companyId=102`, `POST /v2/token {"companyId":101,"token":"phone","value":"2"}`),
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
	providertest.ExpectWrites(t, s, "DELETE /v2/token/phone?companyId=101")
	expectTokens(t, s, "[{0 Phone partner 0}]")
}

func TestPartnerToken(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.PutToken(sandbox.Token{CompanyID: 101, Name: "Phone", Value: "company"})
	w := providertest.NewWorkspace(t, providertest.Block(s)+this(0, "Phone", "1"))
	w.Apply()
	expectTokens(t, s, "[{0 Phone 1 0} {101 Phone company 0}]")
	if slices.Contains(providertest.Requests(s, sandbox.CloudRadial), "GET /v2/odata/company") {
		t.Error("the companies were read for the partner level")
	}
	s.ClearRequests()
	w.Must("destroy", "-auto-approve")
	providertest.ExpectWrites(t, s, "DELETE /v2/token/Phone?companyId=0")
	expectTokens(t, s, "[{101 Phone company 0}]")
}

func TestExistingToken(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.PutToken(sandbox.Token{CompanyID: 102, Name: "Phone", Value: "old"})
	w := providertest.NewWorkspace(t, providertest.Block(s)+this(102, "Phone", "new"))
	w.Run("plan").Expect(t, 1, "Token @Phone of company 102 exists with another value", "it has 3 characters, and this configuration's has 3",
		"to = cloudradial_company_token.this", `id = "102/Phone"`)

	w.Write("main.tf", providertest.Block(s)+this(102, "Phone", "old"))
	w.Run("plan").Expect(t, 0, "Token @Phone of company 102 is adopted", "moved block")
	w.Run("apply", "-auto-approve").Expect(t, 0, "Token @Phone of company 102 is adopted")
	w.ExpectNoChanges()
	providertest.ExpectWrites(t, s)

	// With -replace, Terraform plans the managed token again as a new one.
	out := w.Run("apply", "-auto-approve", "-replace="+address)
	out.Expect(t, 0, "will be replaced, as requested")
	out.ExpectNo(t, "adopted")
	w.Write("main.tf", providertest.Block(s)+this(102, "Phone", "new"))
	w.Run("apply", "-auto-approve", "-replace="+address).Expect(t, 0)
	expectTokens(t, s, "[{102 Phone new 0}]")
}

func TestImportThenChange(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.PutToken(sandbox.Token{CompanyID: 102, Name: "Phone", Value: "old"})
	w := providertest.NewWorkspace(t, providertest.Block(s)+this(102, "Phone", "new")+
		"import {\n  to = "+address+"\n  id = \"102/Phone\"\n}\n")
	w.Run("apply", "-auto-approve").Expect(t, 0, "1 imported, 0 added, 1 changed")
	expectTokens(t, s, "[{102 Phone new 0}]")
}

func TestUnknownCompany(t *testing.T) {
	t.Parallel()
	s := start(t)
	w := providertest.NewWorkspace(t, providertest.Block(s)+this(110, "Phone", "1"))
	w.Run("plan").Expect(t, 1, "Company 110 is not in CloudRadial", "CloudRadial lists 2 companies", "company_id is 0")
	w.Write("main.tf", providertest.Block(s)+this(102, "Phone", "1"))
	w.Apply()
	s.RemoveCompany(102)
	s.PutToken(sandbox.Token{CompanyID: 102, Name: "Phone", Value: "1"}) // a portal that keeps the tokens of a deleted company
	w.Run("plan").Expect(t, 0, "Warning: Company 102 is not in CloudRadial", "No changes", "The state has tokens of it")
	w.Run("destroy", "-auto-approve").Expect(t, 0)
	expectTokens(t, s, "[]")
}

func TestMissingTokenIsReported(t *testing.T) {
	t.Parallel()
	s := start(t)
	w := providertest.NewWorkspace(t, providertest.Block(s)+this(102, "Phone", "1"))
	w.Apply()
	s.RemoveToken(102, "Phone")
	w.Run("plan", "-detailed-exitcode").Expect(t, 2, "Warning: Token @Phone of company 102 is gone from CloudRadial", "1 to add")
	s.ClearRequests()
	w.Run("destroy", "-auto-approve", "-refresh=false").Expect(t, 0) // the token is already gone
	providertest.ExpectWrites(t, s, "DELETE /v2/token/Phone?companyId=102")
}

func TestNamesThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	s := start(t)
	for name, text := range map[string]string{"companytenantid": "predefines the token @CompanyTenantId", "@Phone": "without the @", "a/b": "cannot contain a slash"} {
		w := providertest.NewWorkspace(t, providertest.Block(s)+this(102, name, "1"))
		w.Run("validate").Expect(t, 1, "Name of the token cannot be used", text)
	}
	w := providertest.NewWorkspace(t, providertest.Block(s)+this(-1, "Phone", "1"))
	w.Run("validate").Expect(t, 1, "company_id value must be at least 0")
}

func TestTokenDeclaredTwice(t *testing.T) {
	t.Parallel()
	s := start(t)
	w := providertest.NewWorkspace(t, providertest.Block(s)+this(102, "Phone", "1")+block("that", 102, "Phone", "2"))
	w.Run("apply", "-auto-approve").Expect(t, 1, "Token @Phone of company 102 is declared twice")
	if got := providertest.Writes(s); len(got) != 1 {
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
		case "/v2/odata/token/$count", "/v2/odata/company/$count":
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
	w := providertest.NewWorkspace(t, providertest.BlockWithoutCloudRadial(s)+config)
	out := w.Run("plan")
	out.Expect(t, 1, "CloudRadial cannot be used", "private_key")
	expectOnce(t, out, "CloudRadial cannot be used")

	w.Write("main.tf", providertest.Block(s)+config)
	s.Inject(sandbox.Fault{System: sandbox.CloudRadial, Path: "odata/token", Status: 403, Body: `{"message":"The API key does not have access to tokens."}`})
	out = w.Run("plan")
	out.Expect(t, 1, "CloudRadial tokens cannot be read", "does not have access to tokens")
	expectOnce(t, out, "CloudRadial tokens cannot be read")
	s.ClearFaults()

	s.Inject(sandbox.Fault{System: sandbox.CloudRadial, Method: "POST", Status: 400, Body: `{"success":false,"message":"Value is too long"}`})
	w.Run("apply", "-auto-approve").Expect(t, 1, "Token @A of company 101 is not created", "Value is too long")
	s.ClearFaults()

	// CloudRadial sets the token, but answers with an error: another apply converges.
	s.Inject(sandbox.Fault{System: sandbox.CloudRadial, Method: "POST", Kind: "after", Status: 403})
	w.Run("apply", "-auto-approve").Expect(t, 1, "is not created")
	s.ClearFaults()
	w.Run("apply", "-auto-approve").Expect(t, 0, "Token @A of company 101 is adopted")
	w.ExpectNoChanges()

	s.Inject(sandbox.Fault{System: sandbox.CloudRadial, Path: "odata/token", Status: 403})
	out = w.Run("plan") // the refresh fails
	out.Expect(t, 1, "CloudRadial tokens cannot be read")
	expectOnce(t, out, "CloudRadial tokens cannot be read")
	s.ClearFaults()

	s.Inject(sandbox.Fault{System: sandbox.CloudRadial, Method: "DELETE", Status: 403})
	w.Run("destroy", "-auto-approve").Expect(t, 1, "Token @A of company 101 is not deleted")
	s.ClearFaults()
	w.Run("destroy", "-auto-approve").Expect(t, 0)
	expectTokens(t, s, "[]")
}
