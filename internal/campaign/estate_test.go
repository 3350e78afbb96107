// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package campaign

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// Types of resources.
const (
	integrationKind = "cloudradial_gradient_integration"
	companyKind     = "cloudradial_company_mapping"
	licenseKind     = "cloudradial_license_mapping"
	companiesKind   = "cloudradial_company_mappings"
	licensesKind    = "cloudradial_license_mappings"
	syncKind        = "cloudradial_license_sync"
)

const (
	syncAddress      = syncKind + ".m365"
	companiesAddress = companiesKind + ".this"
	licensesAddress  = licensesKind + ".this"
)

// seats are the seats of a product in a tenant.
type seats struct {
	paid, grace, trial, suspended, assigned int
	// others are paid seats that another partner sold, or nobody.
	others int
	nobody bool
}

// active are the seats that Microsoft reports as enabled.
func (s seats) active() int { return s.paid + s.trial + s.others }

// tenant is a Microsoft tenant.
type tenant struct {
	id        string
	skus      map[string]seats // by part number
	noConsent bool
	list      string // what is wrong with the list of its subscriptions, one of lists
}

// What is wrong with the lists of a tenant: the list of its subscriptions is refused, is empty, lacks the trials, or does not say what is a
// trial or of which status the paid seats are; the SKUs do not name their subscriptions, have no numbers, are another tenant's, or there is none.
const (
	wholeList     = "whole"
	deniedList    = "denied"
	missingList   = "missing"
	emptyList     = "empty"
	trialUnlisted = "without trials"
	trialNull     = "null trials"
	statusNull    = "null status"
	unnamed       = "no subscription ids"
	noNumbers     = "no numbers"
	strangers     = "rows of another tenant"
	noSKUs        = "no SKUs" // which happened to somebody
)

var lists = []string{wholeList, deniedList, missingList, emptyList, trialUnlisted, trialNull, statusNull, unnamed, noNumbers, strangers, noSKUs}

// proved reports whether Microsoft says which seats of a product are trials and, with byOwner, who owns them.
func (t *tenant) proved(part string, byOwner bool) bool {
	held := t.skus[part]
	switch {
	case t.list == wholeList, t.list == noNumbers:
		return true
	case held.active()+held.grace == 0:
		return !byOwner || held.assigned == 0 || t.list != deniedList && t.list != missingList
	case t.list == trialUnlisted, t.list == trialNull:
		return held.trial == 0
	case t.list == statusNull:
		return held.paid == 0
	}
	return false
}

// hidesTrials reports whether the list of subscriptions does not say which seats are trials.
func (t *tenant) hidesTrials() bool {
	return slices.Contains([]string{deniedList, missingList, emptyList, trialUnlisted, trialNull}, t.list)
}

// unreadableTenant reports whether the counts of a tenant are unknown, even without faults.
func (e *estate) unreadableTenant(t *tenant) bool {
	if t.noConsent || len(t.skus) == 0 || t.list == noSKUs || t.list == strangers {
		return true
	}
	for part := range t.skus {
		if part != freeProduct.part && !t.proved(part, e.byOwner) && (e.byOwner || e.onTrials != "count") {
			return true
		}
	}
	return false
}

// hasNumber reports whether Microsoft gives what a basis of a product is made of.
func (e *estate) hasNumber(t *tenant, part, basis string) bool {
	held, has := t.skus[part]
	return t.list != noNumbers || !has || part == freeProduct.part || basis == "assigned" && (!e.byOwner || held.others == 0)
}

// product is a SKU that tenants may hold.
type product struct{ part, id string }

// freeProduct is a self-service product, which never counts.
var freeProduct = product{"FLOW_FREE", "f30db892-07e9-47e9-837c-80727f46fd3d"}

// unlisted is a SKU that Microsoft's table of names lacks.
var unlisted = product{"NOT_IN_ANY_TABLE", "00000000-1111-2222-3333-444444444444"}

var products = []product{
	{"SPB", "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46"},
	{"ENTERPRISEPACK", "6fd2c87f-b296-42f0-b197-1e91e994b900"},
	{"O365_BUSINESS_PREMIUM", "f245ecc8-75af-4f8e-b61f-27d8114de5f3"},
	{"AAD_PREMIUM", "078d2b04-f1bd-4111-bbd4-b4b1b354cef4"},
	{"ATP_ENTERPRISE", "4ef96642-f096-40de-a3e9-d83fb2f90211"},
	unlisted,
	freeProduct,
}

