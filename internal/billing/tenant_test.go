// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package billing

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

const (
	spbID      = "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46" // SPB, Business Premium
	flowFreeID = "f30db892-07e9-47e9-837c-80727f46fd3d" // FLOW_FREE
	unknownID  = "00000000-1111-2222-3333-444444444444"
	ours       = "aaaaaaaa-0000-0000-0000-000000000001"
	theirs     = "bbbbbbbb-0000-0000-0000-000000000002"
)

// spb is a tenant that holds SPB: seats that are active, in grace, assigned.
func spb(enabled, warning, consumed int64) SKU {
	return SKU{ID: spbID, PartNumber: "SPB", AppliesTo: "User", Status: "Enabled", Enabled: enabled, Warning: warning, Consumed: consumed}
}

func paid(status string, seats int64) Subscription {
	return Subscription{ID: "paid-" + status, SKUID: spbID, Status: status, Seats: seats, OwnerTenantID: ours}
}

func trial(status string, seats int64) Subscription {
	return Subscription{ID: "trial-" + status, SKUID: spbID, Status: status, Seats: seats, Trial: true, OwnerTenantID: ours}
}

// proved is a tenant whose list of subscriptions has every purchase of the SKU. Without any, it has one for the active seats.
func proved(sku SKU, subscriptions ...Subscription) Tenant {
	if len(subscriptions) == 0 && sku.Enabled > 0 {
		subscriptions = []Subscription{{ID: "the-only", SKUID: sku.ID, Status: "Enabled", Seats: sku.Enabled, OwnerTenantID: ours}}
	}
	for _, subscription := range subscriptions {
		sku.SubscriptionIDs = append(sku.SubscriptionIDs, subscription.ID)
	}
	return Tenant{SKUs: []SKU{sku}, Subscriptions: subscriptions, SubscriptionsKnown: true}
}

func ownedBy(owner string, subscription Subscription) Subscription {
	subscription.ID += "-" + owner
	subscription.OwnerTenantID = owner
	return subscription
}

