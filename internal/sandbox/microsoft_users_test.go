// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package sandbox

import (
	"fmt"
	"strings"
	"testing"
)

// harborGroup is a tenant that several companies share.
func harborGroup() Seed {
	return Seed{Tenants: []Tenant{{ID: "9a70a2d1-24a5-4b10-a3b6-0d2a3c5e0001", Name: "Harbor Group", Domains: []string{"harborgroup.example", "harbor.onmicrosoft.com"},
		SKUs: []SKU{{PartNumber: "SPB", SKUID: "spb", Enabled: 9}, {PartNumber: "EXO", SKUID: "exo", Enabled: 9}},
		Users: []Users{
			{Domain: "harbormarine.example", Count: 2, SKUs: []string{"SPB", "EXO"}},
			{Domain: "harbor.onmicrosoft.com", Mail: "home.example", Count: 1, SKUs: []string{"SPB"}, Guest: true, Disabled: true, NotGiven: []string{"EXO"}},
		}}}}
}

// describeUsers returns one line for each user, and the assigned seats of each product.
func describeUsers(t *testing.T, setting string) (status int, users []string, seats string) {
	t.Helper()
	status, rows := graphRowsOf(t, harborGroup(), setting, "/users?$select=id,userPrincipalName,mail,userType,accountEnabled,assignedLicenses")
	for _, row := range rows {
		var held []string
		for _, license := range row["assignedLicenses"].([]any) {
			held = append(held, fmt.Sprint(license.(map[string]any)["skuId"]))
		}
		users = append(users, fmt.Sprintf("%v %v %v %v %s", row["userPrincipalName"], row["mail"], row["userType"], row["accountEnabled"], strings.Join(held, "+")))
	}
	_, rows = graphRowsOf(t, harborGroup(), setting, "/subscribedSkus")
	for _, row := range rows {
		seats += fmt.Sprintf(" %v=%v", row["skuId"], row["consumedUnits"])
	}
	return status, users, strings.TrimSpace(seats)
}

func TestUserSwitches(t *testing.T) {
	t.Parallel()
	first := "pat.person0-0@harbormarine.example pat.person0-0@harbormarine.example Member true spb+exo"
	second := strings.ReplaceAll(first, "0-0", "0-1")
	guest := "pat.person1-0_home.example#EXT#@harbor.onmicrosoft.com pat.person1-0@home.example Guest false spb"
	bare := strings.TrimSuffix(guest, "spb")
	for setting, want := range map[string]struct {
		status int
		users  []string
		seats  string
	}{
		"graph-users=whole":        {200, []string{first, second, guest}, "spb=3 exo=2"},
		"graph-users=403":          {403, nil, "spb=3 exo=2"},
		"graph-users=empty":        {200, nil, "spb=3 exo=2"},
		"graph-users-lag=behind":   {200, []string{first, second, bare}, "spb=3 exo=2"},
		"graph-users-lag=ahead":    {200, []string{first, second, guest}, "spb=2 exo=2"},
		"graph-users-repeat=yes":   {200, []string{first, second, guest, first}, "spb=3 exo=2"},
		"graph-users-error=listed": {200, []string{first, second, guest + "+exo"}, "spb=3 exo=2"},
		"graph-users-mail=null":    {200, []string{"", "", ""}, "spb=3 exo=2"},
	} {
		status, users, seats := describeUsers(t, setting)
		if status != want.status || len(users) != len(want.users) || seats != want.seats {
			t.Errorf("%s: %d, %d users, %s", setting, status, len(users), seats)
			continue
		}
		for i, line := range want.users {
			if users[i] != line && line != "" || line == "" && !strings.Contains(users[i], " <nil> ") {
				t.Errorf("%s: user %d is %s", setting, i, users[i])
			}
		}
	}
}

// Licenses, types and whether they are enabled are only given to those who ask, and a page has 100 users unless another number is asked for.
func TestUsersWithoutOptions(t *testing.T) {
	t.Parallel()
	seed := harborGroup()
	seed.Tenants[0].Users[0].Count = 150
	_, rows := graphRowsOf(t, seed, "graph-users=whole", "/users")
	if len(rows) != 100 || len(rows[0]) != 3 || rows[0]["mail"] == nil {
		t.Errorf("%d rows such as %v", len(rows), rows[0])
	}
	for path, size := range map[string]int{"/users?$top=120": 120, "/users?$top=999": 151} {
		if _, rows := graphRowsOf(t, seed, "graph-users=whole", path); len(rows) != size {
			t.Errorf("%s has %d rows", path, len(rows))
		}
	}
	if status, _ := graphRowsOf(t, seed, "graph-users=whole", "/users?$top=1000"); status != 400 {
		t.Errorf("$top=1000 answers %d", status)
	}
}

// A tenant whose users the seed does not describe has users for its assigned seats.
func TestUsersFollowFromAssignedSeats(t *testing.T) {
	t.Parallel()
	_, rows := graphRowsOf(t, DefaultSeed(), "graph-users=whole", "/users?$top=999&$select=assignedLicenses,userPrincipalName")
	held := map[any]int{}
	for _, row := range rows {
		for _, license := range row["assignedLicenses"].([]any) {
			held[license.(map[string]any)["skuId"]]++
		}
	}
	for _, sku := range DefaultSeed().Tenants[0].SKUs {
		if held[sku.SKUID] != sku.Consumed {
			t.Errorf("%d users have %s, but %d seats are assigned", held[sku.SKUID], sku.PartNumber, sku.Consumed)
		}
	}
}

func TestOrganization(t *testing.T) {
	t.Parallel()
	_, rows := graphRowsOf(t, harborGroup(), "graph-verified-domains=given", "/organization?$select=id,verifiedDomains")
	if len(rows) != 1 || len(rows[0]) != 2 {
		t.Fatalf("%v", rows)
	}
	domains := rows[0]["verifiedDomains"].([]any)
	if last := domains[len(domains)-1].(map[string]any); len(domains) != 2 || last["name"] != "harbor.onmicrosoft.com" || last["isInitial"] != true || last["isDefault"] != false {
		t.Errorf("%v", domains)
	}
	if _, rows := graphRowsOf(t, harborGroup(), "graph-verified-domains=missing", "/organization"); rows[0]["verifiedDomains"] != nil {
		t.Errorf("%v", rows)
	}
	if status, _ := graphRowsOf(t, harborGroup(), "graph-verified-domains=403", "/organization"); status != 403 {
		t.Errorf("it answers %d", status)
	}
}

// graphRowsOf reads a list of Graph for the first tenant of a seed.
func graphRowsOf(t *testing.T, seed Seed, setting, path string) (int, []map[string]any) {
	t.Helper()
	c := startMicrosoftWith(t, seed, chosen(setting))
	status, answer := c.graph(c.token(seed.Tenants[0].ID), path)
	var rows []map[string]any
	values, _ := answer["value"].([]any)
	for _, value := range values {
		rows = append(rows, value.(map[string]any))
	}
	return status, rows
}

// The group is beside the MSP: no id, name or domain is in both.
func TestGroupSeedCanBeAdded(t *testing.T) {
	t.Parallel()
	seed, group := DefaultSeed(), GroupSeed()
	seed.Companies = append(seed.Companies, group.Companies...)
	seed.Tenants = append(seed.Tenants, group.Tenants...)
	if err := seed.check(); err != nil || len(group.Companies) != 3 || len(group.Tenants) != 1 {
		t.Errorf("%v, %+v", err, group)
	}
}
