// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package billing

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// group is users that hold SPB.
func group(users int64, domain string) UserGroup {
	return UserGroup{Domain: domain, SKUIDs: []string{spbID}, Users: users}
}

var twoMembers = map[string]string{"marine.example": "marine", "retail.example": "retail", "shop.example": "retail"}

// oneSplit splits a tenant that holds SPB, and returns the seats of marine, of retail and of the rest.
func oneSplit(t *testing.T, counted TenantCounts, groups ...UserGroup) (Split, map[string]Count) {
	t.Helper()
	split := SplitTenant(counted, groups, twoMembers, "group")
	seats := map[string]Count{"group": split.Remainder[0]}
	for member, counts := range split.Members {
		if len(counts) > 0 {
			seats[member] = counts[0]
		}
	}
	return split, seats
}

// on returns the same number on every basis.
func on(n int64) Seats { return Seats{n, n, n, n, n} }

func TestSplitTenant(t *testing.T) {
	t.Parallel()
	onlyOurs := CountOptions{PartnerTenantIDs: []string{ours}}
	for _, test := range []struct {
		name                               string
		tenant                             Tenant
		options                            CountOptions
		groups                             []UserGroup
		want                               map[string]Seats
		flags                              map[string]string
		mismatch, unassigned, overassigned int64
	}{
		{
			name: "unassigned and unmatched seats are the remainder's", tenant: proved(spb(20, 0, 15)),
			groups:     []UserGroup{group(6, "marine.example"), group(3, "retail.example"), group(2, "Shop.Example"), group(4, "group.onmicrosoft.com")},
			want:       map[string]Seats{"marine": on(6), "retail": on(5), "group": {9, 9, 9, 9, 4}},
			flags:      map[string]string{"marine": "split", "retail": "split"},
			unassigned: 5,
		},
		{
			name: "all seats are the members'", tenant: proved(spb(7, 0, 7)), groups: []UserGroup{group(7, "marine.example")},
			want:  map[string]Seats{"marine": on(7), "group": on(0)},
			flags: map[string]string{"marine": "split"},
		},
		{
			name: "a subdomain is another domain", tenant: proved(spb(3, 0, 3)), groups: []UserGroup{group(2, "sub.marine.example"), group(1, "")},
			want: map[string]Seats{"group": on(3)},
		},
		{
			name: "trials come off the remainder", tenant: proved(spb(30, 0, 8), paid("Enabled", 20), trial("Enabled", 10)),
			groups:     []UserGroup{group(8, "marine.example")},
			want:       map[string]Seats{"marine": on(8), "group": {12, 12, 22, 12, 0}},
			flags:      map[string]string{"marine": "split trial", "group": "trial"},
			unassigned: 12,
		},
		{
			name: "members have seats on trial", tenant: proved(spb(30, 0, 25), paid("Enabled", 20), trial("Enabled", 10)),
			groups:       []UserGroup{group(25, "marine.example")},
			want:         map[string]Seats{"marine": on(25), "group": {0, 0, 5, 0, 0}},
			flags:        map[string]string{"marine": "split trial", "group": "overassigned_split trial"},
			overassigned: 1,
		},
		{
			name: "overassigned", tenant: proved(spb(10, 0, 12)), groups: []UserGroup{group(11, "marine.example"), group(1, "")},
			want:         map[string]Seats{"marine": on(11), "group": {0, 0, 0, 0, 1}},
			flags:        map[string]string{"marine": "split", "group": "overassigned overassigned_split"},
			overassigned: 1,
		},
		{
			name: "the list of users lags behind", tenant: proved(spb(10, 0, 10)), groups: []UserGroup{group(9, "marine.example")},
			want:     map[string]Seats{"marine": on(9), "group": on(1)},
			flags:    map[string]string{"marine": "split", "group": "assigned_mismatch"},
			mismatch: -1, unassigned: 1,
		},
		{
			name: "the numbers lag behind", tenant: proved(spb(10, 0, 8)), groups: []UserGroup{group(9, "marine.example")},
			want:     map[string]Seats{"marine": on(9), "group": {1, 1, 1, 1, 0}},
			flags:    map[string]string{"marine": "split", "group": "assigned_mismatch"},
			mismatch: 1, unassigned: 1,
		},
		{
			name: "seats of other owners come off the remainder", options: onlyOurs,
			tenant:     proved(spb(30, 0, 12), paid("Enabled", 20), ownedBy(theirs, paid("Enabled", 10))),
			groups:     []UserGroup{group(12, "marine.example")},
			want:       map[string]Seats{"marine": on(12), "group": {8, 8, 8, 8, 0}},
			flags:      map[string]string{"marine": "other_owner split", "group": "other_owner"},
			unassigned: 8,
		},
		{
			name: "members have seats of other owners", options: onlyOurs,
			tenant:       proved(spb(30, 0, 25), paid("Enabled", 20), ownedBy(theirs, paid("Enabled", 10))),
			groups:       []UserGroup{group(25, "marine.example")},
			want:         map[string]Seats{"marine": on(25), "group": on(0)},
			flags:        map[string]string{"marine": "other_owner split", "group": "other_owner overassigned_split"},
			overassigned: 1,
		},
		{
			name: "what Microsoft did not give stays unknown", tenant: proved(SKU{ID: spbID, PartNumber: "SPB", Enabled: 5, Consumed: Unknown}),
			groups:     []UserGroup{group(2, "marine.example")},
			want:       map[string]Seats{"marine": {2, 2, 2, 2, Unknown}, "group": {3, 3, 3, 3, Unknown}},
			flags:      map[string]string{"marine": "split"},
			unassigned: 3,
		},
		{
			name: "a capacity unit is the remainder's, whoever has it", tenant: proved(SKU{ID: spbID, PartNumber: "SPB", AppliesTo: "company", Enabled: 5}),
			groups: []UserGroup{group(2, "marine.example")},
			want:   map[string]Seats{"group": {5, 5, 5, 5, 0}},
			flags:  map[string]string{"group": "capacity_unit"},
		},
		{
			name: "flags of all seats together stay with the remainder", tenant: proved(SKU{ID: spbID, PartNumber: "SPB", Enabled: 6, Suspended: 1, Consumed: 2}),
			groups:     []UserGroup{group(2, "marine.example")},
			want:       map[string]Seats{"marine": on(2), "group": {4, 4, 4, 4, 0}},
			flags:      map[string]string{"marine": "split", "group": "suspended_units"},
			unassigned: 4,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			counted := CountTenant(test.tenant, test.options)
			before := fmt.Sprint(counted)
			split, seats := oneSplit(t, counted, test.groups...)
			if len(seats) != len(test.want) {
				t.Errorf("%v have seats", slices.Sorted(maps.Keys(seats)))
			}
			for account, want := range test.want {
				if seats[account].Seats != want {
					t.Errorf("%s has %+v, want %+v", account, seats[account].Seats, want)
				}
				if flags := strings.Join(seats[account].Flags, " "); flags != test.flags[account] {
					t.Errorf("%s has the flags %q, want %q", account, flags, test.flags[account])
				}
			}
			if split.Mismatch["SPB"] != test.mismatch || split.Unassigned["SPB"] != test.unassigned || int64(len(split.Overassigned)) != test.overassigned {
				t.Errorf("mismatch %v, unassigned %v, overassigned %+v", split.Mismatch, split.Unassigned, split.Overassigned)
			}
			if _, listed := split.Mismatch["SPB"]; listed != (test.mismatch != 0) {
				t.Errorf("mismatch is %v", split.Mismatch)
			}
			if _, listed := split.Unassigned["SPB"]; listed != (test.unassigned != 0) {
				t.Errorf("unassigned is %v", split.Unassigned)
			}
			if after := fmt.Sprint(counted); after != before {
				t.Errorf("the input changed from %s to %s", before, after)
			}
		})
	}
}