// Rule 12 of the sync: counts are as Microsoft gives them, and these are the numbers made of them.
func TestCountTenantOneSKU(t *testing.T) {
	t.Parallel()
	onlyOurs := []string{strings.ToUpper(ours)}
	for _, test := range []struct {
		name          string
		sku           SKU
		subscriptions []Subscription
		partners      []string
		want          Seats
		flags         string
	}{
		{name: "25 seats bought, 20 assigned",
			sku: spb(25, 0, 20), subscriptions: []Subscription{paid("Enabled", 25)},
			want: Seats{25, 25, 25, 25, 20}},
		{name: "annual and monthly seats of one SKU are pooled",
			sku: spb(25, 0, 20), subscriptions: []Subscription{paid("Enabled", 20), paid("Enabled", 5)},
			want: Seats{25, 25, 25, 25, 20}},
		{name: "no seats",
			sku: spb(0, 0, 0), want: Seats{0, 0, 0, 0, 0}},
		{name: "trial active: 10 paid and 25 on trial",
			sku: spb(35, 0, 12), subscriptions: []Subscription{paid("Enabled", 10), trial("Enabled", 25)},
			want: Seats{10, 10, 35, 10, 12}, flags: "trial"},
		{name: "trial active and nothing else",
			sku: spb(25, 0, 3), subscriptions: []Subscription{trial("Enabled", 25)},
			want: Seats{0, 0, 25, 0, 3}, flags: "trial"},
		{name: "trial lapsed: its 25 seats in grace are not bought",
			sku: spb(0, 25, 3), subscriptions: []Subscription{trial("Warning", 25)},
			want: Seats{0, 0, 0, 0, 3}, flags: "trial"},
		{name: "trial lapsed beside 10 paid seats in grace",
			sku: spb(0, 35, 10), subscriptions: []Subscription{trial("Warning", 25), paid("Warning", 10)},
			want: Seats{10, 0, 0, 10, 10}, flags: "in_grace trial"},
		{name: "trial active while 10 paid seats are in grace: the grace seats count, for no active one is paid",
			sku: spb(25, 10, 10), subscriptions: []Subscription{trial("Enabled", 25), paid("Warning", 10)},
			want: Seats{10, 0, 25, 10, 10}, flags: "in_grace trial"},
		{name: "trial bought: the old trial suspended, its seats are in neither number",
			sku: spb(10, 0, 10), subscriptions: []Subscription{trial("Suspended", 25), paid("Enabled", 10)},
			want: Seats{10, 10, 10, 10, 10}},
		{name: "status of a subscription in another case",
			sku: spb(25, 0, 0), subscriptions: []Subscription{trial("enabled", 25)},
			want: Seats{0, 0, 25, 0, 0}, flags: "trial"},
		{name: "grace only: 10 seats expired, usable still",
			sku: spb(0, 10, 9), subscriptions: []Subscription{paid("Warning", 10)},
			want: Seats{10, 0, 0, 10, 9}, flags: "in_grace"},
		{name: "renewal under a new subscription: the old seats in grace are not counted beside the new",
			sku: spb(12, 10, 10), subscriptions: []Subscription{paid("Warning", 10), paid("Enabled", 12)},
			want: Seats{12, 12, 12, 22, 10}, flags: "in_grace"},
		{name: "suspended seats do not count but show",
			sku: SKU{ID: spbID, PartNumber: "SPB", Status: "Suspended", Suspended: 25}, subscriptions: []Subscription{paid("Suspended", 25)},
			want: Seats{0, 0, 0, 0, 0}, flags: "suspended_units"},
		{name: "more assigned than bought",
			sku: spb(5, 0, 7), want: Seats{5, 5, 5, 5, 7}, flags: "overassigned"},
		{name: "as many assigned as active and in grace",
			sku: spb(5, 2, 7), subscriptions: []Subscription{paid("Enabled", 5), paid("Warning", 2)},
			want: Seats{5, 5, 5, 7, 7}, flags: "in_grace"},
		{name: "a pool of 10,000 of which 99 are used",
			sku: spb(10000, 0, 99), want: Seats{10000, 10000, 10000, 10000, 99}, flags: "suspicious_pool"},
		{name: "10,000 seats of which one in a hundred is used",
			sku: spb(10000, 0, 100), want: Seats{10000, 10000, 10000, 10000, 100}},
		{name: "9,999 seats and none used",
			sku: spb(9999, 0, 0), want: Seats{9999, 9999, 9999, 9999, 0}},
		{name: "SKU that the table lacks: counted all the same",
			sku:  SKU{ID: unknownID, PartNumber: "BRAND_NEW", AppliesTo: "User", Enabled: 4, Consumed: 1},
			want: Seats{4, 4, 4, 4, 1}, flags: "unknown_sku"},
		{name: "capacity of the company",
			sku:  SKU{ID: spbID, PartNumber: "SPB", AppliesTo: "Company", Enabled: 500},
			want: Seats{500, 500, 500, 500, 0}, flags: "capacity_unit"},
		{name: "other owner of everything",
			sku: spb(25, 0, 20), subscriptions: []Subscription{ownedBy(theirs, paid("Enabled", 25))}, partners: onlyOurs,
			want: Seats{0, 0, 0, 0, 0}, flags: "other_owner"},
		{name: "other owner of 10 of 25: of 18 assigned seats at most our 15 are billed",
			sku: spb(25, 0, 18), subscriptions: []Subscription{paid("Enabled", 15), ownedBy(theirs, paid("Enabled", 10))}, partners: onlyOurs,
			want: Seats{15, 15, 15, 15, 15}, flags: "other_owner"},
		{name: "other owner in grace beside our active seats",
			sku: spb(15, 10, 12), subscriptions: []Subscription{paid("Enabled", 15), ownedBy(theirs, paid("Warning", 10))}, partners: onlyOurs,
			want: Seats{15, 15, 15, 15, 12}, flags: "other_owner"},
		{name: "other owner active beside our seats in grace: ours count, for no active seat of ours is paid",
			sku: spb(10, 5, 12), subscriptions: []Subscription{paid("Warning", 5), ownedBy(theirs, paid("Enabled", 10))}, partners: onlyOurs,
			want: Seats{5, 0, 0, 5, 5}, flags: "in_grace other_owner"},
		{name: "other owner on trial: its seats are left out once, not twice",
			sku: spb(35, 0, 10), subscriptions: []Subscription{paid("Enabled", 10), ownedBy(theirs, trial("Enabled", 25))}, partners: onlyOurs,
			want: Seats{10, 10, 10, 10, 10}, flags: "other_owner"},
		{name: "other owner and a trial of ours",
			sku:           spb(40, 0, 12),
			subscriptions: []Subscription{paid("Enabled", 5), trial("Enabled", 25), ownedBy(theirs, paid("Enabled", 10))}, partners: onlyOurs,
			want: Seats{5, 5, 30, 5, 12}, flags: "other_owner trial"},
		{name: "other owner suspended: no seats to leave out",
			sku: spb(5, 0, 5), subscriptions: []Subscription{paid("Enabled", 5), ownedBy(theirs, paid("Suspended", 10))}, partners: onlyOurs,
			want: Seats{5, 5, 5, 5, 5}},
		{name: "other owner suspended: its users are not ours",
			sku:           SKU{ID: spbID, PartNumber: "SPB", Enabled: 5, Suspended: 10, Consumed: 12},
			subscriptions: []Subscription{paid("Enabled", 5), ownedBy(theirs, paid("Suspended", 10))}, partners: onlyOurs,
			want: Seats{5, 5, 5, 5, 5}, flags: "other_owner overassigned suspended_units"},
		{name: "other owner active beside our suspended seats: as many are assigned as we own at most",
			sku:           SKU{ID: spbID, PartNumber: "SPB", Enabled: 5, Suspended: 10, Consumed: 12},
			subscriptions: []Subscription{ownedBy(theirs, paid("Enabled", 5)), paid("Suspended", 10)}, partners: onlyOurs,
			want: Seats{0, 0, 0, 0, 10}, flags: "other_owner overassigned suspended_units"},
		{name: "10 of ours and 20 bought direct, which nobody owns: ours",
			sku: spb(30, 0, 12), subscriptions: []Subscription{paid("Enabled", 10), ownedBy("", paid("Enabled", 20))}, partners: onlyOurs,
			want: Seats{10, 10, 10, 10, 10}, flags: "other_owner"},
		{name: "ours 10, another's 10, and 10 assigned in all: ours may be among them",
			sku: spb(20, 0, 10), subscriptions: []Subscription{paid("Enabled", 10), ownedBy(theirs, paid("Enabled", 10))}, partners: onlyOurs,
			want: Seats{10, 10, 10, 10, 10}, flags: "other_owner"},
		{name: "bought direct, and every owner counts",
			sku: spb(25, 0, 20), subscriptions: []Subscription{ownedBy("", paid("Enabled", 25))},
			want: Seats{25, 25, 25, 25, 20}},
		{name: "the owner's id in another case",
			sku: spb(25, 0, 20), subscriptions: []Subscription{ownedBy(strings.ToUpper(ours), paid("Enabled", 25))}, partners: onlyOurs,
			want: Seats{25, 25, 25, 25, 20}},
		{name: "assigned seats of a suspended subscription stay assigned",
			sku:  SKU{ID: spbID, PartNumber: "SPB", Status: "Suspended", Suspended: 25, Consumed: 14},
			want: Seats{0, 0, 0, 0, 14}, flags: "overassigned suspended_units"},
		{name: "no number of active seats",
			sku: spb(Unknown, 5, 7), subscriptions: []Subscription{paid("Warning", 5)},
			want: Seats{Unknown, Unknown, Unknown, Unknown, 7}, flags: "in_grace"},
		{name: "no number of seats in grace, while active seats are paid",
			sku: spb(5, Unknown, 7), subscriptions: []Subscription{paid("Enabled", 5)},
			want: Seats{5, 5, 5, Unknown, 7}},
		{name: "no number of seats in grace, and no active seat is paid",
			sku: spb(25, Unknown, 7), subscriptions: []Subscription{trial("Enabled", 25)},
			want: Seats{Unknown, 0, 25, Unknown, 7}, flags: "trial"},
		{name: "no number of assigned seats",
			sku: spb(10000, 5, Unknown), subscriptions: []Subscription{paid("Enabled", 10000), paid("Warning", 5)},
			want: Seats{10000, 10000, 10000, 10005, Unknown}, flags: "in_grace"},
		{name: "no number of assigned seats, and another owner",
			sku: spb(20, 0, Unknown), subscriptions: []Subscription{paid("Enabled", 10), ownedBy(theirs, paid("Enabled", 10))}, partners: onlyOurs,
			want: Seats{10, 10, 10, 10, Unknown}, flags: "other_owner"},
		{name: "no number of seats in grace, and another owner: how many are ours is unknown",
			sku: spb(20, Unknown, 12), subscriptions: []Subscription{paid("Enabled", 10), ownedBy(theirs, paid("Enabled", 10))}, partners: onlyOurs,
			want: Seats{10, 10, 10, Unknown, Unknown}, flags: "other_owner"},
		{name: "a part number without an id says not which SKU it is",
			sku:  SKU{PartNumber: "SPB", Enabled: 25, Warning: 3, Suspended: 2, Consumed: 20},
			want: Seats{Unknown, Unknown, Unknown, Unknown, Unknown}, flags: "unknown_sku"},
		{name: "no partner tenants given: every owner counts",
			sku: spb(25, 0, 20), subscriptions: []Subscription{ownedBy(theirs, paid("Enabled", 25))},
			want: Seats{25, 25, 25, 25, 20}},
		{name: "our distributor's seats are ours",
			sku: spb(25, 0, 20), subscriptions: []Subscription{ownedBy(theirs, paid("Enabled", 25))}, partners: []string{ours, theirs},
			want: Seats{25, 25, 25, 25, 20}},
		{name: "seats of another SKU",
			sku:           spb(25, 0, 20),
			subscriptions: []Subscription{paid("Enabled", 25), {ID: "paid-Enabled", SKUID: unknownID, Status: "Enabled", Trial: true, Seats: 25}},
			want:          Seats{25, 25, 25, 25, 20}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			counted := CountTenant(proved(test.sku, test.subscriptions...), CountOptions{PartnerTenantIDs: test.partners})
			if len(counted.SKUs) != 1 || len(counted.Gaps) > 0 {
				t.Fatalf("want one count without gaps: %+v", counted)
			}
			got := counted.SKUs[0]
			if got.Seats != test.want {
				t.Errorf("%+v, want %+v", got.Seats, test.want)
			}
			if flags := strings.Join(got.Flags, " "); flags != test.flags {
				t.Errorf("flags %q, want %q", flags, test.flags)
			}
		})
	}
}

