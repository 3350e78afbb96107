// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package campaign

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"golang.org/x/text/unicode/norm"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// This file lives the life of one estate with each value of each switch of the sandbox: apply, a person maps and consents, apply, plan, a
// product is dropped, apply, plan. Nobody knows how the real services behave, so the life must end right with every value, or with an error
// that names the cause. A new switch needs nothing here, unless its lives end otherwise or nothing here does what it is about.

// ending is how a life ends that does not simply end right.
type ending struct {
	// errors are texts: each error of the life has one of them, and each of them occurs.
	errors []string
	// warning is a text that one of the warnings has.
	warning string
	// lacksCounts says that some counts are missing or old in Gradient in the end. None is ever wrong.
	lacksCounts bool
	// lacksRows says that some rows are missing or old in CloudRadial in the end.
	lacksRows bool
	// restless says that the last plan fails, or is not empty.
	restless bool
}

// stopped ends with errors before anything is pushed or published.
func stopped(errors ...string) ending {
	return ending{errors: errors, lacksCounts: true, lacksRows: true, restless: true}
}

// skipped ends without the counts of tenants that a warning names.
func skipped(warning string) ending {
	return ending{warning: warning, lacksCounts: true, lacksRows: true}
}

// What the errors and warnings below say.
const (
	anomaly    = "Do not run this again before you talk to Gradient's support."
	otherName  = "has another name in Gradient"
	noTrials   = "The subscriptions of the tenant cannot be read whole"
	noNumber   = "has no number, because Microsoft gave none"
	microProxy = "If there is a proxy between this machine and Microsoft, check it"
)

// endings are the lives that do not simply end right, by switch and value.
var endings = map[string]ending{
	"key-sees=one-company":   stopped("The CloudRadial keys see one company only"),
	"key-sees=no-company":    stopped(`It answered 403 Forbidden: "The key has no access to companies."`),
	"token-value-length=255": {errors: []string{"must be a string with a maximum length of 255"}, restless: true},

	"gradient-account-id=short":               {errors: []string{"id must be shorter than or equal to 20 characters"}, lacksCounts: true, lacksRows: true, restless: true},
	"gradient-anomaly=json":                   {errors: []string{anomaly}},
	"gradient-anomaly=empty":                  {errors: []string{anomaly}},
	"gradient-anomaly=html":                   {errors: []string{anomaly}},
	"gradient-excluded-count=404":             {warning: "Gradient refused 1 unit count", restless: true},
	"gradient-service-name=cut":               stopped(otherName),
	"gradient-service-name=escaped":           stopped(otherName),
	"gradient-unmapped-service-message=empty": {errors: []string{"It answered 404 Not Found."}},
	"gradient-zero-count=refuse":              {warning: "1 pair could not be set to 0", lacksCounts: true},

	"graph-next-link-host=foreign":    {errors: []string{"where the token must not go"}, lacksCounts: true},
	"graph-next-link-host=http":       {errors: []string{"where the token must not go"}, lacksCounts: true},
	"graph-no-partner=denied":         {errors: []string{"the application permission DelegatedAdminRelationship.Read.All"}},
	"graph-owner=distributor":         stopped("partner_tenant_ids own no seat"),
	"graph-owner=null":                stopped("partner_tenant_ids own no seat"),
	"graph-null=consumedUnits":        stopped(noNumber),
	"graph-null=isTrial":              stopped(noTrials),
	"graph-null=prepaidUnits":         stopped(noNumber),
	"graph-null=prepaidUnits.enabled": stopped(noNumber),
	"graph-null=prepaidUnits.warning": stopped(noNumber),
	"graph-null=skuId":                stopped(noNumber),
	"graph-null=status":               stopped(noTrials),
	"graph-null=totalLicenses":        skipped(noTrials),
	"graph-subscription-ids=empty":    stopped(noTrials),
	"graph-subscriptions=incomplete":  skipped(noTrials),
	"graph-subscriptions=empty":       stopped(noTrials),
	"graph-subscriptions=400":         stopped(noTrials),
	"graph-subscriptions=403":         stopped(noTrials),
	"graph-subscriptions=404":         stopped(noTrials),
	"graph-subscriptions=501":         stopped(noTrials),
	"graph-subscriptions=500":         stopped("Microsoft could not be reached or failed"),

	"proxy-page=gradient-200":    stopped("Check gradient.base_url"),
	"proxy-page=gradient-407":    stopped("Check gradient.base_url"),
	"proxy-page=cloudradial-200": stopped("Check base_url"),
	"proxy-page=cloudradial-407": stopped("Check base_url"),
	"proxy-page=sign-in-200":     stopped(microProxy),
	"proxy-page=sign-in-407":     stopped(microProxy),
	"proxy-page=graph-200":       stopped(microProxy),
	"proxy-page=graph-407":       stopped(microProxy),
}

