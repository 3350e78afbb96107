// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package counts_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// trialBesidePaid is a tenant with 25 paid seats and a trial of 10, which look like 35 paid seats.
func trialBesidePaid() sandbox.Tenant {
	return sandbox.Tenant{ID: acmeID, Domains: []string{"acme.example"}, SKUs: []sandbox.SKU{{PartNumber: "SPB", SKUID: spbID, Enabled: 35, Consumed: 20,
		Subscriptions: []sandbox.Subscription{{ID: "paid", Seats: 25, OwnerTenantID: ours}, {ID: "trial", Seats: 10, Trial: true, OwnerTenantID: ours}}}}}
}

// unproved are the ways in which Microsoft leaves open whether seats are paid. counted is what on_trials_unknown = "count" makes of them.
var unproved = []struct {
	name    string
	change  func(*sandbox.Tenant)
	counted int
	text    string
}{
	{"denied", func(t *sandbox.Tenant) { t.NoSubscriptions = true }, 35, "answered 403"},
	{"badrequest", func(t *sandbox.Tenant) { t.SubscriptionsStatus = http.StatusBadRequest }, 35, "answered 400"},
	{"notfound", func(t *sandbox.Tenant) { t.SubscriptionsStatus = http.StatusNotFound }, 35, "answered 404"},
	{"notimplemented", func(t *sandbox.Tenant) { t.SubscriptionsStatus = http.StatusNotImplemented }, 35, "answered 501"},
	{"empty", func(t *sandbox.Tenant) { t.HideSubscriptions = true }, 35, `lacks its subscription "paid"`},
	{"unlisted", func(t *sandbox.Tenant) { t.SKUs[0].Subscriptions[1].Unlisted = true }, 35, `lacks its subscription "trial"`},
	{"paidunlisted", func(t *sandbox.Tenant) { t.SKUs[0].Subscriptions[0].Unlisted = true }, 25, `lacks its subscription "paid"`},
	{"noids", func(t *sandbox.Tenant) { t.SKUs[0].NoSubscriptionIDs = true }, 25, "names no subscription"},
	{"nullids", func(t *sandbox.Tenant) { t.SKUs[0].Null = []string{"subscriptionIds"} }, 25, "names no subscription"},
	{"nulltrial", func(t *sandbox.Tenant) { t.SKUs[0].Subscriptions[1].Null = []string{"isTrial"} }, 35, "does not say whether it is a trial"},
	{"nullstatus", func(t *sandbox.Tenant) { t.SKUs[0].Subscriptions[1].Null = []string{"status"} }, 35, "has no status"},
	{"newstatus", func(t *sandbox.Tenant) { t.SKUs[0].Subscriptions[1].Status = "PastDue" }, 35, "PastDue"},
	{"nullseats", func(t *sandbox.Tenant) { t.SKUs[0].Subscriptions[1].Null = []string{"totalLicenses"} }, 35, "has no number of seats"},
	{"nullsku", func(t *sandbox.Tenant) { t.SKUs[0].Subscriptions[1].Null = []string{"skuId"} }, 35, `lacks its subscription "trial"`},
	{"grace", func(t *sandbox.Tenant) {
		t.HideSubscriptions, t.SKUs[0].Enabled, t.SKUs[0].Warning = true, 0, 35
	}, 35, "lacks its subscription"},
	{"notyet", func(t *sandbox.Tenant) { t.SKUs[0].Enabled = 25 }, 25, "it has 25 seats that are active"},
	{"toomany", func(t *sandbox.Tenant) { t.SKUs[0].Enabled, t.SKUs[0].Subscriptions[1].Seats = 25, 30 }, 25, "30 of trials or other owners"},
	{"stillactive", func(t *sandbox.Tenant) { t.SKUs[0].Subscriptions[1].Status = "Suspended" }, 35, "10 suspended seats of trials"},
	{"graceactive", func(t *sandbox.Tenant) { t.SKUs[0].Subscriptions[1].Status = "Warning" }, 35, "0 seats that are in grace"},
}