func TestCountTenantKeysAndExclusions(t *testing.T) {
	t.Parallel()
	const calling1, calling2 = "54a152dc-90de-4996-93d2-bc47e670fc06", "d43177b5-475b-4880-92d4-d54c27b5efbd"
	tenant := Tenant{SubscriptionsKnown: true, SKUs: []SKU{
		{ID: strings.ToUpper(spbID), PartNumber: "SPB", Enabled: 1},
		{ID: flowFreeID, PartNumber: "FLOW_FREE", Enabled: 10000},
		{ID: calling2, PartNumber: "mcopstn5", Enabled: 3},
		{ID: calling1, PartNumber: "MCOPSTN5", Enabled: 2},
		{ID: unknownID, PartNumber: "\u00a0NEW\u00a0ONE\t", Enabled: 4},
	}}
	both := []string{"MCOPSTN5/" + calling1, "mcopstn5/" + calling2}
	for _, test := range []struct {
		name    string
		options CountOptions
		want    []string
	}{
		{"free SKUs are left out", CountOptions{}, []string{both[0], "NEW ONE", "SPB", both[1]}},
		{"unless asked for", CountOptions{IncludeFree: true}, []string{"FLOW_FREE", both[0], "NEW ONE", "SPB", both[1]}},
		{"excluded by part number", CountOptions{ExcludeSKUs: []string{" spb"}}, []string{both[0], "NEW ONE", both[1]}},
		{"excluded by id", CountOptions{ExcludeSKUs: []string{strings.ToUpper(spbID)}}, []string{both[0], "NEW ONE", both[1]}},
		{"a part number excludes both of its SKUs", CountOptions{ExcludeSKUs: []string{"MCOPSTN5"}}, []string{"NEW ONE", "SPB"}},
		{"excluding one of them does not rename the other", CountOptions{ExcludeSKUs: []string{calling1}}, []string{"NEW ONE", "SPB", both[1]}},
		{"the key of the counts excludes one", CountOptions{ExcludeSKUs: []string{both[0]}}, []string{"NEW ONE", "SPB", both[1]}},
		{"excluding wins over the free list", CountOptions{IncludeFree: true, ExcludeSKUs: []string{"FLOW_FREE", "MCOPSTN5"}}, []string{"NEW ONE", "SPB"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, count := range CountTenant(tenant, test.options).SKUs {
				got = append(got, count.Key)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("keys %q, want %q", got, test.want)
			}
		})
	}
}

