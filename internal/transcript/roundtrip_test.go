// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package transcript

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cloudradial"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/microsoft"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/preflight/check"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// party is one side of a round trip: the sandbox that is recorded, or the one that answers from the transcript.
type party struct {
	t         *testing.T
	server    *sandbox.Server
	transport func(system string) http.RoundTripper
	text      func(string) string // what the caller's own texts are here
	number    func(int64) int64
}

func startSandbox(t *testing.T, seed sandbox.Seed, options sandbox.Options) (*sandbox.Server, http.RoundTripper) {
	t.Helper()
	server, err := sandbox.New(seed, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	pem, err := os.ReadFile(server.CAFile())
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	return server, rest.NewTransport(roots)
}

// roundTrip runs work against the sandbox and then against the transcript of that. What work returns must be the same but for pseudonyms.
// kept are the fields of the results that are not replaced.
func roundTrip(t *testing.T, seed sandbox.Seed, options sandbox.Options, kept string, work func(context.Context, *party) any) {
	t.Helper()
	server, transport := startSandbox(t, seed, options)
	recording := testOptions(t)
	recording.Secrets = server.Secrets()
	recorder := open(t, recording)
	live := &party{t, server, func(system string) http.RoundTripper { return recorder.Transport(system, transport) },
		func(text string) string { return text }, func(number int64) int64 { return number }}
	want := work(t.Context(), live)

	file, err := os.Open(recording.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	replay, err := sandbox.ParseTranscript(file)
	if err != nil {
		t.Fatal(err)
	}
	if found, _ := read(t, recording.Path); slices.ContainsFunc(found.Log.Entries, func(e harEntry) bool { return e.Comment != "" }) {
		t.Error("something was left out")
	}
	p := recorder.pseudonyms
	replaying, transport := startSandbox(t, sandbox.Seed{}, sandbox.Options{Replay: replay})
	got := work(t.Context(), &party{t, replaying, func(string) http.RoundTripper { return transport }, p.Text, func(number int64) int64 {
		pseudonym, err := strconv.ParseInt(p.Number(strconv.FormatInt(number, 10)), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return pseudonym
	}})
	for _, request := range replaying.Requests() {
		if request.Status == http.StatusNotImplemented {
			t.Errorf("the transcript lacks %s %s?%s %s", request.Method, request.Path, request.Query, request.Body)
		}
	}
	wanted, replayed := inAnyOrder(t, want, pseudonymised(p, set(kept)())), inAnyOrder(t, got, nil)
	if wanted != replayed {
		t.Errorf("decoded from the transcript:\n%s\nwant, from the sandbox:\n%s", replayed, wanted)
	}
}

// pseudonymised replaces texts and numbers but in the fields that are kept.
func pseudonymised(p *Pseudonyms, kept map[string]bool) func(field string, value any) any {
	return func(field string, value any) any {
		switch value := value.(type) {
		case string:
			if !kept[field] {
				return p.Text(value)
			}
		case json.Number:
			if !kept[field] {
				return json.Number(p.Number(value.String()))
			}
		}
		return value
	}
}

// inAnyOrder writes a value as JSON, with lists and objects in an order that does not depend on what they hold.
func inAnyOrder(t *testing.T, value any, replace func(string, any) any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := parseJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	if replace == nil {
		replace = func(_ string, value any) any { return value }
	}
	return formatJSON(ordered("", parsed, replace))
}

func ordered(field string, value any, replace func(string, any) any) any {
	byText := func(a, b any) int { return strings.Compare(formatJSON(a), formatJSON(b)) }
	switch value := value.(type) {
	case object:
		var members object
		for _, m := range value {
			name := m.name
			if field == "ByKey" { // a map by something that is replaced
				name = fmt.Sprint(replace("", name))
			}
			members = append(members, member{name, ordered(m.name, m.value, replace)})
		}
		slices.SortFunc(members, func(a, b member) int { return strings.Compare(a.name, b.name) })
		return members
	case []any:
		elements := []any{}
		for _, element := range value {
			elements = append(elements, ordered(field, element, replace))
		}
		slices.SortFunc(elements, byText)
		return elements
	}
	return replace(field, value)
}

func (p *party) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func failure(err error) string { return fmt.Sprintf("%d", rest.Status(err)) }

func TestGradientRoundTrip(t *testing.T) {
	t.Parallel()
	seed := sandbox.DefaultSeed()
	seed.Accounts = []sandbox.Account{
		{ID: "alder-finch", Name: "Alder & Finch Architects", Mapped: "mapped"},
		{ID: "102", Name: " Brightwater", Description: "Dentists"},
	}
	seed.Services = []sandbox.Service{{Name: "Microsoft 365 E3", Description: "E3", Category: "productivity", Subcategory: "other", Mapped: "mapped"}}
	const kept = `Category Subcategory Status LastSyncedAt Refused`
	roundTrip(t, seed, sandbox.Options{}, kept, func(ctx context.Context, p *party) any {
		keys := p.server.Credentials()
		c, err := gradient.New(gradient.Options{BaseURL: p.server.URL(), VendorKey: keys.GradientVendorKey, PartnerKey: keys.GradientPartnerKey,
			RequestsPerSecond: 100, Transport: p.transport(Gradient)})
		p.must(err)
		before, err := c.Integration(ctx)
		p.must(err)
		after, err := c.SetStatus(ctx, gradient.StatusPending)
		p.must(err)
		accounts, err := c.Accounts(ctx)
		p.must(err)
		account, err := c.CreateAccount(ctx, gradient.Account{ID: p.text("fairhaven"), Name: p.text("Fairhaven Retail Group")})
		p.must(err)
		changed, err := c.UpdateAccount(ctx, gradient.Account{ID: p.text("102"), Name: p.text("Brightwater Dental"), Description: p.text("Dentists")})
		p.must(err)
		services, err := c.Services(ctx)
		p.must(err)
		service, err := c.CreateService(ctx, gradient.Service{Name: p.text("Visio Plan 2"), Description: p.text("Visio"), Category: "productivity", Subcategory: "other"})
		p.must(err)
		p.must(c.SetUnitCount(ctx, services[0].ID, p.text("alder-finch"), 18))
		refused := c.SetUnitCount(ctx, services[0].ID, p.text("102"), 3)
		p.must(c.SetUnitCount(ctx, services[0].ID, p.text("alder-finch"), 0))
		return map[string]any{"Before": before, "After": after, "Accounts": accounts, "Account": account, "Changed": changed, "Services": services,
			"Service": service, "Refused": failure(refused)}
	})
}

func TestCloudRadialRoundTrip(t *testing.T) {
	t.Parallel()
	const kept = `Kind Order Refused purchased updated sku product`
	roundTrip(t, sandbox.DefaultSeed(), sandbox.Options{}, kept, func(ctx context.Context, p *party) any {
		keys := p.server.Credentials()
		c, err := cloudradial.New(cloudradial.Options{BaseURL: p.server.URL(), PublicKey: keys.CloudRadialPublicKey, PrivateKey: keys.CloudRadialPrivateKey,
			Transport: p.transport(CloudRadial)})
		p.must(err)
		companies, err := c.Companies(ctx)
		p.must(err)
		domains, err := c.Domains(ctx)
		p.must(err)
		p.must(c.SetToken(ctx, cloudradial.Token{CompanyID: p.number(101), Name: p.text("TenantDomain"), Value: p.text("alderfinch.example")}))
		token, _, err := c.Token(ctx, p.number(101), p.text("TenantDomain"))
		p.must(err)
		p.must(c.DeleteToken(ctx, p.number(101), p.text("TenantDomain")))
		table, err := c.CreateAssetType(ctx, cloudradial.AssetType{Name: p.text("Our licenses"), Description: p.text("Of all customers"), Fields: []cloudradial.AssetField{
			{Name: "Product", Kind: "Text", UseForTitle: true}, {Name: "SKU", Kind: "Text"}, {Name: "Purchased", Kind: "Number"},
			{Name: "Updated", Kind: "Date"}, {Name: p.text("Account manager"), Kind: "Text"}}})
		p.must(err)
		row, err := c.CreateAsset(ctx, cloudradial.Asset{TypeID: table.ID, CompanyID: p.number(102), Traits: map[string]string{
			"product": "Microsoft 365 Business Premium", "sku": "SPB", "purchased": "12", "updated": "2026-11-28", p.text("account-manager"): p.text("Jo Bell")}})
		p.must(err)
		p.must(c.UpdateAsset(ctx, row, map[string]string{"purchased": "13", p.text("account-manager"): p.text("Al Dent")}))
		rows, err := c.Assets(ctx, table.ID)
		p.must(err)
		traits := rows[0].Traits
		rows[0].Traits = nil
		return map[string]any{"Companies": companies, "Domains": domains, "Token": token, "Table": table, "Rows": rows, "ByKey": traits,
			"Refused": failure(c.UpdateAsset(ctx, cloudradial.Asset{ID: p.number(77)}, map[string]string{"purchased": "1"}))}
	})
}

func TestMicrosoftRoundTrip(t *testing.T) {
	t.Parallel()
	seed := sandbox.DefaultSeed()
	seed.Tenants[1].NoConsent = true
	seed.Tenants[2].NoSubscriptions = true
	tenants := []string{seed.Tenants[4].ID, strings.ToUpper(seed.Tenants[5].ID), "nobody.example"}
	for _, tenant := range seed.Tenants[:4] {
		tenants = append(tenants, tenant.Domains[0])
	}
	const kept = `PartNumber AppliesTo CapabilityStatus Status Enabled Warning Suspended LockedOut Consumed TotalLicenses CreatedDateTime
		NextLifecycleDateTime End AutoExtend Cause`
	roundTrip(t, seed, sandbox.Options{Switches: map[string]string{"graph-page-size": "2"}}, kept, func(ctx context.Context, p *party) any {
		keys := p.server.Credentials()
		c, err := microsoft.New(microsoft.Options{ClientID: keys.MicrosoftClientID, ClientSecret: keys.MicrosoftClientSecret,
			AuthorityHost: p.server.URL(), GraphEndpoint: p.server.URL(), Transport: p.transport(Microsoft)})
		p.must(err)
		asked := []string{}
		for _, tenant := range tenants {
			asked = append(asked, p.text(tenant))
		}
		licenses, causes := map[string]any{}, map[string]any{}
		for tenant, result := range c.ReadLicenses(ctx, asked, 0) {
			switch {
			case result.Err != nil:
				causes[tenant] = map[string]any{"Cause": string(result.Err.Cause)}
			default:
				if failed := result.Licenses.SubscriptionsErr; failed != nil {
					causes[tenant] = map[string]any{"Cause": string(failed.Cause)}
				}
				result.Licenses.SubscriptionsErr = nil
				licenses[tenant] = result.Licenses
			}
		}
		if len(licenses) != 5 || len(causes) != 3 {
			p.t.Errorf("%d tenants are read, and %v", len(licenses), causes)
		}
		customers, failed := c.ReadCustomers(ctx, p.text(seed.Partner.Domains[0]))
		if failed != nil {
			p.t.Fatal(failed)
		}
		return map[string]any{"Customers": customers, "Licenses": map[string]any{"ByKey": licenses}, "Causes": map[string]any{"ByKey": causes}}
	})
}

// The preflight looks at the answers themselves, and finds the same in the transcript of them.
func TestPreflightRoundTrip(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]sandbox.Options{
		"as it is":  {},
		"otherwise": {Switches: map[string]string{"unauthorized-body": "html", "graph-page-size": "2", "gradient-never-synced": "null", "count-option": "refused"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seed := sandbox.DefaultSeed()
			seed.Tenants[1].NoConsent = true
			roundTrip(t, seed, options, "Facts System Severity", func(ctx context.Context, p *party) any {
				keys := p.server.Credentials()
				request := check.Request{PartnerTenantIDs: []string{p.text(seed.Partner.ID)}}
				for _, tenant := range seed.Tenants {
					request.Tenants = append(request.Tenants, check.Tenant{Key: p.text(tenant.Domains[0]), Name: p.text(tenant.Domains[0])})
				}
				found := check.Run(ctx, check.Systems{
					Gradient: func() (gradient.Options, error) {
						return gradient.Options{BaseURL: p.server.URL(), VendorKey: keys.GradientVendorKey, PartnerKey: keys.GradientPartnerKey,
							RequestsPerSecond: 100, Transport: p.transport(Gradient)}, nil
					},
					CloudRadial: func() (cloudradial.Options, error) {
						return cloudradial.Options{BaseURL: p.server.URL(), PublicKey: keys.CloudRadialPublicKey, PrivateKey: keys.CloudRadialPrivateKey,
							Transport: p.transport(CloudRadial)}, nil
					},
					Microsoft: func() (microsoft.Options, error) {
						return microsoft.Options{ClientID: keys.MicrosoftClientID, ClientSecret: keys.MicrosoftClientSecret, AuthorityHost: p.server.URL(),
							GraphEndpoint: p.server.URL(), Transport: p.transport(Microsoft)}, nil
					},
				}, request)
				facts, problems := []string{}, []any{}
				for name, value := range found.Facts {
					facts = append(facts, name+": "+value)
				}
				for _, problem := range found.Problems {
					problems = append(problems, map[string]string{"System": problem.System, "Severity": string(problem.Severity)})
				}
				return map[string]any{"Facts": facts, "Problems": problems}
			})
		})
	}
}

func TestAReplayNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	replay, err := sandbox.ParseTranscript(strings.NewReader(`{"log":{"entries":[
		{"request":{"method":"GET","url":"https://api.us.cloudradial.com/v2/odata/company?$top=1&$skip=0"},"response":{"status":200,"content":{"text":"{\"value\":[1]}"}}},
		{"request":{"method":"GET","url":"https://api.us.cloudradial.com/v2/odata/company?$skip=0&$top=1"},"response":{"status":503,"content":{"text":"busy"}}}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	server, transport := startSandbox(t, sandbox.Seed{}, sandbox.Options{Replay: replay})
	for i, want := range []struct {
		path   string
		status int
		body   string
	}{
		{"/v2/odata/company?$top=1&$skip=0", 200, `{"value":[1]}`},
		{"/v2/odata/company?$top=1&$skip=0", 503, "busy"},
		{"/v2/odata/company?$top=1&$skip=0", 503, "busy"},
		{"/v2/odata/company?$top=2", 501, "it has 2 to the same path with another query"},
		{"/v2/odata/domain", 501, "the transcript has no answer to GET /v2/odata/domain"},
		{"/someone.example/v2.0/.well-known/openid-configuration", 501, "no answer to GET /someone.example/"},
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL()+want.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := transport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		body := readAll(t, response)
		if response.StatusCode != want.status || !strings.Contains(body, want.body) {
			t.Errorf("%d: %s answered %d %s", i, want.path, response.StatusCode, body)
		}
	}
}

func readAll(t *testing.T, response *http.Response) string {
	t.Helper()
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