// startUnproved starts a sandbox with a tenant for each way, and a tenant "fine" of which everything is proved. It returns the argument
// tenants.
func startUnproved(t *testing.T) (s *sandbox.Server, tenants string) {
	t.Helper()
	fine := trialBesidePaid()
	fine.Domains = []string{"fine.example"}
	seed := sandbox.Seed{Tenants: []sandbox.Tenant{fine}}
	lines := []string{`fine = "fine.example"`}
	for i, way := range unproved {
		tenant := trialBesidePaid()
		tenant.ID, tenant.Domains = fmt.Sprintf("00000000-0000-4000-8000-%012d", i), []string{way.name + ".example"}
		way.change(&tenant)
		seed.Tenants = append(seed.Tenants, tenant)
		lines = append(lines, fmt.Sprintf("%s = %q", way.name, tenant.Domains[0]))
	}
	return providertest.Start(t, seed, sandbox.Options{}), "tenants = {\n" + strings.Join(lines, "\n") + "\n}\n"
}

// Rule 12: a trial is never billed as paid. 25 stays 25, or is held.
func TestRule12TrialsThatAreNotProvedAreHeld(t *testing.T) {
	t.Parallel()
	for name, arguments := range map[string]string{
		"default":                    "",
		"error":                      `on_trials_unknown = "error"`,
		"count, but owners matter":   `on_trials_unknown = "count"` + "\n" + `partner_tenant_ids = ["` + ours + `"]`,
		"default, and owners matter": `partner_tenant_ids = ["` + ours + `"]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, tenants := startUnproved(t)
			w := providertest.NewWorkspace(t, reading(s, tenants+arguments))
			out := w.Run("plan")
			if out.Code != 1 || strings.Count(out.Text, "Error:") != 1 {
				t.Errorf("exit code %d, want 1 and one error:\n%s", out.Code, out.Raw)
			}
			out.ExpectTexts(t, fmt.Sprintf("Licenses of %d of %d tenants cannot be read", len(unproved), len(unproved)+1), `on_trials_unknown = "count"`, "25 paid seats and a trial of 10", "/denied.example/v2.0/adminconsent")
			w.Write("main.tf", reading(s, tenants+arguments+"\non_error = \"skip\""))
			got := outputs(t, w)
			counts, errors := got["counts"].(map[string]any), got["errors"].(map[string]any)
			providertest.ExpectJSON(t, "counts of the tenant that is proved", counts["fine"], spbCount(25, 35, 25, 20, `"trial"`))
			for _, way := range unproved {
				if value, has := counts[way.name]; !has || value != nil {
					t.Errorf("%s: counts %v, want null", way.name, value)
				}
				if message, _ := errors[way.name].(string); !strings.Contains(message, way.text) {
					t.Errorf("%s: %q is missing in %q", way.name, way.text, message)
				}
			}
		})
	}
}

// Each list is asked for once. Only where $select may be the reason is the list of subscriptions asked for once more, without.
func TestTheListOfSubscriptionsIsAskedForOnce(t *testing.T) {
	t.Parallel()
	s, tenants := startUnproved(t)
	providertest.NewWorkspace(t, reading(s, tenants)).Run("plan")
	reads := map[string][]string{} // whether each had $select, by list and token
	refused := map[string]int{}
	for _, request := range asked(s) {
		if !strings.HasPrefix(request.Path, "/v1.0/") {
			continue
		}
		key := request.Path + " " + request.Header.Get("Authorization")
		reads[key] = append(reads[key], fmt.Sprint(strings.Contains(request.Query, "select")))
		if request.Status != http.StatusOK {
			refused[key] = request.Status
		}
		if strings.HasSuffix(request.Path, "/subscribedSkus") && !strings.Contains(request.Query, "subscriptionIds") {
			t.Errorf("the SKUs are asked for without their subscriptions: %s", request.Query)
		}
	}
	if len(reads) != 2*(len(unproved)+1) {
		t.Errorf("%d lists, want two of each tenant", len(reads))
	}
	for key, got := range reads {
		want := []string{"true"}
		if refused[key] == http.StatusBadRequest {
			want = []string{"true", "false"}
		}
		if !slices.Equal(got, want) {
			t.Errorf("a list that answered %d was asked for with $select: %v, want %v", refused[key], got, want)
		}
	}
}

func TestTrialsThatAreNotProvedCanCount(t *testing.T) {
	t.Parallel()
	s, tenants := startUnproved(t)
	w := providertest.NewWorkspace(t, reading(s, tenants+`on_trials_unknown = "count"`))
	counts := outputs(t, w)["counts"].(map[string]any)
	providertest.ExpectJSON(t, "counts of the tenant that is proved", counts["fine"], spbCount(25, 35, 25, 20, `"trial"`))
	for _, way := range unproved {
		count := counts[way.name].(map[string]any)["SPB"].(map[string]any)
		if flags := fmt.Sprint(count["flags"]); count["purchased"] != float64(way.counted) || !strings.Contains(flags, "trial_unknown") {
			t.Errorf("%s: %v purchased, flags %s, want %d and trial_unknown", way.name, count["purchased"], flags, way.counted)
		}
	}
	out := w.Must("plan")
	if strings.Count(out.Text, "Warning:") != 1 {
		t.Errorf("want one warning:\n%s", out.Raw)
	}
	out.ExpectTexts(t, fmt.Sprintf("Trials count as paid: badrequest and %d more", len(unproved)-1), "trial_unknown", `- empty (empty.example): SPB: the list of subscriptions lacks its subscription "paid"`, "- notfound: tenant", "answered 404")
	w.ExpectNoChanges()
}

// What is not proved of a SKU that is left out does not matter.
func TestEvidenceOfExcludedSKUsDoesNotMatter(t *testing.T) {
	t.Parallel()
	tenant := trialBesidePaid()
	tenant.SKUs = append(tenant.SKUs, sandbox.SKU{PartNumber: "VISIOCLIENT", Enabled: 3, NoSubscriptionIDs: true},
		sandbox.SKU{PartNumber: "FLOW_FREE", SKUID: flowID, Enabled: 10000, NoSubscriptionIDs: true})
	s := providertest.Start(t, sandbox.Seed{Tenants: []sandbox.Tenant{tenant}}, sandbox.Options{})
	got := outputs(t, providertest.NewWorkspace(t, reading(s, `
  tenants      = { acme = "acme.example" }
  exclude_skus = ["VISIOCLIENT"]`)))
	providertest.ExpectJSON(t, "counts", got["counts"], `{"acme": `+spbCount(25, 35, 25, 20, `"trial"`)+`}`)
}

func TestSubscriptionsAreReadWithoutSelectWhereItIsRefused(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{Tenants: []sandbox.Tenant{trialBesidePaid()}},
		sandbox.Options{Switches: map[string]string{"graph-subscriptions-select": "refused"}})
	got := outputs(t, providertest.NewWorkspace(t, reading(s, `tenants = { acme = "acme.example" }`)))
	providertest.ExpectJSON(t, "counts", got["counts"], `{"acme": `+spbCount(25, 35, 25, 20, `"trial"`)+`}`)
}

// 401, 429 and 5xx of the list of subscriptions keep their meaning, also where trials may count.
func TestOtherFailuresOfTheListOfSubscriptions(t *testing.T) {
	t.Parallel()
	for status, text := range map[int]string{
		401: "has no consent in the tenant", 429: "kept rate-limiting the provider", 503: "could not be reached or failed", 409: "The answer is not valid",
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			s := providertest.Start(t, estate(), sandbox.Options{})
			s.Inject(sandbox.Fault{System: sandbox.Microsoft, Path: "/directory/subscriptions$", Status: status, Body: `{"error":{"message":"Refused"}}`,
				Header: map[string]string{"Retry-After": "3600"}})
			out := providertest.NewWorkspace(t, reading(s, `
  tenants           = { acme = "acme.example" }
  on_trials_unknown = "count"`)).Run("plan")
			if out.Code != 1 {
				t.Errorf("exit code %d, want 1:\n%s", out.Code, out.Raw)
			}
			out.ExpectTexts(t, text, "directory/subscriptions")
		})
	}
}

// Rule 12: a list without any SKU is unknown, not zero. The word none is zero, and asks nothing.
func TestRule12NoSKUAtAllIsUnknown(t *testing.T) {
	t.Parallel()
	seed := estate()
	seed.Tenants[1].HideSKUs = true
	s := providertest.Start(t, seed, sandbox.Options{})
	w := providertest.NewWorkspace(t, reading(s, `
  tenants      = { acme = "acme.example", beta = "beta.example", gamma = "none", delta = "NONE" }
  with_details = true`))
	got := outputs(t, w)
	providertest.ExpectJSON(t, "counts", got["counts"], `{"acme": `+spbCount(10, 10, 10, 9, "")+`, "beta": null, "gamma": {}, "delta": {}}`)
	providertest.ExpectJSON(t, "tenant_ids", got["tenant_ids"], `{"acme": "`+acmeID+`", "beta": "`+betaID+`", "gamma": null, "delta": null}`)
	providertest.ExpectJSON(t, "errors", got["errors"], `{"beta": "tenant \"beta.example\": Microsoft lists no SKU"}`)
	out := w.Must("plan")
	if strings.Count(out.Text, "Warning:") != 1 {
		t.Errorf("want one warning:\n%s", out.Raw)
	}
	out.ExpectTexts(t, "Tenants without any SKU: beta", "- beta (beta.example)", "take its row out", "the word none")
	for _, request := range asked(s) {
		if strings.Contains(request.Path, "/none/") {
			t.Errorf("Microsoft was asked about none: %s", request.Path)
		}
	}
}

// A null costs the number that is made of it, not the tenant.
func TestNullNumbersCostTheirSKU(t *testing.T) {
	t.Parallel()
	const visioID, storageID = "c5928f49-12ba-48f7-ada3-0d743a3601d5", "53818b1b-4a27-454b-8896-0dba576410e6"
	seed := estate()
	seed.Tenants[0].SKUs = []sandbox.SKU{
		{PartNumber: "SPB", SKUID: spbID, Enabled: 10, Consumed: 9, Null: []string{"skuPartNumber", "prepaidUnits.lockedOut"}},
		{PartNumber: "VISIOCLIENT", SKUID: visioID, Enabled: 4, Null: []string{"consumedUnits"}},
		{PartNumber: "PROJECTPROFESSIONAL", SKUID: storageID, Enabled: 3, Consumed: 2, Null: []string{"prepaidUnits"}},
		{PartNumber: "NOBODY_KNOWS", Enabled: 5, Consumed: 1, Null: []string{"skuId"}},
	}
	s := providertest.Start(t, seed, sandbox.Options{})
	const companies = `{ a = { account_id = "acme" } }`
	units := func(arguments, licenses string) string {
		return reading(s, "tenants = { acme = \"acme.example\" }\nwith_details = true\n"+arguments) +
			calling("data.cloudradial_license_counts.m365.counts", companies, licenses)
	}
	w := providertest.NewWorkspace(t, units("", `{
  p = { service = "Premium", skus = ["SPB"], basis = "purchased" }
  v = { service = "Visio", skus = ["VISIOCLIENT"], basis = "active" }
  j = { service = "Project", skus = ["PROJECTPROFESSIONAL"], basis = "assigned" }
}`))
	got := outputs(t, w)
	providertest.ExpectJSON(t, "units", got["units"], `{"acme": {"Premium": 10, "Visio": 4, "Project": 2}}`)
	counts := got["counts"].(map[string]any)["acme"].(map[string]any)
	for key, want := range map[string]string{
		"VISIOCLIENT": `{"sku_id": "` + visioID + `", "product_name": "Visio Plan 2", "purchased": 4, "active": 4, "enabled": 4, "entitled": 4,
			"assigned": null, "flags": []}`,
		"PROJECTPROFESSIONAL": `{"sku_id": "` + storageID + `", "product_name": "` + fmt.Sprint(counts["PROJECTPROFESSIONAL"].(map[string]any)["product_name"]) + `",
			"purchased": null, "active": null, "enabled": null, "entitled": null, "assigned": 2, "flags": []}`,
		"NOBODY_KNOWS": `{"sku_id": "", "product_name": "NOBODY_KNOWS", "purchased": null, "active": null, "enabled": null, "entitled": null,
			"assigned": null, "flags": ["unknown_sku"]}`,
	} {
		providertest.ExpectJSON(t, key, counts[key], want)
	}
	providertest.ExpectJSON(t, "totals", got["totals"].(map[string]any)["VISIOCLIENT"], `{"purchased": 4, "assigned": null}`)
	details := got["details"].(map[string]any)["acme"].(map[string]any)
	if visio := details["VISIOCLIENT"].(map[string]any); visio["available"] != nil {
		t.Errorf("details %v, want no available", visio)
	}
	if premium := details["SPB"].(map[string]any); premium["locked_out"] != nil || premium["available"] != 1.0 {
		t.Errorf("details %v, want no locked_out", premium)
	}

	billed := `{ j = { service = "Project", skus = ["PROJECTPROFESSIONAL"], basis = null } }`
	w.Write("main.tf", units("", billed))
	out := w.Run("plan")
	if out.Code != 1 {
		t.Errorf("exit code %d, want 1:\n%s", out.Code, out.Raw)
	}
	out.ExpectTexts(t, `license_counts["acme"]["PROJECTPROFESSIONAL"].purchased has no number`, `"Project"`, "exclude_skus")
	w.Write("main.tf", units(`exclude_skus = ["projectprofessional"]`, billed))
	providertest.ExpectJSON(t, "units without the SKU", outputs(t, w)["units"], `{"acme": {}}`)
}

// Another tenant's rows are never billed.
func TestRowsOfAnotherTenantAreRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		tenant   string
		accounts []string // of two SKUs
		text     string
	}{
		"a GUID, and another tenant's rows":   {acmeID, []string{betaID, betaID}, "rows of another tenant"},
		"a GUID, and rows of two tenants":     {acmeID, []string{"", betaID}, "rows of another tenant"},
		"a domain, and another tenant's rows": {"acme.example", []string{betaID, betaID}, "rows of another tenant"},
		"a domain, and rows of two tenants":   {"acme.example", []string{acmeID, betaID}, "rows of another tenant"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seed := estate()
			for i, account := range test.accounts {
				seed.Tenants[0].SKUs[i].AccountID = account
			}
			s := providertest.Start(t, seed, sandbox.Options{})
			w := providertest.NewWorkspace(t, reading(s, `tenants = { acme = "`+test.tenant+`", beta = "beta.example" }`))
			out := w.Run("plan")
			if out.Code != 1 || strings.Count(out.Text, "Error:") != 1 {
				t.Errorf("exit code %d, want 1 and one error:\n%s", out.Code, out.Raw)
			}
			out.ExpectTexts(t, "The answer is not valid", test.text, betaID, acmeID)
		})
	}
}

// Where all rows are those of system subscriptions, the sign-in says who the tenant is.
func TestOneTenantUnderTwoKeysWithZeroAccountIDs(t *testing.T) {
	t.Parallel()
	for name, tenants := range map[string]string{
		"a GUID and a domain": `{ acme = "` + acmeID + `", other = "acme.example" }`,
		"two domains":         `{ acme = "acme.example", other = "acme.onmicrosoft.com" }`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := providertest.Start(t, estate(), sandbox.Options{Switches: map[string]string{"graph-account-id": "zero"}})
			out := providertest.NewWorkspace(t, reading(s, "tenants = "+tenants)).Run("plan")
			if out.Code != 1 || strings.Count(out.Text, "Error:") != 1 {
				t.Errorf("exit code %d, want 1 and one error:\n%s", out.Code, out.Raw)
			}
			out.ExpectTexts(t, `tenants["acme"] and tenants["other"] are the same tenant`)
		})
	}
}

// A postcondition on tenant_ids stops a plan that would bill the tenant to which a domain has moved.
func TestTenantIDsPinADomain(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, estate(), sandbox.Options{})
	w := providertest.NewWorkspace(t, reading(s, `
  tenants = { acme = "acme.example" }
  lifecycle {
    postcondition {
      condition     = self.tenant_ids["acme"] == "`+acmeID+`"
      error_message = "acme.example is another tenant now."
    }
  }`))
	w.Apply()
	s.RemoveTenant(acmeID)
	s.PutTenant(sandbox.Tenant{ID: gammaID, Domains: []string{"acme.example"}, SKUs: []sandbox.SKU{{PartNumber: "SPB", SKUID: spbID, Enabled: 140}}})
	out := w.Run("plan")
	if out.Code != 1 {
		t.Errorf("exit code %d, want 1:\n%s", out.Code, out.Raw)
	}
	out.ExpectTexts(t, "acme.example is another tenant now.")
}

// ownedEstate has seats of ours, of another owner and of nobody.
func ownedEstate() sandbox.Seed {
	seed := estate()
	seed.Tenants[0].SKUs[0] = sandbox.SKU{PartNumber: "SPB", SKUID: spbID, Enabled: 30, Consumed: 12, Subscriptions: []sandbox.Subscription{
		{Seats: 10, OwnerTenantID: ours}, {Seats: 20, NoOwner: true}}}
	seed.Tenants[1].SKUs[0] = sandbox.SKU{PartNumber: "SPB", SKUID: spbID, Enabled: 20, Consumed: 10, Subscriptions: []sandbox.Subscription{
		{Seats: 10, OwnerTenantID: ours}, {Seats: 10, OwnerTenantID: strings.ToUpper(theirs)}}}
	seed.Tenants[2].SKUs[0].Subscriptions = []sandbox.Subscription{{Seats: 3, OwnerTenantID: theirs}}
	return seed
}

func TestSeatsOfOtherOwnersAndOfNobodyAreLeftOut(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, ownedEstate(), sandbox.Options{})
	const tenants = `tenants = { acme = "acme.example", beta = "beta.example", gamma = "gamma.example" }`
	w := providertest.NewWorkspace(t, reading(s, tenants+`
  partner_tenant_ids = ["`+strings.ToUpper(ours)+`"]`))
	got := outputs(t, w)
	providertest.ExpectJSON(t, "counts", got["counts"], `{
		"acme": `+spbCount(10, 10, 10, 10, `"other_owner"`)+`,
		"beta": `+spbCount(10, 10, 10, 10, `"other_owner"`)+`,
		"gamma": `+spbCount(0, 0, 0, 0, `"other_owner"`)+`}`)
	providertest.ExpectJSON(t, "owners", got["owners"], `{
		"`+ours+`": {"seats": 20, "tenants": 2, "counted": true},
		"`+theirs+`": {"seats": 13, "tenants": 2, "counted": false},
		"": {"seats": 20, "tenants": 1, "counted": false}}`)
	out := w.Must("plan")
	if strings.Count(out.Text, "Warning:") != 1 {
		t.Errorf("want one warning:\n%s", out.Raw)
	}
	out.ExpectTexts(t, "All seats belong to other owners: gamma", "- gamma (gamma.example): 3 seats")

	w.Write("main.tf", reading(s, tenants))
	providertest.ExpectJSON(t, "owners of all that count", outputs(t, w)["owners"], `{
		"`+ours+`": {"seats": 20, "tenants": 2, "counted": true},
		"`+theirs+`": {"seats": 13, "tenants": 2, "counted": true},
		"": {"seats": 20, "tenants": 1, "counted": true}}`)
	w.ExpectNoChanges()
}

// The id of a stranger, as in a copied example, would bill nothing.
func TestPartnersThatOwnNothingAreAnError(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, ownedEstate(), sandbox.Options{})
	out := providertest.NewWorkspace(t, reading(s, `
  tenants            = { acme = "acme.example", beta = "beta.example" }
  on_error           = "skip"
  partner_tenant_ids = ["3b1f0a52-7c64-4d0e-9a37-5f2c8e6d1b90"]`)).Run("plan")
	if out.Code != 1 || strings.Count(out.Text, "Error:") != 1 {
		t.Errorf("exit code %d, want 1 and one error:\n%s", out.Code, out.Raw)
	}
	out.ExpectTexts(t, "partner_tenant_ids own no seat", ours+": 20 seats in 2 tenants", theirs+": 10 seats in 1 tenant", "no owner (bought directly): 20 seats in 1 tenant")
}

func TestNoSeatAnywhereWarns(t *testing.T) {
	t.Parallel()
	seed := estate()
	seed.Tenants[0].SKUs = seed.Tenants[0].SKUs[1:]
	s := providertest.Start(t, seed, sandbox.Options{})
	w := providertest.NewWorkspace(t, reading(s, `
  tenants      = { acme = "acme.example", beta = "beta.example", gamma = "none" }
  exclude_skus = ["SPB"]`))
	out := w.Apply()
	out.ExpectTexts(t, "No tenant has a seat that counts", "No SKU of 2 tenants")
	providertest.ExpectJSON(t, "counts", held(t, w)["counts"], `{"acme": {}, "beta": {}, "gamma": {}}`)
}

// The basis active counts no seat in grace, purchased counts them where no active seat is paid.
func TestBasisActiveCountsNoGrace(t *testing.T) {
	t.Parallel()
	seed := estate()
	seed.Tenants[0].SKUs[0] = sandbox.SKU{PartNumber: "SPB", SKUID: spbID, Warning: 100, Consumed: 90}
	seed.Tenants[1].SKUs[0] = sandbox.SKU{PartNumber: "SPB", SKUID: spbID, Enabled: 35, Warning: 100, Consumed: 90, Subscriptions: []sandbox.Subscription{
		{Seats: 10}, {Seats: 25, Trial: true}, {Status: "Warning", Seats: 100}}}
	s := providertest.Start(t, seed, sandbox.Options{})
	const counts, companies = "data.cloudradial_license_counts.m365.counts", `{ a = { account_id = "acme" }, b = { account_id = "beta" } }`
	for basis, want := range map[string]string{
		"active": `{"acme": {}, "beta": {"Premium": 10}}`, "purchased": `{"acme": {"Premium": 100}, "beta": {"Premium": 10}}`,
	} {
		w := providertest.NewWorkspace(t, reading(s, `tenants = { acme = "acme.example", beta = "beta.example" }`)+
			calling(counts, companies, `{ p = { service = "Premium", skus = ["SPB"], basis = "`+basis+`" } }`))
		providertest.ExpectJSON(t, basis, outputs(t, w)["units"], want)
	}
}

// Nights on which Microsoft leaves open what is paid, or whom its rows belong to: Gradient keeps 25, and nothing is pushed.
func TestRule12TheSyncNeverBillsWhatIsNotProved(t *testing.T) {
	t.Parallel()
	seed := estate()
	seed.Tenants[0] = trialBesidePaid()
	seed.Status = "active"
	seed.Accounts = []sandbox.Account{{ID: "acme", Name: "Acme", Mapped: "mapped"}, {ID: "beta", Name: "Beta", Mapped: "mapped"}}
	seed.Services = []sandbox.Service{{Name: "Premium", Description: "Premium", Category: "productivity", Subcategory: "other", Mapped: "mapped"}}
	s := providertest.Start(t, seed, sandbox.Options{})
	w := providertest.NewWorkspace(t, reading(s, `
  tenants  = { acme = "acme.example", beta = "beta.example" }
  on_error = "skip"`)+`
resource "cloudradial_license_sync" "m365" {
  unit_counts = provider::cloudradial::unit_counts(
    data.cloudradial_license_counts.m365.counts,
    { a = { account_id = "acme" }, b = { account_id = "beta" } },
    { p = { service = "Premium", skus = ["SPB"], basis = "purchased" } },
  )
}
`)
	expect := func(night string, acme float64, pushes int) {
		t.Helper()
		w.Apply()
		if got := s.UnitCounts()["acme"]["Premium"]; got != acme {
			t.Errorf("%s: Gradient has %v, want %v", night, got, acme)
		}
		got := 0
		for _, request := range s.Requests() {
			if request.Method == http.MethodPost && strings.HasSuffix(request.Path, "/count") {
				got++
			}
		}
		if got != pushes {
			t.Errorf("%s: %d pushes, want %d", night, got, pushes)
		}
		s.ClearRequests()
	}
	expect("the first night", 25, 2)
	nights := map[string]func(*sandbox.Tenant){
		"no SKU at all":          func(t *sandbox.Tenant) { t.HideSKUs = true },
		"rows of another tenant": func(t *sandbox.Tenant) { t.SKUs[0].AccountID = gammaID },
	}
	for _, way := range slices.Concat(unproved[:7], unproved[len(unproved)-4:]) {
		nights[way.name] = way.change
	}
	for name, change := range nights {
		night := trialBesidePaid()
		change(&night)
		s.PutTenant(night)
		expect(name, 25, 0)
	}
	gone := trialBesidePaid()
	gone.SKUs[0].Subscriptions[1].Status, gone.SKUs[0].Enabled = "Suspended", 25
	s.PutTenant(gone)
	expect("the trial has ended", 25, 0)
	w.ExpectNoChanges()
}