// What is shown beside the seats, and what a member's count says of its SKU.
func TestSplitTenantShowsWhoHasTheSeats(t *testing.T) {
	t.Parallel()
	counted := CountTenant(Tenant{SKUs: []SKU{spb(4, 0, 9), {ID: unknownID, PartNumber: "NEW", AppliesTo: "User", Status: "Warning", Enabled: 3, Consumed: 2}}}, CountOptions{})
	upper := strings.ToUpper(unknownID)
	split := SplitTenant(counted, []UserGroup{
		{Domain: "marine.example", SKUIDs: []string{upper, spbID}, Users: 2, Disabled: true},
		{Domain: "marine.example", SKUIDs: []string{spbID}, Users: 3, Guest: true},
		{Domain: "shop.example", SKUIDs: []string{spbID}, Users: 1},
		{Domain: "Other.Example", SKUIDs: []string{spbID}, Users: 2, Disabled: true, Guest: true},
		{Domain: "other.example", SKUIDs: []string{spbID}, Users: 1},
		// They hold nothing that counts.
		{Domain: "free.example", SKUIDs: []string{flowFreeID}, Users: 70, Disabled: true, Guest: true},
		{Domain: "none.example", Users: 80, Disabled: true, Guest: true},
	}, map[string]string{"marine.example": "marine", "retail.example": "retail", "shop.example": "retail", "late.example": "late"}, "group")

	if want := map[string]int64{"other.example": 3}; !maps.Equal(split.Unmatched, want) {
		t.Errorf("unmatched are %v", split.Unmatched)
	}
	if want := map[string]int64{"marine": 2, "group": 2}; !maps.Equal(split.Disabled, want) {
		t.Errorf("disabled are %v", split.Disabled)
	}
	if split.Guests != 5 {
		t.Errorf("%d guests", split.Guests)
	}
	want := []Overassigned{{Key: "SPB", Seats: Seats{4, 4, 4, 4, 9}, Users: map[string]int64{"marine": 5, "retail": 1}, Lacking: []Basis{Purchased, Active, Enabled, Entitled}}}
	if !reflect.DeepEqual(split.Overassigned, want) {
		t.Errorf("overassigned are %+v", split.Overassigned)
	}
	if late, known := split.Members["late"]; !known || late != nil {
		t.Errorf("a member without users has %v, %t", late, known)
	}
	if len(split.Remainder) != 2 || split.Remainder[0].Key != "NEW" || split.Remainder[0].Seats != (Seats{1, 1, 1, 1, 0}) {
		t.Errorf("the remainder is %+v", split.Remainder)
	}
	member := Count{Key: "NEW", SKUID: unknownID, PartNumber: "NEW", ProductName: "NEW", Status: "Warning", AppliesTo: "User", Seats: on(2), Consumed: 2,
		Flags: []string{flagSplit, flagTrialUnknown, flagUnknownSKU}}
	if marine := split.Members["marine"]; len(marine) != 2 || !reflect.DeepEqual(marine[0], member) || marine[1].Key != "SPB" || marine[1].Seats != on(5) {
		t.Errorf("marine has %+v", marine)
	}
}

