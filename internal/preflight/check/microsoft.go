// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package check

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/microsoft"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

const partnersSetting = "partner_tenant_ids"

// checkMicrosoft signs in to each tenant and reads its licenses, as cloudradial_license_counts does. It reads one tenant also without
// $select, and the customers of the partners.
func checkMicrosoft(ctx context.Context, options func() (microsoft.Options, error), request Request, air *network, found *findings) {
	raw := newGraphFields()
	var users map[string]microsoft.UsersResult
	defer func() {
		raw.state(found)
		stateUsers(users, found)
	}()
	configured, err := options()
	if err != nil {
		found.unconfigured(Error, microsoft.System, err)
		return
	}
	transport := watched(configured.Transport, air, systemMicrosoft, raw.look)
	transport.signIn = signInOf(configured)
	configured.Transport = transport
	client, err := microsoft.New(configured)
	if err != nil {
		found.failed(Error, systemMicrosoft, "the sign-in to Microsoft cannot be used", err)
		return
	}
	answers := &licenseAnswers{request: request, consentURL: client.AdminConsentURL}
	answers.results = client.ReadLicenses(ctx, request.names(), 0)
	answers.judge(found)
	users = checkShared(ctx, client, request, found)
	raw.judgeLists(answers)
	compareSelect(ctx, client, answers, found)
	readPartners(ctx, client, request.PartnerTenantIDs, raw, found)
}

// signInOf returns which POSTs sign in: those to a token endpoint, and the one for a token of Azure DevOps (microsoft.md §3.1,
// microsoft.md §3.3).
func signInOf(options microsoft.Options) func(*http.Request) bool {
	oidc, _ := url.Parse(options.OIDCRequestURL) // microsoft.New refuses what is no address
	return func(request *http.Request) bool {
		if tokenPath.MatchString(request.URL.Path) {
			return true
		}
		return oidc != nil && oidc.Host != "" && request.URL.Host == oidc.Host && request.URL.Path == oidc.Path
	}
}