func TestCountTenantDetails(t *testing.T) {
	t.Parallel()
	subscriptions := []Subscription{trial("Enabled", 5), paid("Enabled", 20), ownedBy(theirs, paid("Warning", 3)), ownedBy("", paid("Suspended", 2))}
	sku := SKU{ID: spbID, PartNumber: "SPB", AppliesTo: "User", Status: "Enabled", Enabled: 25, Warning: 3, Suspended: 2, LockedOut: 1, Consumed: 27}
	got := CountTenant(proved(sku, subscriptions...), CountOptions{})
	want := TenantCounts{
		SKUs: []Count{{
			Key: "SPB", SKUID: spbID, PartNumber: "SPB", ProductName: "Microsoft 365 Business Premium",
			Seats:   Seats{Purchased: 20, Active: 20, Enabled: 25, Entitled: 23, Assigned: 27},
			Flags:   []string{"in_grace", "suspended_units", "trial"},
			Warning: 3, Suspended: 2, LockedOut: 1, Consumed: 27, Trial: 5, Status: "Enabled", AppliesTo: "User",
			Subscriptions: []Subscription{subscriptions[1], subscriptions[3], subscriptions[2], subscriptions[0]},
		}},
		Owners: map[string]int64{ours: 25, theirs: 3},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestCountTenantOwners(t *testing.T) {
	t.Parallel()
	free := Subscription{ID: "free", SKUID: flowFreeID, Status: "Enabled", Seats: 10000}
	tenant := proved(spb(25, 10, 0), ownedBy(strings.ToUpper(theirs), paid("Enabled", 15)), ownedBy("", paid("Enabled", 10)), paid("Warning", 10),
		Subscription{ID: "silent", SKUID: spbID, Status: "Enabled", Seats: Unknown, OwnerTenantID: unknownID},
		Subscription{ID: "none", SKUID: spbID, Status: "Enabled", OwnerTenantID: unknownID})
	tenant.SKUs = append(tenant.SKUs, SKU{ID: flowFreeID, PartNumber: "FLOW_FREE", Enabled: 10000, SubscriptionIDs: []string{"free"}})
	tenant.Subscriptions = append(tenant.Subscriptions, free)
	want := map[string]int64{ours: 10, theirs: 15, "": 10}
	if got := CountTenant(tenant, CountOptions{}).Owners; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	want[""] += 10000
	if got := CountTenant(tenant, CountOptions{IncludeFree: true, PartnerTenantIDs: []string{ours}}).Owners; !reflect.DeepEqual(got, want) {
		t.Errorf("with the free SKUs: got %v, want %v", got, want)
	}
}

// Ten paid seats, and a trial of 25. The evidence about them is incomplete in every way.
func TestCountTenantEvidence(t *testing.T) {
	t.Parallel()
	const both = "paid-Enabled trial-Enabled"
	silent := trial("Enabled", 25)
	silent.Trial, silent.TrialUnknown = false, true
	noStatus := trial("", 25)
	noStatus.ID = "trial-Enabled"
	noSeats := trial("Enabled", Unknown)
	otherSKU := trial("Enabled", 25)
	otherSKU.SKUID = unknownID
	upper := trial("Enabled", 25)
	upper.ID, upper.SKUID = strings.ToUpper(upper.ID), strings.ToUpper(upper.SKUID)
	newStatus := trial("PastDue", 25)
	newStatus.ID = "trial-Enabled"
	suspended := trial("Suspended", 25)
	suspended.ID, suspended.TrialUnknown, suspended.Seats = "trial-Enabled", true, Unknown
	noSeatsPaid := paid("Enabled", Unknown)
	for _, test := range []struct {
		name     string
		sku      SKU
		ids      string // of its subscriptions
		unread   bool   // the list could not be read
		list     []Subscription
		partners []string
		gap      string
		want     int64 // on the basis purchased
	}{
		{name: "whole", sku: spb(35, 0, 9), ids: both, list: []Subscription{paid("Enabled", 10), trial("Enabled", 25)}, want: 10},
		{name: "whole, in another case", sku: spb(35, 0, 9), ids: both, list: []Subscription{paid("Enabled", 10), upper}, want: 10},
		{name: "not read", sku: spb(35, 0, 9), ids: both, unread: true, gap: "could not be read", want: 35},
		{name: "not read, with the owners that count", sku: spb(35, 0, 9), ids: both, unread: true, partners: []string{ours},
			gap: "could not be read", want: Unknown},
		{name: "not read, and no seats", sku: spb(0, 0, 9), ids: both, unread: true, want: 0},
		{name: "not read, no seats but assigned ones, with the owners that count", sku: spb(0, 0, 9), ids: both, unread: true,
			partners: []string{ours}, gap: "could not be read", want: Unknown},
		{name: "not read, neither seats nor assigned ones, with the owners that count", sku: spb(0, 0, 0), ids: both, unread: true,
			partners: []string{ours}, want: 0},
		{name: "empty", sku: spb(35, 0, 9), ids: both, gap: `lacks its subscription "paid-Enabled"`, want: 35},
		{name: "empty, and the seats are in grace", sku: spb(0, 35, 9), ids: both, gap: `lacks its subscription "paid-Enabled"`, want: 35},
		{name: "the trial is missing", sku: spb(35, 0, 9), ids: both, list: []Subscription{paid("Enabled", 10)},
			gap: `lacks its subscription "trial-Enabled"`, want: 35},
		{name: "the paid seats are missing: the trial is known", sku: spb(35, 0, 9), ids: both, list: []Subscription{trial("Enabled", 25)},
			gap: `lacks its subscription "paid-Enabled"`, want: 10},
		{name: "missing, with the owners that count: what remains may be another's", sku: spb(35, 0, 9), ids: both, partners: []string{ours},
			list: []Subscription{trial("Enabled", 25)}, gap: `lacks its subscription "paid-Enabled"`, want: Unknown},
		{name: "listed for another SKU", sku: spb(35, 0, 9), ids: both, list: []Subscription{paid("Enabled", 10), otherSKU},
			gap: `lacks its subscription "trial-Enabled"`, want: 35},
		{name: "no subscription is named", sku: spb(35, 0, 9), list: []Subscription{paid("Enabled", 10), trial("Enabled", 25)},
			gap: "names no subscription", want: 10},
		{name: "not said whether it is a trial", sku: spb(35, 0, 9), ids: both, list: []Subscription{paid("Enabled", 10), silent},
			gap: `"trial-Enabled" does not say whether it is a trial`, want: 35},
		{name: "a trial without a status", sku: spb(35, 0, 9), ids: both, list: []Subscription{paid("Enabled", 10), noStatus},
			gap: `"trial-Enabled" has no status`, want: 35},
		{name: "a trial with a new status", sku: spb(35, 0, 9), ids: both, list: []Subscription{paid("Enabled", 10), newStatus},
			gap: `"trial-Enabled" has the unknown status "PastDue"`, want: 35},
		{name: "a trial without seats", sku: spb(35, 0, 9), ids: both, list: []Subscription{paid("Enabled", 10), noSeats},
			gap: `"trial-Enabled" has no number of seats`, want: 35},
		{name: "a trial of no seat", sku: spb(10, 0, 9), ids: both, list: []Subscription{paid("Enabled", 10), trial("Enabled", 0)}, want: 10},
		{name: "a purchase without seats", sku: spb(35, 0, 9), ids: "paid-Enabled", list: []Subscription{noSeatsPaid}, want: 35},
		{name: "a purchase without seats, with the owners that count", sku: spb(35, 0, 9), ids: "paid-Enabled", list: []Subscription{noSeatsPaid},
			partners: []string{ours}, gap: `"paid-Enabled" has no number of seats`, want: Unknown},
		{name: "what is suspended is in no total", sku: spb(10, 0, 9), ids: both, list: []Subscription{paid("Enabled", 10), suspended}, want: 10},
		{name: "what is deleted or locked out neither", sku: spb(10, 0, 9), ids: "paid-Enabled trial-Deleted trial-LockedOut", want: 10,
			list: []Subscription{paid("Enabled", 10), trial("Deleted", 5), trial("LockedOut", 5)}},
		{name: "no number of active seats: it costs the SKU, and nothing more", sku: spb(Unknown, 0, 9), ids: both, want: Unknown},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.sku.SubscriptionIDs = strings.Fields(test.ids)
			tenant := Tenant{SKUs: []SKU{test.sku}, Subscriptions: test.list, SubscriptionsKnown: !test.unread}
			counted := CountTenant(tenant, CountOptions{PartnerTenantIDs: test.partners})
			gap := ""
			if len(counted.Gaps) == 1 && counted.Gaps[0].Key == "SPB" {
				gap = counted.Gaps[0].Reason
			}
			if test.gap == "" && len(counted.Gaps) > 0 || !strings.Contains(gap, test.gap) {
				t.Errorf("gaps %v, want %q", counted.Gaps, test.gap)
			}
			got := counted.SKUs[0]
			if got.Purchased != test.want {
				t.Errorf("%d purchased, want %d", got.Purchased, test.want)
			}
			if flagged := slices.Contains(got.Flags, "trial_unknown"); flagged != (test.gap != "") {
				t.Errorf("flags %v for the gap %q", got.Flags, gap)
			}
			if counted := CountTenant(tenant, CountOptions{ExcludeSKUs: []string{"SPB"}}); len(counted.Gaps)+len(counted.SKUs)+len(counted.Owners) > 0 {
				t.Errorf("got %+v of an excluded SKU", counted)
			}
		})
	}
}