// shared is a random tenant that several companies share.
type shared struct {
	tenant  Tenant
	options CountOptions
	users   []UserGroup // each is one user
	members map[string]string
}

// drawShared draws a tenant with everything that moves its numbers: seats on trial, in grace, suspended and of other owners, more seats
// assigned than bought, capacity units, lag in either list, guests, disabled users, unmatched users, SKUs that do not count.
func drawShared(random *rand.Rand) shared {
	drawn := shared{members: map[string]string{}}
	domains := []string{"", "group.onmicrosoft.com", "sub.d0.example"}
	for i := range 1 + random.IntN(6) {
		domain := fmt.Sprintf("d%d.example", i)
		domains = append(domains, domain, strings.ToUpper(domain))
		drawn.members[domain] = fmt.Sprintf("member%d", random.IntN(4))
	}
	if random.IntN(2) == 0 {
		drawn.options.PartnerTenantIDs = []string{ours}
	}
	ids := []string{spbID, flowFreeID, unknownID}
	for i := range 1 + random.IntN(4) {
		ids = append(ids, fmt.Sprintf("00000000-0000-0000-0000-%012d", i))
	}
	holders := map[string]int64{}
	for range random.IntN(60) {
		user := UserGroup{Domain: domains[random.IntN(len(domains))], Users: 1, Guest: random.IntN(4) == 0, Disabled: random.IntN(4) == 0}
		for _, id := range ids {
			if random.IntN(3) == 0 {
				user.SKUIDs = append(user.SKUIDs, id)
				holders[id]++
			}
		}
		drawn.users = append(drawn.users, user)
	}
	drawn.tenant.SubscriptionsKnown = random.IntN(8) > 0
	for i, id := range ids {
		sku := SKU{ID: id, PartNumber: fmt.Sprintf("PART%d", i%3), AppliesTo: []string{"User", "User", "User", "Company"}[random.IntN(4)], Status: "Enabled",
			Consumed: max(0, holders[id]+int64(random.IntN(5)-2))}
		for _, status := range []string{"Enabled", "Enabled", "Warning", "Suspended"} {
			purchase := Subscription{ID: fmt.Sprintf("%s-%d", id, len(sku.SubscriptionIDs)), SKUID: id, Status: status, Trial: random.IntN(4) == 0,
				Seats: int64(random.IntN(25)), OwnerTenantID: []string{ours, ours, theirs}[random.IntN(3)]}
			if random.IntN(3) == 0 {
				continue
			}
			sku.SubscriptionIDs = append(sku.SubscriptionIDs, purchase.ID)
			drawn.tenant.Subscriptions = append(drawn.tenant.Subscriptions, purchase)
			*map[string]*int64{"Enabled": &sku.Enabled, "Warning": &sku.Warning, "Suspended": &sku.Suspended}[status] += purchase.Seats
		}
		if random.IntN(20) == 0 {
			*sku.numbers()[random.IntN(5)] = Unknown
		}
		drawn.tenant.SKUs = append(drawn.tenant.SKUs, sku)
	}
	return drawn
}