// names returns the tenants to ask about, each once.
func (r Request) names() []string {
	var names []string
	for _, tenant := range r.Tenants {
		names = append(names, tenant.Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// licenseAnswers is what was read of the tenants.
type licenseAnswers struct {
	request    Request
	results    map[string]microsoft.Result // by name
	consentURL func(tenant string) string
}

// read returns the tenants that were read, in the order of their keys.
func (a *licenseAnswers) read() []Tenant {
	var read []Tenant
	for _, tenant := range a.request.Tenants {
		if a.results[tenant.Name].Licenses != nil {
			read = append(read, tenant)
		}
	}
	return read
}

// count counts the licenses of a tenant that was read.
func (a *licenseAnswers) count(tenant Tenant) billing.TenantCounts {
	return billing.CountTenant(shapes.BillingTenant(a.results[tenant.Name].Licenses), billing.CountOptions{PartnerTenantIDs: a.request.PartnerTenantIDs})
}

// judge adds what the answers say.
func (a *licenseAnswers) judge(found *findings) {
	if len(a.request.Tenants) == 0 {
		found.summary = "no tenant to try"
		found.add(Error, "tenants", "no tenant is given, so the sign-in to Microsoft was not tried",
			"Microsoft is asked for each tenant by itself, so without one nothing can be said about the application and its permissions.",
			"Set tenants, at first to a few: keys of your choice to the id or a domain of a customer's tenant.")
		return
	}
	a.judgeFailures(found)
	a.judgeSameTenants(found)
	seats := int64(0)
	for _, tenant := range a.read() {
		a.judgeEvidence(tenant, a.count(tenant), found)
		for _, sku := range a.results[tenant.Name].Licenses.SKUs {
			if sku.Enabled != nil && !billing.IsFree(sku.SKUID) {
				seats += int64(*sku.Enabled)
			}
		}
	}
	a.judgeOwners(found)
	a.judgeHints(found)
	found.summary = fmt.Sprintf("%d of %s read, %s without free products", len(a.read()), tfdiag.Count(len(a.request.Tenants), "tenant"), tfdiag.Count(int(seats), "seat"))
}

// cures says for each cause what to do. The message of an error says more where more is known.
var cures = map[microsoft.Cause]string{
	microsoft.CauseCredential: "Check microsoft.client_id and the client secret, certificate or OIDC token (environment variables ARM_CLIENT_ID, " +
		"ARM_CLIENT_SECRET, …). A secret may have expired.",
	microsoft.CauseConsent: "An administrator of the tenant must consent to the application.",
	microsoft.CausePermission: "Grant the application the application permission Organization.Read.All (Microsoft Graph), and have an administrator of the " +
		"tenant consent to it.",
	microsoft.CauseTenant: "Check the id or domain. If the tenant is in another cloud, for example GCC High, set microsoft.environment (environment " +
		"variable ARM_ENVIRONMENT).",
	microsoft.CausePolicy:      "A conditional access policy of the tenant blocks the application. The tenant's administrator must exempt it.",
	microsoft.CauseUser:        "The tenant does not let the user of the Azure CLI in, or wants a new sign-in, for example with a second factor.",
	microsoft.CauseThrottled:   "Microsoft kept rate-limiting the provider even after the requested waits. Try again later.",
	microsoft.CauseUnavailable: "Microsoft could not be reached or failed. This is usually temporary. Try again later.",
	microsoft.CauseAnswer:      "The answer is not valid. If there is a proxy between this machine and Microsoft, check it.",
}

// cure returns what to do about a tenant that cannot be read.
func (a *licenseAnswers) cure(err *microsoft.TenantError) string {
	if advice := adviceOnProxy(err); advice != "" {
		return advice
	}
	text := cures[err.Cause]
	if err.Cause != microsoft.CauseConsent && err.Cause != microsoft.CausePermission {
		return text
	}
	if address := a.consentURL(err.Tenant); address != "" {
		text += " The address for that is " + address
	}
	return text
}

// judgeFailures adds the tenants that cannot be read. A failure of the credential is one problem, because it concerns all.
func (a *licenseAnswers) judgeFailures(found *findings) {
	var credential []*microsoft.TenantError
	for _, tenant := range a.request.Tenants {
		err := a.results[tenant.Name].Err
		switch {
		case err == nil:
		case err.Cause == microsoft.CauseCredential:
			credential = append(credential, err)
		default:
			found.add(Error, tenant.Key, fmt.Sprintf("the tenant of %s cannot be read", tenant.Key), capital(err.Message)+".", a.cure(err))
		}
	}
	if len(credential) > 0 {
		found.add(Error, "microsoft", fmt.Sprintf("Microsoft does not take the provider's own credential (%s)", tfdiag.Count(len(credential), "tenant")),
			capital(credential[0].Message)+".", cures[microsoft.CauseCredential])
	}
}

// capital returns a text with a capital at its beginning.
func capital(text string) string {
	if text == "" {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// judgeSameTenants adds keys that stand for one tenant.
func (a *licenseAnswers) judgeSameTenants(found *findings) {
	first := map[string]string{} // key by id
	for _, tenant := range a.read() {
		id := cmp.Or(a.results[tenant.Name].Licenses.TenantID, tenant.Name)
		if key, same := first[id]; same {
			found.add(Error, tenant.Key, fmt.Sprintf("%s and %s are the same tenant", key, tenant.Key),
				"Both names lead to the tenant "+id+", so its seats would be billed twice.", "Keep it under one key.")
			continue
		}
		first[id] = tenant.Key
	}
}

// judgeEvidence adds what is missing to count a tenant's seats (microsoft.md §1.4).
func (a *licenseAnswers) judgeEvidence(tenant Tenant, counted billing.TenantCounts, found *findings) {
	licenses := a.results[tenant.Name].Licenses
	switch {
	case len(licenses.SKUs) == 0:
		found.add(Warning, tenant.Key, fmt.Sprintf("Microsoft lists no SKU for the tenant of %s", tenant.Key),
			"A product that has ended is listed for months, so an empty list does not prove that there are no seats. The counts of this tenant are "+
				"unknown, and what was pushed for it before stays.",
			"If the company has no Microsoft 365, write the word none in place of its tenant.")
	case len(counted.Gaps) == 0:
	case licenses.SubscriptionsErr != nil:
		found.add(Error, tenant.Key, fmt.Sprintf("the subscriptions of the tenant of %s cannot be read", tenant.Key),
			capital(licenses.SubscriptionsErr.Message)+". Only the subscriptions tell a trial from paid seats.",
			a.cure(licenses.SubscriptionsErr)+" "+orCount)
	default:
		gap := counted.Gaps[0]
		more := ""
		if n := len(counted.Gaps) - 1; n > 0 {
			more = fmt.Sprintf(" The same or the like is so for %s.", tfdiag.Count(n, "more SKU"))
		}
		found.add(Error, tenant.Key, fmt.Sprintf("the list of subscriptions of the tenant of %s is not whole", tenant.Key),
			fmt.Sprintf("%s: %s.%s Only the subscriptions tell a trial from paid seats.", gap.Key, gap.Reason, more),
			"Try again after some hours, because the list can lag behind a purchase. "+orCount)
	}
}

// orCount is the other way out of a list of subscriptions that is not whole.
const orCount = "To bill trials as paid seats where that is so, set on_trials_unknown = \"count\" in cloudradial_license_counts; with " +
	"partner_tenant_ids that is not possible."

// ownership is what an owner has in all tenants.
type ownership struct {
	seats   int64
	tenants int
}

// owners returns what each owner has in all tenants. The key is empty for purchases without an owner.
func (a *licenseAnswers) owners() map[string]ownership {
	owners := map[string]ownership{}
	for _, tenant := range a.read() {
		for id, seats := range ownersOf(a.results[tenant.Name].Licenses) {
			owners[id] = ownership{owners[id].seats + seats, owners[id].tenants + 1}
		}
	}
	return owners
}

// ownersOf returns the seats in use of each owner in a tenant, free products left out.
func ownersOf(licenses *microsoft.Licenses) map[string]int64 {
	owners := map[string]int64{}
	for _, subscription := range licenses.Subscriptions {
		inUse := strings.EqualFold(subscription.Status, "Enabled") || strings.EqualFold(subscription.Status, "Warning")
		seats := subscription.TotalLicenses
		if inUse && seats != nil && *seats > 0 && subscription.SKUID != "" && !billing.IsFree(subscription.SKUID) {
			owners[subscription.OwnerTenantID] += int64(*seats)
		}
	}
	return owners
}

// describeOwners lists owners with their seats, one a sentence.
func describeOwners(owners map[string]ownership) string {
	var parts []string
	for _, id := range slices.Sorted(maps.Keys(owners)) {
		parts = append(parts, fmt.Sprintf("%s owns %s in %s", cmp.Or(id, "nobody"), tfdiag.Count(int(owners[id].seats), "seat"),
			tfdiag.Count(owners[id].tenants, "tenant")))
	}
	return strings.Join(parts, "; ")
}

// judgeOwners compares the owners of the seats with partner_tenant_ids (microsoft.md §1.4).
func (a *licenseAnswers) judgeOwners(found *findings) {
	owners := a.owners()
	partners := a.request.PartnerTenantIDs
	isPartner := func(id string) bool { return slices.Contains(partners, id) }
	hasSeats := slices.ContainsFunc(slices.Collect(maps.Keys(owners)), isPartner)
	switch {
	case len(owners) == 0:
		return
	case len(partners) == 0 && len(owners) > 1:
		found.add(Notice, partnersSetting, fmt.Sprintf("the seats have %d owners", len(owners)),
			capital(describeOwners(owners))+". Without "+partnersSetting+" the seats of all of them count.",
			"If some customers buy from somebody else too, set "+partnersSetting+" to the owners whose seats you bill: your own tenant and your "+
				"distributor's.")
	case len(partners) == 0:
	case !hasSeats:
		found.add(Error, partnersSetting, partnersSetting+" own no seat of any tenant",
			"So nothing would be billed. "+capital(describeOwners(owners))+".",
			"Use the ids of the tenants that sold the seats: your own, or your distributor's if you buy from one. Or leave the argument out to count "+
				"the seats of all owners.")
		return
	}
	if len(partners) == 0 {
		return
	}
	for _, id := range partners {
		if owners[id].seats == 0 {
			found.add(Notice, partnersSetting, id+" owns no seat of any tenant", "It is in "+partnersSetting+", and no subscription of the tenants is from it.",
				"Check the id, or take it out.")
		}
	}
	for _, tenant := range a.read() {
		owned := ownersOf(a.results[tenant.Name].Licenses)
		if len(owned) > 0 && !slices.ContainsFunc(slices.Collect(maps.Keys(owned)), isPartner) {
			found.add(Warning, tenant.Key, fmt.Sprintf("no seat of the tenant of %s belongs to %s", tenant.Key, partnersSetting),
				"All its seats were sold by others, so none would be billed.", "If you sold them, add the id of the distributor.")
		}
	}
}

// hint is what Microsoft and the list of free products say about a SKU.
type hint struct {
	part, product string
	free          bool // the list of free products has it
	tenants       []string
}

// judgeHints adds the SKUs about which the list of free products and Microsoft's own hints disagree: a paid purchase is no trial, and
// its commerceSubscriptionId differs from the skuId (microsoft.md §1.4).
func (a *licenseAnswers) judgeHints(found *findings) {
	hints := map[string]hint{}
	for _, tenant := range a.read() {
		for id, free := range contradictions(a.results[tenant.Name].Licenses) {
			held := hints[id]
			product, _ := billing.LookupSKU(id)
			hints[id] = hint{cmp.Or(product.PartNumber, id), cmp.Or(product.Name, id), free, append(held.tenants, tenant.Key)}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(hints)) {
		h := hints[id]
		where := fmt.Sprintf(" (%s, for example %s)", tfdiag.Count(len(h.tenants), "tenant"), h.tenants[0])
		if h.free {
			found.add(Notice, h.part, h.part+" is left out as free, and Microsoft gives no hint that it is",
				fmt.Sprintf("%s is on the provider's list of free products. Microsoft says that it is no trial, and its purchase has an id of its own, as "+
					"paid ones do%s.", h.product, where),
				"If you sell it, set include_free = true in cloudradial_license_counts.")
			continue
		}
		found.add(Warning, h.part, h.part+" is counted as paid, and Microsoft hints that it is free",
			fmt.Sprintf("%s is not on the provider's list of free products. Microsoft says that it is no trial, but its purchase has the id of the product "+
				"itself, which paid ones do not%s.", h.product, where),
			"If it is free, name it in exclude_skus of cloudradial_license_counts, and tell us the id "+id+".")
	}
}

// contradictions returns the ids of a tenant's SKUs about which the hints disagree, and whether the list of free products has them.
func contradictions(licenses *microsoft.Licenses) map[string]bool {
	contradicting := map[string]bool{}
	for _, subscription := range licenses.Subscriptions {
		id := subscription.SKUID
		if id == "" || subscription.CommerceID == "" || subscription.IsTrial == nil || *subscription.IsTrial {
			continue
		}
		free, looksFree := billing.IsFree(id), strings.EqualFold(subscription.CommerceID, id)
		if free != looksFree {
			contradicting[id] = free
		}
	}
	return contradicting
}

// compareSelect reads the first tenant that was read whole again, without $select: which properties the two lists then have is
// documented, and that the selected ones are the same is not.
func compareSelect(ctx context.Context, client *microsoft.Client, answers *licenseAnswers, found *findings) {
	for _, tenant := range answers.read() {
		selected := answers.results[tenant.Name].Licenses
		if len(selected.SKUs) == 0 || selected.SubscriptionsErr != nil {
			continue
		}
		whole, failed := client.ReadUnselected(ctx, tenant.Name)
		switch {
		case failed != nil:
			found.add(Notice, tenant.Key, fmt.Sprintf("the lists of the tenant of %s cannot be read without $select", tenant.Key),
				capital(failed.Message)+". The provider reads them with $select, and that works.", "")
		case !sameLists(selected, whole):
			found.add(Warning, tenant.Key, fmt.Sprintf("the lists of the tenant of %s differ with and without $select", tenant.Key),
				"Read a moment apart, they have other rows or other numbers. Either something was bought in between, or $select changes more than the "+
					"properties.",
				"Run the preflight again. If it says the same, please report it.")
		}
		return
	}
}

// sameLists compares two reads of a tenant in any order of their rows.
func sameLists(a, b *microsoft.Licenses) bool {
	bySKU := func(x, y microsoft.SubscribedSKU) int {
		return cmp.Or(cmp.Compare(x.SKUID, y.SKUID), cmp.Compare(x.AccountID, y.AccountID))
	}
	byID := func(x, y microsoft.Subscription) int { return cmp.Compare(x.ID, y.ID) }
	return reflect.DeepEqual(slices.SortedFunc(slices.Values(a.SKUs), bySKU), slices.SortedFunc(slices.Values(b.SKUs), bySKU)) &&
		reflect.DeepEqual(slices.SortedFunc(slices.Values(a.Subscriptions), byID), slices.SortedFunc(slices.Values(b.Subscriptions), byID))
}

// readPartners reads the customers of the partners, as cloudradial_microsoft_tenants does for one of them. A distributor's tenant cannot be
// read, so it is a problem only when none can.
func readPartners(ctx context.Context, client *microsoft.Client, partners []string, raw *graphFields, found *findings) {
	var failures []string
	for _, partner := range partners {
		customers, failed := client.ReadCustomers(ctx, partner)
		raw.judgeCustomers(customers, failed)
		if failed != nil {
			failures = append(failures, capital(failed.Message)+".")
		}
	}
	if len(failures) == 0 || len(failures) < len(partners) {
		return
	}
	found.add(Notice, partnersSetting, "the customers of a partner tenant cannot be listed", strings.Join(failures, " "),
		"Only cloudradial_microsoft_tenants and examples/bootstrap need this, and only for your own tenant. Grant the application "+
			"DelegatedAdminRelationship.Read.All or Directory.Read.All (Microsoft Graph), and consent to it there.")
}