// settings are the values of switches that a life has, as "name=value"; all others have their defaults.
type settings []string

// switchesOfALife are all switches but those of the PSAs, which a life does not ask.
func switchesOfALife() []sandbox.Switch {
	return slices.DeleteFunc(slices.Clone(sandbox.Switches), func(known sandbox.Switch) bool { return strings.HasPrefix(known.Section, "psa.md ") })
}

const inNoSharedTenant = "counts.TestEverySwitchOfUsers, and licensesync.TestALifeOfASharedTenant is their life: this one has no tenant that companies share"

// elsewhere are the switches that make no difference to this life, because nothing in it does what they are about, with the tests that try their values.
var elsewhere = map[string]string{
	"flexible-type-in-use":        "publication.TestTheTypeIsDeletedInThePortal: the life deletes no type",
	"gradient-duplicate-accounts": "TestCampaign, companymapping's table tests: the life creates no account that is there",
	"gradient-duplicate-service":  "TestCampaign: the life creates no service that is there",
	"gradient-rename-matches":     "TestCampaign: the life renames no account",
	"graph-users":                 inNoSharedTenant,
	"graph-users-error":           inNoSharedTenant,
	"graph-users-lag":             inNoSharedTenant,
	"graph-users-mail":            inNoSharedTenant,
	"graph-users-repeat":          inNoSharedTenant,
	"graph-verified-domains":      inNoSharedTenant,
	"repeat-delete":               "sandbox.TestCloudRadialTokenLifeCycle and TestCloudRadialFlexibleChanges: the life deletes nothing twice",
	"withdrawn-token":             "sandbox.TestGraphAfterConsentWasWithdrawn: the life withdraws no consent, and each run signs in anew",
}

// valuesPerLife is how many values of switches share a life, which saves most of the time.
const valuesPerLife = 8

// TestLife lives with every value of every switch. Values with which a life simply ends right share a life.
func TestLife(t *testing.T) {
	schemas()
	lives := []settings{nil}
	most := 0
	for _, known := range switchesOfALife() {
		most = max(most, len(known.Values))
	}
	for i := 1; i < most; i++ { // the i-th values of all switches, because a life has one value of each
		var shared settings
		for _, known := range switchesOfALife() {
			if i >= len(known.Values) || elsewhere[known.Name] != "" {
				continue
			}
			setting := known.Name + "=" + known.Values[i]
			// With short pages, and without $skip, the rest of a list cannot be reached: these two do not share a life.
			alone := known.Seen == sandbox.SeenByWrongKey || known.Name == "skip-option"
			if _, special := endings[setting]; special || alone {
				lives = append(lives, settings{setting})
				continue
			}
			shared = append(shared, setting)
		}
		lives = append(lives, slices.Collect(slices.Chunk(shared, valuesPerLife))...)
	}
	for setting := range endings {
		if !slices.ContainsFunc(lives, func(chosen settings) bool { return slices.Contains(chosen, setting) }) {
			t.Errorf("%s is no value of a switch, or its default", setting)
		}
	}
	for name := range elsewhere {
		if !slices.ContainsFunc(sandbox.Switches, func(known sandbox.Switch) bool { return known.Name == name }) {
			t.Errorf("%s is no switch", name)
		}
	}
	for _, chosen := range lives {
		want := ending{}
		if len(chosen) == 1 {
			want = endings[chosen[0]]
		}
		t.Run(strings.Join(chosen, ","), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { live(t, chosen, want) })
		})
	}
}