// For every SKU and every basis the members and the remainder are the tenant, to the seat. Where the members alone are more than the tenant, no
// remainder makes it so: it is 0 with a flag, and NewSKUCount, through which everything that bills or compares reads it, has no number. So what
// is billed of a tenant is always its number. Only lag between Microsoft's two lists, on the basis assigned, makes it the users instead of what
// Microsoft counts. And no user counts for two companies.
func TestSplitInvariant(t *testing.T) {
	t.Parallel()
	outcomes := map[string]int{}
	for seed := range uint64(1000) {
		drawn := drawShared(rand.New(rand.NewPCG(seed, 7)))
		counted := CountTenant(drawn.tenant, drawn.options)
		split := SplitTenant(counted, drawn.users, drawn.members, "group")
		if len(split.Remainder) != len(counted.SKUs) {
			t.Fatalf("seed %d: the remainder has %d SKUs of %d", seed, len(split.Remainder), len(counted.SKUs))
		}
		for i, tenant := range counted.SKUs {
			rest := split.Remainder[i]
			billed := NewSKUCount(rest.SKUID, rest.Seats, rest.Flags)
			users := drawn.usersOf(tenant)
			for _, basis := range bases {
				members := int64(0)
				for member, counts := range split.Members {
					n, unknown := seatsOf(counts, tenant.Key, basis)
					if want := users[member]; unknown != (want > 0 && *basis.Of(&tenant.Seats) == Unknown) || !unknown && n != want {
						t.Fatalf("seed %d: %s has %d %s on %s, want %d", seed, member, n, tenant.Key, basis.Name, want)
					}
					members += users[member]
				}
				lag := basis.Name == Assigned && tenant.Assigned == tenant.Consumed && slices.Contains(rest.Flags, flagAssignedMismatch)
				flagged := slices.Contains(rest.Flags, FlagOverassignedSplit)
				outcome := judge(*basis.Of(&tenant.Seats), members, *basis.Of(&rest.Seats), *basis.Of(&billed.Seats), flagged, lag)
				outcomes[outcome]++
				if outcome == "wrong" {
					t.Fatalf("seed %d: %s on %s: the tenant has %+v, the members %d, the remainder %+v, billed is %+v", seed, tenant.Key, basis.Name, tenant, members, rest, billed)
				}
			}
		}
	}
	for _, outcome := range []string{"exact", "refused", "refused, though exact", "lag", "unknown"} {
		if outcomes[outcome] < 20 {
			t.Errorf("%d numbers are %s: the tenants test too little; all: %v", outcomes[outcome], outcome, outcomes)
		}
	}
}

