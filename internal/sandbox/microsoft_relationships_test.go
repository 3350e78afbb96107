// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package sandbox

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
)

const msp = "99999999-0000-4000-8000-000000000009"

// partnerOfTwo has a relationship and a contract with north, and a contract with south.
func partnerOfTwo() Partner {
	return Partner{
		ID: strings.ToUpper(msp), Name: "MSP", Domains: []string{"msp.example"},
		Relationships: []Relationship{
			{Name: "With north", Tenant: strings.ToUpper(northTenant), End: time.Date(2027, 2, 10, 12, 24, 42, 314826600, time.FixedZone("", 3600)), AutoExtend: "P180D"},
			{Name: "Invitation", Status: "created"},
			{Name: "With a stranger", Tenant: "44444444-0000-4000-8000-000000000004", CustomerName: "Stranger", Status: "terminated",
				End: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)},
		},
		Contracts: []Contract{{Tenant: northTenant, Name: "North of old", Domain: "old.example", Type: "BreadthPartner"}, {Tenant: southTenant}},
	}
}

func startPartner(t *testing.T, switches map[string]string, change func(*Partner)) *microsoftCaller {
	t.Helper()
	c := startMicrosoft(t, switches)
	partner := partnerOfTwo()
	if change != nil {
		change(&partner)
	}
	c.server.mu.Lock()
	c.server.microsoft.setPartner(partner)
	c.server.mu.Unlock()
	return c
}

const relationshipsPath = "tenantRelationships/delegatedAdminRelationships"

func TestRelationships(t *testing.T) {
	t.Parallel()
	c := startPartner(t, nil, nil)
	list := c.value(c.token("msp.example"), relationshipsPath)
	if len(list) != 3 {
		t.Fatalf("got %v", list)
	}
	for i, want := range []map[string]any{
		{"displayName": "With north", "customer": map[string]any{"tenantId": northTenant, "displayName": "North"}, "status": "active", "duration": "P730D",
			"autoExtendDuration": "P180D", "activatedDateTime": "2025-02-10T11:24:42.3148266Z", "endDateTime": "2027-02-10T11:24:42.3148266Z"},
		{"displayName": "Invitation", "customer": nil, "status": "created", "autoExtendDuration": "PT0S", "activatedDateTime": nil, "endDateTime": nil},
		{"displayName": "With a stranger", "customer": map[string]any{"tenantId": "44444444-0000-4000-8000-000000000004", "displayName": "Stranger"},
			"status": "terminated", "endDateTime": "2025-01-01T00:00:00.0000000Z"},
	} {
		for name, value := range want {
			if !reflect.DeepEqual(list[i][name], value) {
				t.Errorf("%d: %s is %v, want %v", i, name, list[i][name], value)
			}
		}
		if id := fmt.Sprint(list[i]["id"]); !strings.HasSuffix(id, "-"+msp) || len(id) != 73 {
			t.Errorf("id %q", id)
		}
	}
}

func TestContracts(t *testing.T) {
	t.Parallel()
	c := startPartner(t, nil, nil)
	list := c.value(c.token(msp), "contracts?$select=customerId,defaultDomainName,displayName,contractType")
	want := []map[string]any{
		{"customerId": northTenant, "defaultDomainName": "old.example", "displayName": "North of old", "contractType": "BreadthPartner"},
		{"customerId": southTenant, "defaultDomainName": "south.example", "displayName": "South", "contractType": "ResellerPartner"},
	}
	if !reflect.DeepEqual(list, want) {
		t.Errorf("got %v\nwant %v", list, want)
	}
	if licences := c.value(c.token(msp), "subscribedSkus"); len(licences) != 0 {
		t.Errorf("the partner holds %v", licences)
	}
}

func TestRelationshipsOfATenantThatIsNotAPartner(t *testing.T) {
	t.Parallel()
	for value, status := range map[string]int{"empty": 200, "denied": 403} {
		c := startPartner(t, map[string]string{"graph-no-partner": value}, nil)
		for _, path := range []string{relationshipsPath, "contracts"} {
			got, answer := c.graph(c.token(northTenant), path)
			if got != status || status == 200 && len(answer["value"].([]any)) != 0 {
				t.Errorf("%s: %s: got %d %v", value, path, got, answer)
			}
			if got, _ := c.graph(c.token(msp), path); got != 200 {
				t.Errorf("%s: %s of the partner: got %d", value, path, got)
			}
		}
	}
}

func TestRelationshipsAndContractsNeedPermissions(t *testing.T) {
	t.Parallel()
	c := startPartner(t, nil, func(partner *Partner) { partner.NoRelationships = true })
	token := c.token(msp)
	c.wantGraphError(token, relationshipsPath, 403, "Authorization_RequestDenied")
	if got := len(c.value(token, "contracts")); got != 2 {
		t.Errorf("%d contracts", got)
	}
	c = startPartner(t, nil, func(partner *Partner) { partner.NoContracts = true })
	token = c.token(msp)
	c.wantGraphError(token, "contracts", 403, "Authorization_RequestDenied")
	if got := len(c.value(token, relationshipsPath)); got != 3 {
		t.Errorf("%d relationships", got)
	}
}

