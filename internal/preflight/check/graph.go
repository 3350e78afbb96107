// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package check

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/microsoft"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// The lists whose raw answers are looked at (microsoft.md §1.1, microsoft.md §1.4, microsoft.md §2).
const (
	skuList          = "/v1.0/subscribedSkus"
	subscriptionList = "/v1.0/directory/subscriptions"
	relationshipList = "/v1.0/tenantRelationships/delegatedAdminRelationships"
)

// graphRow is a row of a list.
type graphRow map[string]json.RawMessage

// graphFields is what only the raw answers of Microsoft say. look is called from several goroutines, the rest from one.
type graphFields struct {
	mu       sync.Mutex
	rows     map[string]int            // by list
	nulls    map[string]map[string]int // by list and property: rows in which it is null or missing
	longest  int                       // rows of the longest list of licenses without a link to the next page
	pageRows int                       // rows of the longest page with such a link
	links    map[string]bool           // where those links lead
	accounts map[string]bool           // tenant, zero
	cases    map[string]bool           // of skuId: lower, upper
	statuses map[string]bool           // spellings of capabilityStatus
	withIDs  int                       // SKUs with subscriptionIds
	refused  map[int]int               // statuses of the list of subscriptions, without $select
	selected map[int]int               // with it
	top      map[int]int               // statuses of the list of SKUs with $top
	noExtend map[string]bool
	numbers  map[string]bool // how refused sign-ins have their AADSTS number
	signIns  []refusedSignIn
	unknown  int // Graph does not know the application
	// The facts below are set by judgeLists and judgeCustomers.
	subscriptions, owner, freeTrial, noPartner string
}

// refusedSignIn is an answer of the token endpoint.
type refusedSignIn struct{ status, number int }

func newGraphFields() *graphFields {
	return &graphFields{
		rows: map[string]int{}, nulls: map[string]map[string]int{skuList: {}, subscriptionList: {}}, links: map[string]bool{},
		accounts: map[string]bool{}, cases: map[string]bool{}, statuses: map[string]bool{}, refused: map[int]int{}, selected: map[int]int{},
		top: map[int]int{}, noExtend: map[string]bool{}, numbers: map[string]bool{},
	}
}

func (f *graphFields) look(got answer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	path := got.url.Path
	switch {
	case got.status == http.StatusTooManyRequests:
	case tokenPath.MatchString(path) || strings.HasSuffix(path, "/openid-configuration"):
		f.lookAtSignIn(got)
	case path == skuList || path == subscriptionList || path == relationshipList:
		f.lookAtList(path, got)
	}
}

var aadstsText = regexp.MustCompile(`AADSTS(\d+)`)

// lookAtSignIn keeps how a refusal looks (microsoft.md §3.4).
func (f *graphFields) lookAtSignIn(got answer) {
	var refusal struct {
		Error       string          `json:"error"`
		Description string          `json:"error_description"`
		Codes       json.RawMessage `json:"error_codes"`
	}
	if got.status < 400 || json.Unmarshal(got.body, &refusal) != nil || refusal.Error == "" {
		return
	}
	match := aadstsText.FindStringSubmatch(refusal.Description)
	if match == nil {
		return
	}
	number, _ := strconv.Atoi(match[1])
	f.signIns = append(f.signIns, refusedSignIn{got.status, number})
	var numbers []int
	var texts []string
	switch {
	case json.Unmarshal(refusal.Codes, &numbers) == nil && len(numbers) > 0:
		f.numbers["numbers"] = true
	case json.Unmarshal(refusal.Codes, &texts) == nil && len(texts) > 0:
		f.numbers["strings"] = true
	default:
		f.numbers["text"] = true
	}
}

// lookAtList keeps how a page of a list looks.
func (f *graphFields) lookAtList(list string, got answer) {
	if bodyKind(got.body) == "html" && got.status == http.StatusOK {
		return // a proxy answered in Graph's place
	}
	query := got.url.Query()
	switch {
	case list == subscriptionList && query.Has("$select"):
		f.selected[got.status]++
	case list == subscriptionList:
		f.refused[got.status]++
	case list == skuList && query.Has("$top"):
		f.top[got.status]++
	}
	if got.status == http.StatusUnauthorized && strings.Contains(string(got.body), "Authorization_IdentityNotFound") {
		f.unknown++
	}
	var page struct {
		Value    []graphRow `json:"value"`
		NextLink string     `json:"@odata.nextLink"`
	}
	if got.status != http.StatusOK || json.Unmarshal(got.body, &page) != nil {
		return
	}
	f.lookAtPaging(got, len(page.Value), page.NextLink)
	f.rows[list] += len(page.Value)
	for _, row := range page.Value {
		switch list {
		case skuList:
			f.lookAtSKU(row)
		case subscriptionList:
			f.lookAtSubscription(row)
		case relationshipList:
			if text := row.text("autoExtendDuration"); text == "PT0S" || text == "P0D" {
				f.noExtend[text] = true
			}
		}
	}
}