// judge says how a remainder, and what is billed of it, go with the number of the tenant and the users of its members. flagged says that the
// remainder has the flag overassigned_split, lag that Microsoft's two lists differ.
func judge(tenant, members, rest, billed int64, flagged, lag bool) string {
	switch {
	case tenant == Unknown && rest == Unknown && billed == Unknown:
		return "unknown"
	case tenant == Unknown:
		return "wrong"
	case members+rest == tenant && billed == rest:
		return "exact"
	case members == tenant && rest == 0 && billed == Unknown && flagged:
		return "refused, though exact"
	case members > tenant && rest == 0 && billed == Unknown && flagged:
		return "refused"
	case members > tenant && rest == 0 && billed == 0 && lag:
		return "lag"
	}
	return "wrong"
}

// A 0 of a flagged remainder is no number, but on the basis assigned it is, unless seats of other owners were taken off.
func TestNewSKUCount(t *testing.T) {
	t.Parallel()
	seats := Seats{Purchased: 0, Active: 0, Enabled: 5, Entitled: Unknown, Assigned: 0}
	for flags, want := range map[string]SKUCount{
		"":                               {SKUID: "id", Seats: seats},
		"overassigned trial":             {SKUID: "id", Seats: seats},
		"split trial":                    {SKUID: "id", Seats: seats, Split: true},
		"assigned_mismatch":              {SKUID: "id", Seats: seats},
		"overassigned_split trial":       {SKUID: "id", Seats: Seats{Unknown, Unknown, 5, Unknown, 0}, Overassigned: []Basis{Purchased, Active}},
		"other_owner overassigned_split": {SKUID: "id", Seats: Seats{Unknown, Unknown, 5, Unknown, Unknown}, Overassigned: []Basis{Purchased, Active, Assigned}},
	} {
		if got := NewSKUCount("id", seats, strings.Fields(flags)); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", flags, got, want)
		}
	}
}

// usersOf returns the users that hold a SKU by company, one user after the other.
func (s shared) usersOf(count Count) map[string]int64 {
	users := map[string]int64{}
	for _, user := range s.users {
		company, isMember := s.members[strings.ToLower(user.Domain)]
		if isMember && slices.Contains(user.SKUIDs, count.SKUID) && count.AppliesTo != "Company" {
			users[company]++
		}
	}
	return users
}

// seatsOf returns the seats of a SKU on a basis; 0 when it is not listed.
func seatsOf(counts []Count, key string, basis BasisRule) (seats int64, unknown bool) {
	i := slices.IndexFunc(counts, func(count Count) bool { return count.Key == key })
	if i < 0 {
		return 0, false
	}
	seats = *basis.Of(&counts[i].Seats)
	return seats, seats == Unknown
}