// Rule 12: Microsoft changes its two lists at different times, so a trial can be in one and not yet, or still, in the other. 25 seats are
// bought. What contradicts that is no evidence, and a tenant whose lists differ for long must stay known.
func TestRule12ListsThatDisagreeAboutTrials(t *testing.T) {
	t.Parallel()
	withSuspended := func(sku SKU, seats int64) SKU {
		sku.Suspended = seats
		return sku
	}
	notNamed := trial("Enabled", 10)
	notNamed.ID = "not named"
	noSeats := paid("Warning", Unknown)
	for _, test := range []struct {
		name     string
		sku      SKU
		list     []Subscription
		partners []string
		gap      string
		want     int64 // on the basis purchased; what no gap says is wrong would be billed
	}{
		{name: "a new trial that the row neither names nor has", sku: spb(25, 0, 9), list: []Subscription{paid("Enabled", 25), notNamed},
			gap: "it has 25 seats that are active, and the list of subscriptions has 10 of trials or other owners and 25 others", want: 25},
		{name: "a new trial that the row does not name yet, and has", sku: spb(35, 0, 9), list: []Subscription{paid("Enabled", 25), notNamed}, want: 25},
		{name: "a new trial that is larger than the paid seats", sku: spb(25, 0, 9), list: []Subscription{paid("Enabled", 25), trial("Enabled", 30)},
			gap: "disagree", want: 25},
		{name: "a trial with more seats than the row", sku: spb(5, 0, 0), list: []Subscription{trial("Enabled", 6)}, gap: "disagree", want: 5},
		{name: "a trial with as many seats as the row", sku: spb(6, 0, 0), list: []Subscription{trial("Enabled", 6)}, want: 0},
		{name: "a trial that the row has moved out already", sku: spb(25, 10, 9), list: []Subscription{paid("Enabled", 25), trial("Enabled", 10)},
			gap: "disagree", want: 25},
		{name: "a trial in grace that is active in the row", sku: spb(35, 0, 9), list: []Subscription{paid("Enabled", 25), trial("Warning", 10)},
			gap: "it has 0 seats that are in grace", want: 35},
		{name: "a trial in grace in both", sku: spb(25, 10, 9), list: []Subscription{paid("Enabled", 25), trial("Warning", 10)}, want: 25},
		{name: "a trial and paid seats in grace in both", sku: spb(0, 35, 9), list: []Subscription{paid("Warning", 25), trial("Warning", 10)}, want: 25},
		{name: "a trial in grace beside paid seats in grace, that the row does not have", sku: spb(0, 25, 9),
			list: []Subscription{paid("Warning", 25), trial("Warning", 10)}, gap: "disagree", want: 25},
		{name: "a suspended trial that is active in the row", sku: spb(35, 0, 9), list: []Subscription{paid("Enabled", 25), trial("Suspended", 10)},
			gap: "the list of subscriptions has 10 suspended seats of trials, but it has only 0", want: 35},
		{name: "a suspended trial that is in grace in the row", sku: spb(0, 35, 9), list: []Subscription{paid("Warning", 25), trial("Suspended", 10)},
			gap: "10 suspended seats", want: 35},
		{name: "a suspended trial in both, and paid seats that the list does not have yet", sku: withSuspended(spb(30, 0, 9), 10),
			list: []Subscription{paid("Enabled", 25), trial("Suspended", 10)}, want: 30},
		{name: "a suspended trial that the row forgot, and all seats are listed", sku: spb(25, 0, 9),
			list: []Subscription{paid("Enabled", 25), trial("Suspended", 10)}, want: 25},
		{name: "a suspended trial, and no number of suspended seats", sku: withSuspended(spb(30, 0, 9), Unknown),
			list: []Subscription{paid("Enabled", 25), trial("Suspended", 10)}, want: 30},
		{name: "a suspended trial, and no number of seats of a purchase in grace", sku: spb(25, 3, 9),
			list: []Subscription{paid("Enabled", 25), noSeats, trial("Suspended", 10)}, want: 25},
		{name: "a suspended trial, and no number of seats of an active purchase", sku: spb(25, 0, 9),
			list: []Subscription{paid("Enabled", Unknown), trial("Suspended", 10)}, want: 25},
		{name: "steady: more paid seats listed than the row has", sku: spb(35, 0, 9), list: []Subscription{paid("Enabled", 28), trial("Enabled", 10)}, want: 25},
		{name: "steady: fewer paid seats listed than the row has", sku: spb(35, 0, 9), list: []Subscription{paid("Enabled", 20), trial("Enabled", 10)}, want: 25},
		{name: "steady: other sums, and no trial", sku: spb(25, 0, 9), list: []Subscription{paid("Enabled", 40)}, want: 25},
		{name: "no seats yet, so nothing is billed either way", sku: spb(0, 0, 9), list: []Subscription{trial("Enabled", 10)}, want: 0},
		{name: "no active seats yet, and paid seats in grace", sku: spb(0, 25, 9), list: []Subscription{paid("Warning", 25), trial("Enabled", 10)},
			gap: "it has 0 seats that are active", want: 25},
		{name: "no number of active seats", sku: spb(Unknown, 5, 9), list: []Subscription{trial("Enabled", 10)}, want: Unknown},
		{name: "another owner's seats that the row does not have", sku: spb(25, 0, 9), partners: []string{ours},
			list: []Subscription{paid("Enabled", 25), ownedBy(theirs, paid("Enabled", 10))}, gap: "disagree", want: Unknown},
		{name: "another owner's seats, when every owner counts", sku: spb(25, 0, 9),
			list: []Subscription{paid("Enabled", 25), ownedBy(theirs, paid("Enabled", 10))}, want: 25},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			tenant := proved(test.sku, test.list...)
			ids := &tenant.SKUs[0].SubscriptionIDs
			*ids = slices.DeleteFunc(*ids, func(id string) bool { return id == notNamed.ID })
			counted := CountTenant(tenant, CountOptions{PartnerTenantIDs: test.partners})
			gap := ""
			if len(counted.Gaps) == 1 {
				gap = counted.Gaps[0].Reason
			}
			if (test.gap == "") != (len(counted.Gaps) == 0) || !strings.Contains(gap, test.gap) {
				t.Errorf("gaps %v, want %q", counted.Gaps, test.gap)
			}
			if got := counted.SKUs[0]; got.Purchased != test.want || slices.Contains(got.Flags, "trial_unknown") != (test.gap != "") {
				t.Errorf("%d purchased with the flags %v, want %d", got.Purchased, got.Flags, test.want)
			}
		})
	}
}