// lookAtPaging keeps the size of the page and where its link leads (microsoft.md §1.3).
func (f *graphFields) lookAtPaging(got answer, rows int, link string) {
	switch {
	case link == "":
		f.longest = max(f.longest, rows)
		return
	case strings.HasPrefix(link, got.url.Scheme+"://"+got.url.Host+"/"):
		f.links["same"] = true
	case strings.HasPrefix(link, "http://"):
		f.links["http"] = true
	default:
		f.links["foreign"] = true
	}
	f.pageRows = max(f.pageRows, rows)
}

// text returns a property that is a text, and an empty text otherwise.
func (r graphRow) text(name string) string {
	var text string
	_ = json.Unmarshal(r[name], &text) // anything else is no text
	return text
}

// isNull reports whether a property is null or missing.
func (r graphRow) isNull(name string) bool { return len(r[name]) == 0 || string(r[name]) == "null" }

// units returns the object prepaidUnits.
func (r graphRow) units() graphRow {
	var units graphRow
	_ = json.Unmarshal(r["prepaidUnits"], &units) // null has no units
	return units
}

// noTenant is the accountId of system subscriptions (microsoft.md §1.1).
const noTenant = "00000000-0000-0000-0000-000000000000"

func (f *graphFields) lookAtSKU(row graphRow) {
	units := row.units()
	f.noteNulls(skuList, row, "accountId", "appliesTo", "capabilityStatus", "consumedUnits", "prepaidUnits", "skuId", "skuPartNumber")
	if units != nil {
		for _, name := range []string{"enabled", "suspended", "warning", "lockedOut"} {
			if units.isNull(name) {
				f.nulls[skuList]["prepaidUnits."+name]++
			}
		}
	}
	switch id := row.text("accountId"); id {
	case "":
	case noTenant:
		f.accounts["zero"] = true
	default:
		f.accounts["tenant"] = true
	}
	if status := row.text("capabilityStatus"); status != "" {
		f.statuses[status] = true
	}
	var ids []string
	_ = json.Unmarshal(row["subscriptionIds"], &ids) // null is empty
	if len(ids) > 0 {
		f.withIDs++
	}
}

func (f *graphFields) lookAtSubscription(row graphRow) {
	f.noteNulls(subscriptionList, row, "commerceSubscriptionId", "createdDateTime", "nextLifecycleDateTime", "isTrial", "status", "totalLicenses",
		"skuId", "skuPartNumber")
	switch id := row.text("skuId"); {
	case id != strings.ToLower(id):
		f.cases["upper"] = true
	case id != strings.ToUpper(id):
		f.cases["lower"] = true
	}
}

func (f *graphFields) noteNulls(list string, row graphRow, properties ...string) {
	for _, name := range properties {
		if row.isNull(name) {
			f.nulls[list][name]++
		}
	}
}

// judgeLists says what the lists of all tenants have in common. It compares them with each other, so it needs what the client made of them.
func (f *graphFields) judgeLists(answers *licenseAnswers) {
	forms, pools := map[string]bool{}, map[string]bool{}
	for _, tenant := range answers.read() {
		licenses := answers.results[tenant.Name].Licenses
		if form := formOfSubscriptions(licenses); form != "" {
			forms[form] = true
		}
		maps.Copy(pools, trialsOfPools(licenses))
	}
	for _, result := range answers.results {
		if result.Err != nil && strings.Contains(result.Err.Message, subscriptionList) {
			forms["500"] = f.selected[http.StatusInternalServerError] > 0
		}
	}
	maps.DeleteFunc(forms, func(_ string, so bool) bool { return !so })
	if forms["empty"] && (forms["incomplete"] || f.rows[subscriptionList] > 0) { // it lacks its only row
		delete(forms, "empty")
		forms["incomplete"] = true
	}
	f.subscriptions = only(forms)
	f.freeTrial = only(pools)
	f.owner = answers.ownerForm()
}

// only returns the one element of a set, "mixed: …" for several, and "" for none.
func only(set map[string]bool) string {
	names := slices.Sorted(maps.Keys(set))
	if len(names) > 1 {
		return "mixed: " + strings.Join(names, ", ")
	}
	return strings.Join(names, "")
}