// inSandbox returns the tenant for the sandbox.
func (t *tenant) inSandbox() sandbox.Tenant {
	shown := sandbox.Tenant{ID: t.id, Name: t.id, Domains: []string{t.domain()}, NoConsent: t.noConsent,
		NoSubscriptions: t.list == deniedList, HideSubscriptions: t.list == emptyList, HideSKUs: t.list == noSKUs}
	if t.list == missingList {
		shown.SubscriptionsStatus = http.StatusNotFound
	}
	for _, p := range products {
		held, has := t.skus[p.part]
		if !has {
			continue
		}
		sku := sandbox.SKU{PartNumber: p.part, SKUID: p.id, Enabled: held.active(), Warning: held.grace, Suspended: held.suspended, Consumed: held.assigned,
			NoSubscriptionIDs: t.list == unnamed}
		if t.list == noNumbers {
			sku.Null = []string{"prepaidUnits"}
		}
		if t.list == strangers {
			sku.AccountID = otherTenant
		}
		paid := sandbox.Subscription{Status: "Enabled", Seats: held.paid, OwnerTenantID: ourTenant}
		if t.list == statusNull {
			paid.Null = []string{"status"}
		}
		trial := sandbox.Subscription{Status: "Enabled", Seats: held.trial, Trial: true, OwnerTenantID: ourTenant, Unlisted: t.list == trialUnlisted}
		if t.list == trialNull {
			trial.Null = []string{"isTrial"}
		}
		for _, s := range []sandbox.Subscription{
			paid, trial, {Status: "Warning", Seats: held.grace, OwnerTenantID: ourTenant}, {Status: "Suspended", Seats: held.suspended, OwnerTenantID: ourTenant},
			{Status: "Enabled", Seats: held.others, OwnerTenantID: otherTenant, NoOwner: held.nobody},
		} {
			if s.Seats > 0 {
				sku.Subscriptions = append(sku.Subscriptions, s)
			}
		}
		shown.SKUs = append(shown.SKUs, sku)
	}
	return shown
}

func (t *tenant) domain() string { return "t" + t.id[len(t.id)-2:] + ".example.com" }

// Owners of subscriptions.
const (
	ourTenant   = "0a0a0a0a-1111-4222-8333-444444444444"
	otherTenant = "0b0b0b0b-1111-4222-8333-444444444444"
)

// on returns the number of a product on a basis, as the documentation of the data source defines it. With byOwner only our seats count.
func (t *tenant) on(part, basis string, byOwner bool) int {
	held := t.skus[part]
	if part == freeProduct.part {
		return 0
	}
	if byOwner && held.others > 0 { // the users may have all that is ours
		held.assigned = min(held.assigned, held.paid+held.trial+held.grace+held.suspended)
	}
	if !byOwner {
		held.paid += held.others
	}
	if t.hidesTrials() { // they count as paid
		held.paid, held.trial = held.paid+held.trial, 0
	}
	switch basis {
	case "active":
		return held.paid
	case "enabled":
		return held.paid + held.trial
	case "entitled":
		return held.paid + held.grace
	case "assigned":
		return held.assigned
	}
	if held.paid > 0 {
		return held.paid
	}
	return held.grace
}

// company is a row of companies.csv.
type company struct {
	id          int
	account     string // empty: the id
	name        string // empty: the portal's
	description string
	tenants     []*tenant
	gone        bool // not in the portal
}

func (c *company) accountID() string {
	if c.account == "" {
		return strconv.Itoa(c.id)
	}
	return c.account
}

func (c *company) portalName() string { return fmt.Sprintf("Portal company %d", c.id) }

// service is a row of licenses.csv.
type service struct {
	key   int
	name  string
	basis string // empty: the default
	skus  []string
	byID  bool // the file names the SKUs by their ids
}