// What is not proved of one SKU leaves the others as they are.
func TestCountTenantSortsGaps(t *testing.T) {
	t.Parallel()
	tenant := proved(spb(10, 0, 9))
	for _, part := range []string{"Z_NEW", "A_NEW"} {
		tenant.SKUs = append(tenant.SKUs, SKU{ID: part, PartNumber: part, Enabled: 3})
	}
	counted := CountTenant(tenant, CountOptions{})
	if len(counted.Gaps) != 2 || counted.Gaps[0].Key != "A_NEW" || counted.Gaps[1].Key != "Z_NEW" {
		t.Errorf("gaps %v, want A_NEW and Z_NEW", counted.Gaps)
	}
	if spb := counted.SKUs[1]; spb.Purchased != 10 || len(spb.Flags) > 0 {
		t.Errorf("got %+v, want 10 of SPB without flags", spb)
	}
}

func TestCountTenantAddsUpRowsOfOneSKU(t *testing.T) {
	t.Parallel()
	one, other := spb(10, 0, 3), spb(4, 1, 2)
	one.SubscriptionIDs, other.SubscriptionIDs = []string{"1"}, []string{"2"}
	one.Suspended, other.LockedOut = 5, 6
	other.ID = strings.ToUpper(other.ID)
	tenant := Tenant{SKUs: []SKU{one, other}, SubscriptionsKnown: true, Subscriptions: []Subscription{
		{ID: "1", SKUID: spbID, Status: "Enabled", Seats: 10}, {ID: "2", SKUID: spbID, Status: "Enabled", Seats: 4}}}
	got := CountTenant(tenant, CountOptions{})
	want := Seats{Purchased: 14, Active: 14, Enabled: 14, Entitled: 15, Assigned: 5}
	if len(got.SKUs) != 1 || got.SKUs[0].Key != "SPB" || got.SKUs[0].Seats != want || got.SKUs[0].Suspended != 5 || got.SKUs[0].LockedOut != 6 {
		t.Errorf("got %+v, want one SPB with %+v", got.SKUs, want)
	}
	if len(got.Gaps) > 0 {
		t.Errorf("gaps %v", got.Gaps)
	}
	tenant.Subscriptions = tenant.Subscriptions[:1]
	if got = CountTenant(tenant, CountOptions{}); len(got.Gaps) != 1 {
		t.Errorf("gaps %v, want one for the second row's subscription", got.Gaps)
	}
	tenant.SKUs[1].Consumed = Unknown
	if got = CountTenant(tenant, CountOptions{}); got.SKUs[0].Assigned != Unknown || got.SKUs[0].Enabled != 14 {
		t.Errorf("got %+v, want an unknown number of assigned seats", got.SKUs[0].Seats)
	}
}