// switches returns the options of the sandbox.
func (s settings) switches() map[string]string {
	chosen := map[string]string{}
	if slices.ContainsFunc(s, func(setting string) bool { return strings.HasPrefix(setting, "graph-next-link-host=") }) {
		chosen["graph-page-size"] = "2" // or there is no next page
	}
	for _, setting := range s {
		name, value, _ := strings.Cut(setting, "=")
		chosen[name] = value
	}
	return chosen
}

// concern reports whether a switch has this property. The defaults concern everything.
func (s settings) concern(about func(sandbox.Switch) bool) bool {
	chosen := s.switches()
	return len(s) == 0 || slices.ContainsFunc(sandbox.Switches, func(known sandbox.Switch) bool {
		_, has := chosen[known.Name]
		return has && about(known)
	})
}

// areIn reports whether a switch belongs to this contract.
func (s settings) areIn(contract string) bool {
	return s.concern(func(known sandbox.Switch) bool { return strings.HasPrefix(known.Section, contract+" ") })
}

// life is one estate with its server.
type life struct {
	t      *testing.T
	net    *network
	server *sandbox.Server
	estate *estate
	state  state
	diags  []diagnostic
	log    []string
	// publishes says that the estate also has what it keeps in CloudRadial, and readsPartner that it reads the partner's lists. They are only
	// where the switch concerns them, because they take half of the time.
	publishes, readsPartner bool
	// right are the numbers that were right at one time, by pair.
	right map[pair]map[float64]bool
}

// The companies of the estate that something happens to.
const (
	excludedAccount = "eastgate"   // a person excludes it
	lateAccount     = "greenfield" // its tenant gives no consent at first
	droppingAccount = "brightwater"
	droppedProduct  = "ENTERPRISEPACK"
	lateService     = "Entra ID P1" // a person maps it later than the others
)

// namelessProduct is the setting in which a product that Microsoft's table lacks has only its id.
const namelessProduct = "graph-null=skuPartNumber"

// live lives a life and compares it with its ending.
func live(t *testing.T, chosen settings, want ending) {
	l := beginLife(t, chosen)
	defer func() {
		l.server.Close()
		time.Sleep(time.Hour) // lets background work end
		if t.Failed() {
			t.Logf("what happened:\n%s", strings.Join(l.log, "\n"))
		}
	}()
	l.apply()
	l.mapMost()
	l.apply()
	l.plan()
	l.mapRestAndDrop()
	l.apply()
	reviewed := l.plan()
	l.checkDiagnostics(want)
	l.checkCounts(chosen, want)
	if l.publishes {
		l.checkRows(chosen, want)
	}
	if reviewed.isEmpty() == want.restless {
		t.Errorf("the last plan is empty: %t; failed: %t; changes: %v", reviewed.isEmpty(), reviewed.failed, changed(reviewed))
	}
	if chosen.concern(func(known sandbox.Switch) bool { return known.Seen == sandbox.SeenByWrongKey }) {
		l.checkWrongKeys()
	}
}

// mapMost is what people do after the first apply.
func (l *life) mapMost() {
	l.note("a person maps everything but %q, and excludes %s; %s consents", lateService, excludedAccount, lateAccount)
	l.server.MapAccounts()
	for _, account := range l.server.Accounts() {
		if account.ID == excludedAccount {
			l.server.ExcludeAccounts(excludedAccount)
		}
	}
	for _, service := range l.server.Services() {
		if service.Name != lateService {
			l.server.MapServices(service.Name)
		}
	}
	late := l.estate.company(lateAccount).tenants[0]
	l.server.GrantConsent(late.id)
	late.noConsent = false
}

// mapRestAndDrop is what people do before the last apply.
func (l *life) mapRestAndDrop() {
	l.note("a person maps %q; %s drops %s", lateService, droppingAccount, droppedProduct)
	l.server.MapServices()
	dropping := l.estate.company(droppingAccount).tenants[0]
	l.server.RemoveSKU(dropping.id, droppedProduct)
	delete(dropping.skus, droppedProduct)
}