// formOfSubscriptions says whether a tenant's list of subscriptions is whole (microsoft.md §1.4), or the status with which it is refused. It
// is empty for a tenant whose answers show neither.
func formOfSubscriptions(licenses *microsoft.Licenses) string {
	if licenses.SubscriptionsErr != nil {
		return statusOf(licenses.SubscriptionsErr)
	}
	listed, seats, said := map[string]bool{}, map[string]int32{}, true
	for _, subscription := range licenses.Subscriptions {
		listed[subscription.ID] = true
		if subscription.TotalLicenses == nil || subscription.Status == "" || subscription.SKUID == "" {
			said = false // so the seats cannot be added up
			continue
		}
		seats[subscription.SKUID] += 0 // known, also without an active seat
		if subscription.Status == "Enabled" {
			seats[subscription.SKUID] += *subscription.TotalLicenses
		}
	}
	hasSeats, whole, proved := false, true, false
	for _, sku := range licenses.SKUs {
		if sku.Enabled != nil && *sku.Enabled == 0 {
			continue
		}
		hasSeats = true
		for _, id := range sku.SubscriptionIDs {
			whole, proved = whole && listed[id], true
		}
		if said && sku.SKUID != "" {
			proved = true
			held, some := seats[sku.SKUID]
			whole = whole && some && (sku.Enabled == nil || held >= *sku.Enabled)
		}
	}
	switch {
	case !hasSeats:
		return ""
	case len(licenses.Subscriptions) == 0:
		return "empty"
	case !proved:
		return ""
	case whole:
		return "whole"
	}
	return "incomplete"
}

// trialsOfPools says of the SKUs with 10,000 seats and more, and of free ones whose seats are not given, whether their purchases are trials
// (microsoft.md §8).
func trialsOfPools(licenses *microsoft.Licenses) map[string]bool {
	pools, found := map[string]bool{}, map[string]bool{}
	for _, sku := range licenses.SKUs {
		pools[sku.SKUID] = sku.Enabled != nil && *sku.Enabled >= 10_000 || sku.Enabled == nil && billing.IsFree(sku.SKUID)
	}
	for _, subscription := range licenses.Subscriptions {
		if pools[subscription.SKUID] && subscription.IsTrial != nil {
			found[map[bool]string{true: "yes", false: "no"}[*subscription.IsTrial]] = true
		}
	}
	return found
}

// ownerForm says who owns the purchases: whoever sold each, one that is not among the partners, or nobody.
func (a *licenseAnswers) ownerForm() string {
	owners := slices.Sorted(maps.Keys(a.owners()))
	switch {
	case len(owners) == 0:
		return ""
	case len(owners) > 1:
		return "seller"
	case owners[0] == "":
		return "null"
	case len(a.request.PartnerTenantIDs) > 0 && !slices.Contains(a.request.PartnerTenantIDs, owners[0]):
		return "distributor"
	}
	return "seller"
}

// judgeCustomers says how a tenant that is no partner answers (microsoft.md §2).
func (f *graphFields) judgeCustomers(customers *microsoft.Customers, failed *microsoft.TenantError) {
	switch {
	case failed != nil && failed.Cause == microsoft.CausePermission:
		f.noPartner = "denied"
	case failed == nil && len(customers.Tenants) == 0 && !customers.RelationshipsDenied && !customers.ContractsDenied:
		f.noPartner = "empty"
	}
}

// state adds the facts about the unknowns of microsoft.md that the answers show.
func (f *graphFields) state(found *findings) {
	const unread = "no tenant was read"
	found.fact("no-consent", f.noConsent())
	found.fact("sign-in-numbers", cmp.Or(only(f.numbers), notSeen("no sign-in was refused")))
	found.fact("sign-in-status", f.signInStatus())
	found.fact("graph-page-size", f.pageSize())
	found.fact("graph-next-link-host", cmp.Or(only(f.links), notSeen("no list has several pages")))
	found.fact("graph-top", cmp.Or(f.takesTop(), notSeen(unread)))
	found.fact("graph-account-id", cmp.Or(only(f.accounts), notSeen(unread)))
	found.fact("graph-id-case", cmp.Or(only(f.cases), notSeen(unread)))
	found.fact("graph-capability-status", cmp.Or(f.statusForm(), notSeen(unread)))
	found.fact("graph-null", f.nullForm())
	found.fact("graph-subscription-ids", cmp.Or(f.idForm(), notSeen(unread)))
	found.fact("graph-subscriptions", cmp.Or(f.subscriptions, notSeen(unread)))
	found.fact("graph-subscriptions-select", cmp.Or(f.takesSelect(), notSeen(unread)))
	found.fact("graph-owner", cmp.Or(f.owner, notSeen("no seat was read")))
	found.fact("graph-free-trial", cmp.Or(f.freeTrial, notSeen("no tenant has a pool of 10,000 seats")))
	found.fact("graph-no-partner", cmp.Or(f.noPartner, notSeen("partner_tenant_ids has no tenant without customers")))
	found.fact("graph-no-extension", cmp.Or(only(f.noExtend), notSeen("no relationship was read that is not extended")))
}