func TestCountTenantWithoutAPartNumber(t *testing.T) {
	t.Parallel()
	got := CountTenant(Tenant{SKUs: []SKU{{ID: spbID, Enabled: 2}, {ID: unknownID, Enabled: 3}}}, CountOptions{}).SKUs
	if len(got) != 2 || got[0].Key != unknownID || got[1].Key != "SPB" || got[1].ProductName != "Microsoft 365 Business Premium" || got[1].Enabled != 2 {
		t.Errorf("got %+v, want the part number of the table, else the id", got)
	}
}

// Rows without an id are the same SKU only when their part numbers are, and their numbers count for nothing.
func TestCountTenantRowsWithoutAnID(t *testing.T) {
	t.Parallel()
	rows := []SKU{{PartNumber: "ONE", Enabled: 1}, {PartNumber: "TWO", Enabled: 2}, {PartNumber: "ONE", Enabled: 4}, {PartNumber: "TWO", Enabled: 8}}
	got := CountTenant(Tenant{SKUs: rows, SubscriptionsKnown: true}, CountOptions{})
	if len(got.SKUs) != 2 || got.SKUs[0].Key != "ONE" || got.SKUs[0].Enabled != Unknown || got.SKUs[1].Key != "TWO" || len(got.Gaps) > 0 {
		t.Errorf("got %+v, want ONE and TWO with unknown numbers", got)
	}
}