func TestRelationshipsWithoutExtension(t *testing.T) {
	t.Parallel()
	c := startPartner(t, map[string]string{"graph-no-extension": "P0D"}, nil)
	list := c.value(c.token(msp), relationshipsPath+"?$select=autoExtendDuration")
	if list[0]["autoExtendDuration"] != "P180D" || list[1]["autoExtendDuration"] != "P0D" {
		t.Errorf("got %v", list)
	}
}

// pages follows the links and returns the number of members of each page.
func (c *microsoftCaller) pages(token, path string) []int {
	c.t.Helper()
	var sizes []int
	for path != "" {
		status, answer := c.graph(token, path)
		if status != http.StatusOK {
			c.t.Fatalf("%s: %d %v", path, status, answer)
		}
		sizes = append(sizes, len(answer["value"].([]any)))
		link, _ := answer["@odata.nextLink"].(string)
		path = strings.TrimPrefix(link, c.server.URL()+"/v1.0/")
	}
	return sizes
}

func TestRelationshipsPage(t *testing.T) {
	t.Parallel()
	c := startPartner(t, nil, nil)
	token := c.token(msp)
	for query, want := range map[string][]int{"": {3}, "?$top=300": {3}, "?$top=2": {2, 1}, "?$top=1&$select=status": {1, 1, 1}} {
		if got := c.pages(token, relationshipsPath+query); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: pages of %v, want %v", query, got, want)
		}
	}
	for _, query := range []string{"$top=301", "$top=0", "$top=many", "$select=domain"} {
		c.wantGraphError(token, relationshipsPath+"?"+query, 400, "BadRequest")
	}
	for _, query := range []string{"$expand=operations", "$skiptoken=1"} {
		c.wantGraphError(token, relationshipsPath+"?"+query, 400, "Request_UnsupportedQuery")
	}
	small := startPartner(t, map[string]string{"graph-page-size": "2"}, nil)
	if got := small.pages(small.token(msp), relationshipsPath+"?$top=300"); !reflect.DeepEqual(got, []int{2, 1}) {
		t.Errorf("pages of %v, want at most two members", got)
	}
}

func TestPartnerSeed(t *testing.T) {
	t.Parallel()
	for text, part := range map[string]string{
		"partner: {contracts: [{tenant: t}]}":                                                       "no id",
		"partner: {id: p, relationships: [{tenant: t}]}":                                            "is empty or used twice",
		"partner: {id: p, relationships: [{name: n, tenant: t}, {name: n, tenant: t}]}":             "is empty or used twice",
		"partner: {id: p, relationships: [{name: n, tenant: t, status: ready}]}":                    `cannot be "ready"`,
		"partner: {id: p, relationships: [{name: n}]}":                                              "has no tenant",
		"partner: {id: p, relationships: [{name: n, tenant: t, auto_extend: P1Y}]}":                 `extended by "P1Y"`,
		"partner: {id: p, contracts: [{name: n}]}":                                                  "a contract has no tenant",
		"{partner: {id: p, domains: [d.example]}, tenants: [{id: t, domains: [d.example]}]}":        "used twice",
		"partner: {id: p, relationships: [{name: n, tenant: t, ends: 2026-11-22}]}":                 "field ends not found",
		"partner: {id: p, domains: [p.example], relationships: [{name: n, status: created}]}":       "",
		"partner: {id: p, relationships: [{name: n, tenant: t, status: active, auto_extend: P0D}]}": "",
	} {
		_, err := ParseSeed(strings.NewReader(text))
		if part == "" && err != nil || part != "" && (err == nil || !strings.Contains(err.Error(), part)) {
			t.Errorf("%s: %v, want %q", text, err, part)
		}
	}
}

// TestDefaultSeedHasAPartner checks the comments of the seed.
func TestDefaultSeedHasAPartner(t *testing.T) {
	t.Parallel()
	seed := DefaultSeed()
	partner := seed.Partner
	known := map[string]bool{}
	for _, tenant := range seed.Tenants {
		known[tenant.ID] = true
	}
	active, contracts, notExtended := map[string]int{}, map[string]int{}, 0
	for _, relationship := range partner.Relationships {
		if relationship.Tenant != "" && !known[relationship.Tenant] {
			t.Errorf("%s is with an unknown tenant", relationship.Name)
		}
		if relationship.Tenant != "" && relationship.Status == "" {
			active[relationship.Tenant]++
			if relationship.AutoExtend == "" {
				notExtended++
			}
		}
	}
	for _, contract := range partner.Contracts {
		if !known[contract.Tenant] {
			t.Errorf("a contract with an unknown tenant: %s", contract.Tenant)
		}
		contracts[contract.Tenant]++
	}
	var contractOnly, relationshipOnly, twice []string
	for _, tenant := range seed.Tenants {
		if active[tenant.ID] == 0 && contracts[tenant.ID] == 1 {
			contractOnly = append(contractOnly, tenant.Name)
		}
		if active[tenant.ID] > 0 && contracts[tenant.ID] == 0 {
			relationshipOnly = append(relationshipOnly, tenant.Name)
		}
		if active[tenant.ID] == 2 {
			twice = append(twice, tenant.Name)
		}
	}
	got := fmt.Sprint(contractOnly, relationshipOnly, twice, notExtended)
	if want := "[Larkspur Montessori School] [Juniper Street Bakery] [Fairhaven Retail Group] 3"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