// beginLife makes companies and three services. The names and ids are those that some switch makes a difference to.
func beginLife(t *testing.T, chosen settings) *life {
	l := &life{t: t, net: newNetwork(), state: state{}, right: map[pair]map[float64]bool{}}
	l.publishes = chosen.areIn("cloudradial.md") || slices.Contains(chosen, namelessProduct)
	l.readsPartner = chosen.areIn("microsoft.md")
	held := func(number int, skus map[string]seats) *tenant {
		return &tenant{id: fmt.Sprintf("5ca1ab1e-0000-4000-8000-%012d", number), skus: skus, list: wholeList}
	}
	free := seats{paid: 10_000, assigned: 3}
	companies := []*company{
		{account: "alder", tenants: []*tenant{held(1, map[string]seats{"SPB": {paid: 18, assigned: 17}, "AAD_PREMIUM": {paid: 5, assigned: 5}, freeProduct.part: free})}},
		{account: droppingAccount, tenants: []*tenant{held(2, map[string]seats{"SPB": {paid: 12, trial: 25, assigned: 14}, droppedProduct: {paid: 4, assigned: 4}})}},
		{account: excludedAccount, tenants: []*tenant{held(5, map[string]seats{"SPB": {paid: 7, assigned: 7}})}},
		{account: "fairhaven-retail-group", tenants: []*tenant{held(6, map[string]seats{"SPB": {paid: 2}}), held(7, map[string]seats{"AAD_PREMIUM": {paid: 3, assigned: 2}})}},
		{account: lateAccount, tenants: []*tenant{held(8, map[string]seats{"SPB": {paid: 4, assigned: 1}})}},
	}
	companies[4].tenants[0].noConsent = true
	if chosen.areIn("microsoft.md") {
		companies = append(companies,
			&company{account: "cedar", tenants: []*tenant{held(3, map[string]seats{"ENTERPRISEPACK": {paid: 86, assigned: 81}, "SPB": {paid: 3}, unlisted.part: {paid: 2}})}},
			&company{tenants: []*tenant{held(4, map[string]seats{"O365_BUSINESS_PREMIUM": {grace: 9, assigned: 9}})}})
	}
	world := sandbox.Seed{
		Partner: sandbox.Partner{ID: ourTenant, Name: "The MSP", Domains: []string{"msp.example"}},
		PSA:     sandbox.PSA{Accounts: []string{"Portal company 102"}, Products: []string{"M365 Business Premium"}},
	}
	for id := 1; id <= 6; id++ { // nobody's, so that a page of five rows has nobody else
		world.Companies = append(world.Companies, sandbox.Company{ID: id, Name: fmt.Sprintf("Prospect %d", id)})
	}
	for i, c := range companies {
		c.id = 101 + i
		world.Companies = append(world.Companies, sandbox.Company{ID: c.id, Name: c.portalName(), Domains: []string{c.tenants[0].domain()}})
		for _, t := range c.tenants {
			world.Tenants = append(world.Tenants, t.inSandbox())
		}
		world.Partner.Relationships = append(world.Partner.Relationships, sandbox.Relationship{Name: c.portalName(), Tenant: c.tenants[0].id, End: time.Now().AddDate(0, 6, 0)})
		world.Partner.Contracts = append(world.Partner.Contracts, sandbox.Contract{Tenant: c.tenants[0].id})
	}
	var err error
	l.server, err = sandbox.New(world, sandbox.Options{Listener: l.net, RateLimit: 8, Switches: chosen.switches()})
	must(err)
	l.estate = &estate{companies: companies, syncName: "m365", partnerKey: l.server.Credentials().GradientPartnerKey, pace: 20, portalKeys: true,
		companyTable: true, licenseTable: true, onError: "skip", onUnmapped: "warn", decrease: 100, increase: 1_000_000,
		byOwner: chosen.switches()["graph-owner"] != "",
		services: []*service{
			{key: 1, name: "M365 Business Premium", skus: []string{"SPB"}},
			{key: 2, name: "Office 365 E3 & Business Standard, für alle Kunden im Café", skus: []string{droppedProduct, "O365_BUSINESS_PREMIUM"}},
			{key: 3, name: lateService, basis: "assigned", skus: []string{"AAD_PREMIUM"}},
		}}
	return l
}

// Types of resources that only this file has.
const (
	publicationKind = "cloudradial_license_publication"
	tokenKind       = "cloudradial_company_token"
)