// FuzzCountTenant checks what must hold of any tenant: no number is below 0, keys are sorted and occur once, nothing
// counts that Microsoft did not give, and the order of the input does not matter.
func FuzzCountTenant(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		random := rand.New(rand.NewPCG(seed, 0))
		tenant, options := randomTenant(random)
		counted := CountTenant(tenant, options)
		counts := counted.SKUs
		for i, count := range counts {
			for _, basis := range Bases() {
				n := count.On(basis.Name)
				if n < Unknown || count.Trial < 0 {
					t.Errorf("a number below 0: %+v", count)
				}
				if n > count.Assigned && n > max(0, count.Enabled)+max(0, count.Warning) {
					t.Errorf("more seats than Microsoft gives: %+v", count)
				}
				if n > 0 && len(options.PartnerTenantIDs) > 0 && slices.Contains(count.Flags, flagTrialUnknown) {
					t.Errorf("seats whose owner is not proved: %+v", count)
				}
			}
			if i > 0 && counts[i-1].Key >= count.Key {
				t.Errorf("keys %q and %q are not sorted", counts[i-1].Key, count.Key)
			}
			if !slices.IsSorted(count.Flags) {
				t.Errorf("flags are not sorted: %v", count.Flags)
			}
		}
		random.Shuffle(len(tenant.SKUs), func(i, j int) { tenant.SKUs[i], tenant.SKUs[j] = tenant.SKUs[j], tenant.SKUs[i] })
		random.Shuffle(len(tenant.Subscriptions), func(i, j int) {
			tenant.Subscriptions[i], tenant.Subscriptions[j] = tenant.Subscriptions[j], tenant.Subscriptions[i]
		})
		if again := CountTenant(tenant, options); !reflect.DeepEqual(counted, again) {
			t.Errorf("the order matters:\n%+v\n%+v", counted, again)
		}
	})
}

// randomTenant draws from few ids, part numbers and states, so that they meet often.
func randomTenant(random *rand.Rand) (Tenant, CountOptions) {
	pick := func(choices ...string) string { return choices[random.IntN(len(choices))] }
	id := func() string { return pick(spbID, flowFreeID, unknownID, strings.ToUpper(spbID), "") }
	units := func() int64 { return random.Int64N(40) - 5 }
	status := func() string { return pick("Enabled", "Warning", "Suspended", "LockedOut", "Deleted", "") }
	tenant := Tenant{SubscriptionsKnown: random.IntN(4) > 0}
	for range random.IntN(6) {
		tenant.SKUs = append(tenant.SKUs, SKU{ID: id(), PartNumber: pick("SPB", "spb", "FLOW_FREE", "NEW", ""),
			AppliesTo: pick("User", "Company"), Status: status(),
			Enabled: units(), Warning: units(), Suspended: units(), LockedOut: units(), Consumed: units(),
			SubscriptionIDs: []string{pick("a", "b", "c"), pick("b", "c", "z")}[:random.IntN(3)]})
	}
	for i := range random.IntN(8) {
		tenant.Subscriptions = append(tenant.Subscriptions, Subscription{ID: string(rune('a' + i)), SKUID: id(), Status: status(),
			Trial: random.IntN(2) == 0, TrialUnknown: random.IntN(8) == 0, Seats: units(), OwnerTenantID: pick(ours, theirs, "")})
	}
	options := CountOptions{IncludeFree: random.IntN(2) == 0}
	if random.IntN(2) == 0 {
		options.PartnerTenantIDs = []string{ours}
	}
	return tenant, options
}

// A tenant that calls Business Premium by another part number.
func TestRule2ExcludedByTheIDThatThePartNumberStandsFor(t *testing.T) {
	t.Parallel()
	renamed := spb(25, 0, 20)
	renamed.PartNumber = "Microsoft_365_Business_Premium"
	if counted := CountTenant(proved(renamed), CountOptions{ExcludeSKUs: []string{"spb"}}); len(counted.SKUs) > 0 {
		t.Errorf("counted %+v", counted.SKUs)
	}
}

// Seats in grace of trials and of other owners are both left out, so the total must have both.
func TestLapsedTrialsAndOtherOwnersAddUp(t *testing.T) {
	t.Parallel()
	for warning, gaps := range map[int64]int{8: 1, 10: 0} {
		counted := CountTenant(proved(spb(0, warning, 0), trial("Warning", 5), ownedBy(theirs, paid("Warning", 5))), CountOptions{PartnerTenantIDs: []string{ours}})
		if len(counted.Gaps) != gaps {
			t.Errorf("%d seats in grace: %+v", warning, counted.Gaps)
		}
	}
}