// estate is the content of the files and the provider block.
type estate struct {
	companies []*company
	services  []*service
	// companyTable and licenseTable say that the whole table is one resource.
	companyTable, licenseTable bool

	partnerKey string
	pace       int
	portalKeys bool // CloudRadial keys are given

	byDomain      bool
	onError       string // empty: the default
	onTrials      string // on_trials_unknown; empty: the default
	byOwner       bool   // partner_tenant_ids has our tenant
	uncounted     bool   // the sync has uncounted_seats
	onUnmapped    string
	decrease      int // of the guard; 0: the default
	increase      int
	approved      string // the code of the last change that the guard stopped and a person approved
	zeroMissing   bool
	zeroOnDestroy bool
	disabled      bool
	triggers      int
	noSync        bool // the sync is removed from the files
	syncName      string
	replace       bool // -replace in the next plan
	createFirst   bool
	removeFirst   bool
}

// wanted returns the right unit count of a pair. It does not use package billing.
func (e *estate) wanted(c *company, s *service) int {
	total := 0
	for _, t := range c.tenants {
		for _, part := range s.skus {
			total += t.on(part, s.basis, e.byOwner)
		}
	}
	return total
}

// unreadable reports whether the counts of a company cannot be read, even without faults.
func (e *estate) unreadable(c *company) bool {
	return len(c.tenants) == 0 || slices.ContainsFunc(c.tenants, e.unreadableTenant)
}

// uncountedOf returns the seats of a company that no service counts, by SKU. Tenants that cannot be read are left out.
func (e *estate) uncountedOf(c *company) map[string]int {
	seats := map[string]int{}
	for _, t := range c.tenants {
		for part := range t.skus {
			counted := slices.ContainsFunc(e.services, func(s *service) bool { return slices.Contains(s.skus, part) })
			if n := t.on(part, "", e.byOwner); n > 0 && !counted && !e.unreadableTenant(t) && e.hasNumber(t, part, "") {
				seats[part] += n
			}
		}
	}
	return seats
}

// ownsNothing reports whether all seats that can be read are of other owners, which the data source refuses.
func (e *estate) ownsNothing() bool {
	ours, others := 0, 0
	for _, c := range e.companies {
		for _, t := range c.tenants {
			for part, held := range t.skus {
				if part != freeProduct.part && !e.unreadableTenant(t) {
					ours, others = ours+held.paid+held.trial+held.grace, others+held.others
				}
			}
		}
	}
	return e.byOwner && ours == 0 && others > 0
}

func (e *estate) company(account string) *company {
	for _, c := range e.companies {
		if c.accountID() == account {
			return c
		}
	}
	return nil
}

func (e *estate) service(name string) *service {
	for _, s := range e.services {
		if s.name == name {
			return s
		}
	}
	return nil
}

// tenants returns the argument of the data source.
func (e *estate) tenants() map[string]any {
	result := map[string]any{}
	for _, c := range e.companies {
		switch len(c.tenants) {
		case 0:
			result[c.accountID()] = ""
		case 1:
			result[c.accountID()] = e.nameOf(c.tenants[0])
		default:
			for i, t := range c.tenants {
				result[fmt.Sprintf("%s/site %d", c.accountID(), i)] = e.nameOf(t)
			}
		}
	}
	return result
}

func (e *estate) nameOf(t *tenant) string {
	if e.byDomain {
		return t.domain()
	}
	return t.id
}

func orNull[T comparable](value T) any {
	var none T
	if value == none {
		return nil
	}
	return value
}

// configuration returns the estate as a configuration.
func (e *estate) configuration(server *sandbox.Server) configuration {
	keys := server.Credentials()
	block := map[string]any{
		"gradient": map[string]any{"base_url": server.URL(), "vendor_api_key": keys.GradientVendorKey, "partner_api_key": e.partnerKey, "requests_per_second": e.pace},
		"microsoft": map[string]any{"client_id": keys.MicrosoftClientID, "client_secret": keys.MicrosoftClientSecret,
			"authority_host": server.URL(), "msgraph_endpoint": server.URL()},
	}
	if e.portalKeys {
		block["base_url"], block["public_key"], block["private_key"] = server.URL(), keys.CloudRadialPublicKey, keys.CloudRadialPrivateKey
	}
	result := configuration{provider: block, data: map[string]any{"tenants": e.tenants(), "on_error": orNull(e.onError), "on_trials_unknown": orNull(e.onTrials)}}
	if e.byOwner {
		result.data["partner_tenant_ids"] = []any{ourTenant}
	}
	result.nodes = append(result.nodes, node{address: integrationKind + ".this", kind: integrationKind, config: fixed(map[string]any{"enabled": !e.disabled})})
	result.nodes = append(result.nodes, e.companyNodes()...)
	result.nodes = append(result.nodes, e.licenseNodes()...)
	result.removeFirst = e.removeFirst
	if !e.noSync {
		result.nodes = append(result.nodes, node{address: syncKind + "." + e.syncName, kind: syncKind, last: true, config: e.sync(),
			replace: e.replace, createFirst: e.createFirst})
	}
	return result
}