// configuration adds a publication and a token to the estate's.
func (l *life) configuration() configuration {
	config := l.estate.configuration(l.server)
	if !l.publishes {
		return config
	}
	companies := l.estate.companyNodes()
	config.nodes = append(config.nodes,
		node{address: publicationKind + ".this", kind: publicationKind, last: true, config: func(c *command, known map[string]tftypes.Value) (any, error) {
			attributes := typeOf(publicationKind).(tftypes.Object).AttributeTypes
			return map[string]any{
				"license_counts":   convert(fields(c.data)["counts"], attributes["license_counts"]),
				"company_mappings": convert(mappings(companies, known), attributes["company_mappings"]),
				"asset_type":       "Microsoft 365 Licenses",
			}, nil
		}},
		node{address: tokenKind + ".this", kind: tokenKind, last: true, config: fixed(map[string]any{"company_id": 101, "name": "M365", "value": strings.Repeat("Business Premium,", 20)})})
	return config
}

func (l *life) note(format string, args ...any) { l.log = append(l.log, fmt.Sprintf(format, args...)) }

func (l *life) command() *command {
	ctx, stop := context.WithCancel(context.Background())
	p := &process{transport: l.net.transport(), stop: stop}
	return &command{process: p, server: newServer(p), ctx: ctx, secrets: l.server.Secrets}
}

// finish ends a command, and keeps what it said.
func (l *life) finish(c *command, name string) {
	c.process.exit()
	l.note("%s: %d requests, Gradient has %v", name, len(c.process.requests), l.server.UnitCounts())
	for _, d := range c.diags {
		l.note("  %s", clip(d.String()))
	}
	l.diags = append(l.diags, c.diags...)
	for _, wrong := range c.wrong {
		l.t.Errorf("%s: %s", name, wrong)
	}
	time.Sleep(24 * time.Hour)
}

// plan is `terraform plan`.
func (l *life) plan() plan {
	for _, c := range l.estate.companies {
		for _, s := range l.estate.services {
			p := pair{c.accountID(), s.name}
			if l.right[p] == nil {
				l.right[p] = map[float64]bool{}
			}
			l.right[p][float64(l.estate.wanted(c, s))] = true
		}
	}
	c := l.command()
	reviewed := c.plan(l.configuration(), l.state)
	if !reviewed.failed {
		l.readLists(c)
	}
	l.finish(c, "plan")
	for _, request := range c.process.requests {
		if request.isWrite() {
			l.t.Errorf("the plan writes: %s %s", request.method, request.path)
		}
	}
	l.note("  changes: %v", changed(reviewed))
	return reviewed
}

// readLists reads data sources that no resource needs.
func (l *life) readLists(c *command) {
	if l.publishes {
		c.readData("cloudradial_companies", nil)
	}
	if l.readsPartner {
		c.readData("cloudradial_microsoft_tenants", map[string]any{"partner_tenant_id": ourTenant})
		c.readData("cloudradial_microsoft_tenants", map[string]any{"partner_tenant_id": l.estate.companies[0].tenants[0].id})
	} else {
		c.readData("cloudradial_gradient_integration", nil)
		c.readData("cloudradial_gradient_services", nil)
	}
}

// changed lists what a plan changes.
func changed(p plan) []string {
	var changes []string
	for _, address := range slices.Sorted(maps.Keys(p.changes)) {
		if action := p.changes[address].action; action != actionNothing {
			changes = append(changes, action+" "+address)
		}
	}
	return changes
}

// apply is a plan and its apply. A person approves what the guard stops.
func (l *life) apply() {
	reviewed := l.plan()
	for i := len(l.diags) - 1; i >= 0 && reviewed.failed; i-- {
		if code := approval.FindStringSubmatch(l.diags[i].detail); code != nil {
			l.note("a person approves %s", code[1])
			l.estate.approved = code[1]
			l.diags = slices.Delete(l.diags, i, i+1)
			reviewed = l.plan()
		}
	}
	if reviewed.failed {
		return
	}
	c := l.command()
	c.apply(reviewed, func(s state) { l.state = s })
	l.finish(c, "apply")
}