// noConsentNumbers are the AADSTS numbers of tenants that do not let the application in (microsoft.md §3.4).
var noConsentNumbers = []int{65001, 700016, 7000112, 650052, 53003, 50076, 5000224}

// noConsent is the most frequent answer of tenants that do not let the application in.
func (f *graphFields) noConsent() string {
	counts := map[string]int{}
	if f.unknown > 0 {
		counts["graph"] = f.unknown
	}
	for _, refused := range f.signIns {
		if slices.Contains(noConsentNumbers, refused.number) {
			counts[strconv.Itoa(refused.number)]++
		}
	}
	most := ""
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		if counts[name] > counts[most] {
			most = name
		}
	}
	return cmp.Or(most, notSeen("every tenant lets the application in"))
}

// signInStatus says whether refused sign-ins have the status of their number (microsoft.md §3.4).
func (f *graphFields) signInStatus() string {
	statuses, usual := map[int]bool{}, true
	for _, refused := range f.signIns {
		statuses[refused.status] = true
		usual = usual && refused.status == usualStatus(refused.number)
	}
	switch {
	case len(statuses) == 0:
		return notSeen("no sign-in was refused")
	case usual:
		return "usual"
	case len(statuses) == 1 && (statuses[http.StatusBadRequest] || statuses[http.StatusUnauthorized]):
		return strconv.Itoa(f.signIns[0].status)
	}
	return "mixed"
}

// refusedProofs are the numbers whose usual status is 401: the application is disabled, or its proof of identity is wrong. All others have
// 400 (microsoft.md §3.4).
var refusedProofs = []int{7000112, 7000215, 7000218, 7000222, 700024, 700027}

func usualStatus(number int) int {
	if slices.Contains(refusedProofs, number) {
		return http.StatusUnauthorized
	}
	return http.StatusBadRequest
}

// longList is more rows than a page of the smallest size that is known has. A shorter list does not show that lists have no pages.
const longList = 5

func (f *graphFields) pageSize() string {
	switch {
	case f.pageRows > 0:
		return strconv.Itoa(f.pageRows)
	case f.longest <= longList:
		return notSeen("no list is long enough")
	}
	return "off"
}

func (f *graphFields) takesTop() string {
	switch {
	case f.top[http.StatusOK] > 0:
		return "ignored"
	case f.top[http.StatusBadRequest] > 0:
		return "refused"
	}
	return ""
}

// takesSelect says whether the list of subscriptions takes $select: it does not when it is refused with 400 and read without.
func (f *graphFields) takesSelect() string {
	switch {
	case f.selected[http.StatusOK] > 0:
		return "accepted"
	case f.selected[http.StatusBadRequest] > 0 && f.refused[http.StatusOK] > 0:
		return "refused"
	}
	return ""
}

// statusForm says how capabilityStatus is spelled (microsoft.md §1.1).
func (f *graphFields) statusForm() string {
	documented := []string{"Enabled", "Warning", "Suspended", "Deleted", "LockedOut"}
	form := ""
	for status := range f.statuses {
		lower := slices.ContainsFunc(documented, func(known string) bool { return strings.ToLower(known) == status })
		switch {
		case slices.Contains(documented, status):
			form = cmp.Or(form, "usual")
		case lower && form != "other":
			form = "lower"
		default:
			form = "other"
		}
	}
	return form
}

func (f *graphFields) idForm() string {
	switch {
	case f.withIDs > 0:
		return "given"
	case f.rows[skuList] > 0:
		return "empty"
	}
	return ""
}

// nullForm names the properties that are null in every row.
func (f *graphFields) nullForm() string {
	null := map[string]bool{}
	for list, counts := range f.nulls {
		for name, n := range counts {
			null[name] = null[name] || n > 0 && n == f.rows[list]
		}
	}
	null["dates"] = null["createdDateTime"] && null["nextLifecycleDateTime"]
	null["lockedOut"] = null["prepaidUnits.lockedOut"]
	for _, part := range []string{"createdDateTime", "nextLifecycleDateTime"} {
		null[part] = null[part] && !null["dates"]
	}
	delete(null, "prepaidUnits.lockedOut")
	maps.DeleteFunc(null, func(_ string, so bool) bool { return !so })
	switch {
	case len(null) == 0 && (f.rows[skuList] == 0 || f.rows[subscriptionList] == 0):
		return notSeen("one of the two lists was not read")
	case len(null) == 0:
		return "none"
	}
	return strings.Join(slices.Sorted(maps.Keys(null)), ", ")
}

// statusOf returns the status of a failed read as text.
func statusOf(err error) string {
	return fmt.Sprint(rest.Status(err))
}