func (e *estate) companyNodes() (nodes []node) {
	rows := map[string]any{}
	for _, c := range e.companies {
		row := map[string]any{"company_id": c.id, "name": orNull(c.name), "description": orNull(c.description)}
		rows[c.accountID()] = row
		nodes = append(nodes, node{address: companyAddress(c), kind: companyKind, config: fixed(with(row, "account_id", orNull(c.account)))})
	}
	if e.companyTable {
		return []node{{address: companiesAddress, kind: companiesKind, config: fixed(map[string]any{"companies": rows})}}
	}
	return nodes
}

func (e *estate) licenseNodes() (nodes []node) {
	rows := map[string]any{}
	for _, s := range e.services {
		row := map[string]any{"skus": s.spelled(), "basis": orNull(s.basis)}
		rows[s.name] = row
		nodes = append(nodes, node{address: licenseAddress(s), kind: licenseKind, config: fixed(with(row, "service", s.name))})
	}
	if e.licenseTable {
		return []node{{address: licensesAddress, kind: licensesKind, config: fixed(map[string]any{"services": rows})}}
	}
	return nodes
}

func with(values map[string]any, name string, value any) map[string]any {
	values = maps.Clone(values)
	values[name] = value
	return values
}

func companyAddress(c *company) string { return fmt.Sprintf("%s.this[\"%d\"]", companyKind, c.id) }

func licenseAddress(s *service) string { return fmt.Sprintf("%s.this[\"%d\"]", licenseKind, s.key) }

func (s *service) spelled() []any {
	var result []any
	for _, part := range s.skus {
		name := strings.ToLower(part)
		for _, p := range products {
			if p.part == part && s.byID {
				name = p.id
			}
		}
		result = append(result, name)
	}
	return result
}

func fixed(values map[string]any) func(*command, map[string]tftypes.Value) (any, error) {
	return func(*command, map[string]tftypes.Value) (any, error) { return values, nil }
}

// sync returns the configuration of the sync, whose counts depend on all other resources.
func (e *estate) sync() func(*command, map[string]tftypes.Value) (any, error) {
	values := map[string]any{"on_unmapped": e.onUnmapped, "zero_missing": e.zeroMissing, "zero_on_destroy": e.zeroOnDestroy,
		"triggers": map[string]any{"force": strconv.Itoa(e.triggers)}}
	guard := map[string]any{"approved": e.approved}
	if e.decrease > 0 {
		guard["max_decrease_percent"], guard["max_increase_percent"] = e.decrease, e.increase
	}
	values["guard"] = guard
	companies, licenses, hasUncounted := e.companyNodes(), e.licenseNodes(), e.uncounted
	return func(c *command, known map[string]tftypes.Value) (any, error) {
		values := maps.Clone(values)
		seats := fields(c.data)["counts"]
		counts, err := c.call("unit_counts", seats, mappings(companies, known), mappings(licenses, known))
		if err != nil {
			return nil, err
		}
		values["unit_counts"] = plain(counts)
		if hasUncounted {
			uncounted, err := c.call("uncounted_seats", seats, mappings(licenses, known))
			if err != nil {
				return nil, err
			}
			values["uncounted_seats"] = plain(uncounted)
		}
		return values, nil
	}
}

// mappings returns the argument of the function: the map of a table, or the value of a resource with for_each.
func mappings(nodes []node, known map[string]tftypes.Value) tftypes.Value {
	switch nodes[0].kind {
	case companiesKind:
		return fields(known[companiesAddress])["companies"]
	case licensesKind:
		return fields(known[licensesAddress])["services"]
	}
	result := map[string]tftypes.Value{}
	for _, n := range nodes {
		result[n.address] = known[n.address]
	}
	return tftypes.NewValue(tftypes.Map{ElementType: typeOf(nodes[0].kind)}, result)
}