// checkDiagnostics compares what the commands said with the ending.
func (l *life) checkDiagnostics(want ending) {
	found := map[string]bool{}
	warned := want.warning == ""
	for _, d := range l.diags {
		text := d.summary + ": " + d.detail
		if !d.isError {
			warned = warned || strings.Contains(text, want.warning)
			continue
		}
		expected := false
		for _, part := range want.errors {
			if strings.Contains(text, part) {
				expected, found[part] = true, true
			}
		}
		if !expected {
			l.t.Errorf("an error that does not belong here: %s", d)
		}
	}
	for _, part := range want.errors {
		if !found[part] {
			l.t.Errorf("no error has the text %q", part)
		}
	}
	if !warned {
		l.t.Errorf("no warning has the text %q", want.warning)
	}
}

// checkWrongKeys plans with each key wrong, and expects that the error names its setting.
func (l *life) checkWrongKeys() {
	for _, wrong := range []struct{ block, attribute, part string }{
		{"", "private_key", "CLOUDRADIAL_PRIVATE_KEY"},
		{"gradient", "partner_api_key", "gradient.partner_api_key"},
		{"gradient", "vendor_api_key", "gradient.vendor_api_key"},
	} {
		if wrong.block == "" && !l.publishes {
			continue
		}
		config := l.configuration()
		block := config.provider
		if wrong.block != "" {
			block = block[wrong.block].(map[string]any)
		}
		block[wrong.attribute] = "of-another-integration"
		l.diags = nil
		c := l.command()
		if reviewed := c.plan(config, l.state); !reviewed.failed {
			l.t.Errorf("a plan with a wrong %s does not fail", wrong.attribute)
		}
		l.finish(c, "plan with a wrong "+wrong.attribute)
		l.checkDiagnostics(ending{errors: []string{wrong.part}})
	}
}

// checkCounts compares the counts in Gradient. Where a life is stopped some may be missing or old, but none may be wrong.
func (l *life) checkCounts(chosen settings, want ending) {
	now, view := inNFC(l.server.UnitCounts()), inNFC(l.server.BillingView())
	for _, c := range l.estate.companies {
		for _, s := range l.estate.services {
			p := pair{c.accountID(), s.name}
			got, has := now[p.account][p.service]
			switch {
			case has && !l.right[p][got]:
				l.t.Errorf("Gradient has %v for %v, which was never right", got, p)
			case want.lacksCounts:
			case p.account == excludedAccount && slices.Contains(chosen, "gradient-excluded-count=404"):
			case got != float64(l.estate.wanted(c, s)):
				l.t.Errorf("Gradient has %v for %v, want %d", got, p, l.estate.wanted(c, s))
			case view[p.account][p.service] != got && p.account != excludedAccount:
				l.t.Errorf("Gradient shows %v for %v, but has %v", view[p.account][p.service], p, got)
			}
		}
	}
}

// inNFC returns counts with the names of services as Terraform has them.
func inNFC(counts map[string]map[string]float64) map[string]map[string]float64 {
	result := map[string]map[string]float64{}
	for account, services := range counts {
		result[account] = map[string]float64{}
		for name, units := range services {
			result[account][norm.NFC.String(name)] = units
		}
	}
	return result
}

// checkRows compares the rows in CloudRadial with the tenants.
func (l *life) checkRows(chosen settings, want ending) {
	wanted := map[string]int{}
	for _, c := range l.estate.companies {
		for _, t := range c.tenants {
			for part := range t.skus {
				name := part
				if part == unlisted.part && slices.Contains(chosen, namelessProduct) {
					name = unlisted.id
				}
				if part != freeProduct.part {
					wanted[fmt.Sprintf("%d %s", c.id, name)] += t.on(part, "purchased", false)
				}
			}
		}
	}
	keys := map[string]string{}
	for _, held := range l.server.AssetTypes() {
		for _, field := range held.Fields {
			keys[field.Name] = field.NameKey
		}
	}
	got := map[string]int{}
	for _, row := range l.server.Assets() {
		purchased, err := strconv.Atoi(row.Traits[keys["Purchased"]])
		name := fmt.Sprintf("%d %s", row.CompanyID, row.Traits[keys["SKU"]])
		if _, twice := got[name]; err != nil || twice {
			l.t.Errorf("the row %s is there twice, or has the number %q", name, row.Traits[keys["Purchased"]])
		}
		got[name] = purchased
	}
	if !want.lacksRows && !maps.Equal(got, wanted) {
		l.t.Errorf("CloudRadial has the rows %v, want %v", got, wanted)
	}
}
