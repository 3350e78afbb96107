// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package tenants_test

import (
	"os"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

const (
	northID = "44444444-dddd-4ddd-8ddd-444444444444"
	southID = "55555555-eeee-4eee-8eee-555555555555"
)

// bootstrap is the example of that name against a sandbox.
func bootstrap(t *testing.T, s *sandbox.Server, partner string) *providertest.Workspace {
	t.Helper()
	configuration := providertest.Block(s)
	for _, name := range []string{"main.tf", "variables.tf"} {
		text, err := os.ReadFile("../../examples/bootstrap/" + name)
		if err != nil {
			t.Fatal(err)
		}
		configuration += string(text)
	}
	w := providertest.NewWorkspace(t, configuration)
	w.Write("terraform.tfvars", `partner_tenant_id = "`+partner+`"`)
	return w
}

func expectOutput(t *testing.T, w *providertest.Workspace, name, want string) {
	t.Helper()
	if got := w.Must("output", "-raw", name).Raw; got != want {
		t.Errorf("%s:\n%s\nwant:\n%s", name, got, want)
	}
}

// The believable MSP: everybody who has a tenant gets it, though Ironbridge's domain is out of date and Juniper Street's unknown.
func TestBootstrapOfAnMSP(t *testing.T) {
	t.Parallel()
	seed := sandbox.DefaultSeed()
	s := providertest.Start(t, seed, sandbox.Options{})
	w := bootstrap(t, s, seed.Partner.Domains[0])
	w.Apply()
	expectOutput(t, w, "companies_csv", `company_id,account_id,psa_account,tenant,note
101,alder-finch-architects,Alder & Finch Architects,eb1be83f-738f-5a6f-85be-4cad7ce33fc4,same domain
102,brightwater-dental,Brightwater Dental,6166cc92-27ba-5407-bab4-7354040e6fda,same domain
103,cedar-grove-logistics,Cedar Grove Logistics,7974253d-4007-51da-8c59-273e77aab15e,same domain
104,dunmore-legal,Dunmore Legal,073e8f13-ed11-55e0-8395-593e2fd0da0e,same domain
105,eastgate-manufacturing,Eastgate Manufacturing,98488717-73d5-50d6-9abf-f0fc9956399c,same domain
106,fairhaven-retail-group,Fairhaven Retail Group,6cbcd2f5-4a13-590f-9922-a342e0d75b7c d7d73269-eb39-5638-8225-ec95351d9c6d,same domain
107,greenfield-farms,Greenfield Farms,,no tenant found
108,harbor-point-marina,Harbor Point Marina,5fff2df7-8654-5091-852a-ffd07b37d8e6,same domain
109,ironbridge-engineering,Ironbridge Engineering,c751596f-20f4-51b7-96db-08611ee69249,same name
110,juniper-street-bakery,Juniper Street Bakery,cc44f4f8-12eb-583a-88a8-59d48a521255,same name
111,kestrel-aviation-services,Kestrel Aviation Services,a90f3d22-40cd-5035-85b5-be6fa5d2e6c8,same domain
112,larkspur-montessori-school,Larkspur Montessori School,ab66b207-2681-5703-8992-87cb684478f9,same domain
`)
	w.ExpectNoChanges()
	for _, request := range s.Requests() {
		if request.System == sandbox.Gradient || request.Method != "GET" && !strings.HasSuffix(request.Path, "/oauth2/v2.0/token") {
			t.Errorf("%s %s", request.Method, request.Path)
		}
	}
}

// What is not sure goes into the notes, and what would break the file is quoted.
func TestBootstrapGuessesNothing(t *testing.T) {
	t.Parallel()
	seed := sandbox.Seed{
		Companies: []sandbox.Company{
			{ID: 1, Name: `Adatum, "Ltd"`},
			{ID: 2, Name: "Woodgrove Ltd"},
			{ID: 3, Name: "Contoso", Domains: []string{"contoso-north.example"}},
			{ID: 4, Name: "contoso!", Domains: []string{"CONTOSO-SOUTH.example"}},
			{ID: 5, Name: "東京"},
			{ID: 6, Name: "Fabrikam"},
			{ID: 7, Name: `=cmd|' /C calc'!A0`},
			{ID: 8, Name: " +1 Support"},
			{ID: 9, Name: "Alpha-Beta @ Work + Co = Good"},
		},
		Tenants: []sandbox.Tenant{
			{ID: acmeID, Name: "Contoso", Domains: []string{"contoso-west.example"}},
			{ID: betaID, Name: "Tailspin", Domains: []string{"contoso-south.example"}},
			{ID: gammaID, Name: "Woodgrove", Domains: []string{"woodgrove.example"}},
			{ID: northID, Name: "Fabrikam Inc", Domains: []string{"fabrikam-north.example"}},
			{ID: southID, Name: "Fabrikam GmbH", Domains: []string{"fabrikam-south.example"}},
		},
		Partner: sandbox.Partner{ID: partnerID, Domains: []string{"we.example"},
			Contracts: []sandbox.Contract{{Tenant: acmeID}, {Tenant: betaID}, {Tenant: gammaID}, {Tenant: northID}, {Tenant: southID}}},
	}
	s := providertest.Start(t, seed, sandbox.Options{})
	w := bootstrap(t, s, "we.example")
	w.Apply()
	expectOutput(t, w, "companies_csv", `company_id,account_id,psa_account,tenant,note
1,adatum-ltd,"Adatum, ""Ltd""",,no tenant found
2,woodgrove-ltd,Woodgrove Ltd,,likely `+gammaID+` (Woodgrove): differs by legal form
3,contoso-3,Contoso,`+acmeID+`,same name
4,contoso-4,contoso!,`+betaID+`,same domain
5,5,東京,,no tenant found
6,fabrikam,Fabrikam,,perhaps `+northID+` (Fabrikam Inc) or `+southID+` (Fabrikam GmbH)
7,cmd-c-calc-a0,,,give psa_account in a text editor: its name begins like a formula; no tenant found
8,1-support,,,give psa_account in a text editor: its name begins like a formula; no tenant found
9,alpha-beta-work-co-good,Alpha-Beta @ Work + Co = Good,,no tenant found
`)
	if got := w.Must("output", "-json", "tenants_without_company").Text; got != `{"`+gammaID+`":"Woodgrove","`+northID+`":"Fabrikam Inc","`+southID+`":"Fabrikam GmbH"}` {
		t.Errorf("tenants without company: %s", got)
	}
}
