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

func ownedBy(owner string, subscription Subscription) Subscription {
	subscription.ID += "-" + owner
	subscription.OwnerTenantID = owner
	return subscription
}

// Rule 12 of the sync: counts are as Microsoft gives them, and these are the four numbers made of them.
func TestCountTenantOneSKU(t *testing.T) {
	t.Parallel()
	onlyOurs := []string{strings.ToUpper(ours)}
	for _, test := range []struct {
		name          string
		sku           SKU
		subscriptions []Subscription
		unknown       bool // the subscriptions could not be read
		partners      []string
		want          Seats
		flags         string
	}{
		{name: "25 seats bought, 20 assigned",
			sku: spb(25, 0, 20), subscriptions: []Subscription{paid("Enabled", 25)},
			want: Seats{25, 25, 25, 20}},
		{name: "annual and monthly seats of one SKU are pooled",
			sku: spb(25, 0, 20), subscriptions: []Subscription{paid("Enabled", 20), paid("Enabled", 5)},
			want: Seats{25, 25, 25, 20}},
		{name: "no seats",
			sku: spb(0, 0, 0), want: Seats{0, 0, 0, 0}},
		{name: "trial active: 10 paid and 25 on trial",
			sku: spb(35, 0, 12), subscriptions: []Subscription{paid("Enabled", 10), trial("Enabled", 25)},
			want: Seats{10, 35, 10, 12}, flags: "trial"},
		{name: "trial active and nothing else",
			sku: spb(25, 0, 3), subscriptions: []Subscription{trial("Enabled", 25)},
			want: Seats{0, 25, 0, 3}, flags: "trial"},
		{name: "trial lapsed: its 25 seats in grace are not bought",
			sku: spb(0, 25, 3), subscriptions: []Subscription{trial("Warning", 25)},
			want: Seats{0, 0, 0, 3}, flags: "trial"},
		{name: "trial lapsed beside 10 paid seats in grace",
			sku: spb(0, 35, 10), subscriptions: []Subscription{trial("Warning", 25), paid("Warning", 10)},
			want: Seats{10, 0, 10, 10}, flags: "in_grace trial"},
		{name: "trial active while 10 paid seats are in grace: the grace seats count, for no active one is paid",
			sku: spb(25, 10, 10), subscriptions: []Subscription{trial("Enabled", 25), paid("Warning", 10)},
			want: Seats{10, 25, 10, 10}, flags: "in_grace trial"},
		{name: "trial bought: the old trial suspended, its seats are in neither number",
			sku: spb(10, 0, 10), subscriptions: []Subscription{trial("Suspended", 25), paid("Enabled", 10)},
			want: Seats{10, 10, 10, 10}},
		{name: "trial reported with more seats than the SKU has yet",
			sku: spb(5, 0, 0), subscriptions: []Subscription{trial("Enabled", 25)},
			want: Seats{0, 5, 0, 0}, flags: "trial"},
		{name: "status of a subscription in another case",
			sku: spb(25, 0, 0), subscriptions: []Subscription{trial("enabled", 25)},
			want: Seats{0, 25, 0, 0}, flags: "trial"},
		{name: "grace only: 10 seats expired, usable still",
			sku: spb(0, 10, 9), subscriptions: []Subscription{paid("Warning", 10)},
			want: Seats{10, 0, 10, 9}, flags: "in_grace"},
		{name: "renewal under a new subscription: the old seats in grace are not counted beside the new",
			sku: spb(12, 10, 10), subscriptions: []Subscription{paid("Warning", 10), paid("Enabled", 12)},
			want: Seats{12, 12, 22, 10}, flags: "in_grace"},
		{name: "suspended seats do not count but show",
			sku: SKU{ID: spbID, PartNumber: "SPB", Status: "Suspended", Suspended: 25}, subscriptions: []Subscription{paid("Suspended", 25)},
			want: Seats{0, 0, 0, 0}, flags: "suspended_units"},
		{name: "more assigned than bought",
			sku: spb(5, 0, 7), want: Seats{5, 5, 5, 7}, flags: "overassigned"},
		{name: "as many assigned as active and in grace",
			sku: spb(5, 2, 7), subscriptions: []Subscription{paid("Enabled", 5), paid("Warning", 2)},
			want: Seats{5, 5, 7, 7}, flags: "in_grace"},
		{name: "a pool of 10,000 of which 99 are used",
			sku: spb(10000, 0, 99), want: Seats{10000, 10000, 10000, 99}, flags: "suspicious_pool"},
		{name: "10,000 seats of which one in a hundred is used",
			sku: spb(10000, 0, 100), want: Seats{10000, 10000, 10000, 100}},
		{name: "9,999 seats and none used",
			sku: spb(9999, 0, 0), want: Seats{9999, 9999, 9999, 0}},
		{name: "SKU that the table lacks: counted all the same",
			sku:  SKU{ID: unknownID, PartNumber: "BRAND_NEW", AppliesTo: "User", Enabled: 4, Consumed: 1},
			want: Seats{4, 4, 4, 1}, flags: "unknown_sku"},
		{name: "capacity of the company",
			sku:  SKU{ID: spbID, PartNumber: "SPB", AppliesTo: "Company", Enabled: 500},
			want: Seats{500, 500, 500, 0}, flags: "capacity_unit"},
		{name: "subscriptions unknown: nothing is subtracted, and it says so",
			sku: spb(35, 5, 12), subscriptions: []Subscription{trial("Enabled", 25)}, unknown: true, partners: onlyOurs,
			want: Seats{35, 35, 40, 12}, flags: "in_grace trial_unknown"},
		{name: "other owner of everything",
			sku: spb(25, 0, 20), subscriptions: []Subscription{ownedBy(theirs, paid("Enabled", 25))}, partners: onlyOurs,
			want: Seats{0, 0, 0, 0}, flags: "other_owner"},
		{name: "other owner of 10 of 25: 18 assigned, of which the other's 10 go first",
			sku: spb(25, 0, 18), subscriptions: []Subscription{paid("Enabled", 15), ownedBy(theirs, paid("Enabled", 10))}, partners: onlyOurs,
			want: Seats{15, 15, 15, 8}, flags: "other_owner"},
		{name: "other owner in grace beside our active seats",
			sku: spb(15, 10, 12), subscriptions: []Subscription{paid("Enabled", 15), ownedBy(theirs, paid("Warning", 10))}, partners: onlyOurs,
			want: Seats{15, 15, 15, 2}, flags: "other_owner"},
		{name: "other owner active beside our seats in grace: ours count, for no active seat of ours is paid",
			sku: spb(10, 5, 12), subscriptions: []Subscription{paid("Warning", 5), ownedBy(theirs, paid("Enabled", 10))}, partners: onlyOurs,
			want: Seats{5, 0, 5, 2}, flags: "in_grace other_owner"},
		{name: "other owner on trial: its seats are left out once, not twice",
			sku: spb(35, 0, 10), subscriptions: []Subscription{paid("Enabled", 10), ownedBy(theirs, trial("Enabled", 25))}, partners: onlyOurs,
			want: Seats{10, 10, 10, 0}, flags: "other_owner"},
		{name: "other owner and a trial of ours",
			sku:           spb(40, 0, 12),
			subscriptions: []Subscription{paid("Enabled", 5), trial("Enabled", 25), ownedBy(theirs, paid("Enabled", 10))}, partners: onlyOurs,
			want: Seats{5, 30, 5, 2}, flags: "other_owner trial"},
		{name: "other owner suspended: no seats to leave out",
			sku: spb(5, 0, 5), subscriptions: []Subscription{paid("Enabled", 5), ownedBy(theirs, paid("Suspended", 10))}, partners: onlyOurs,
			want: Seats{5, 5, 5, 5}},
		{name: "owner not given: counts as ours",
			sku: spb(25, 0, 20), subscriptions: []Subscription{ownedBy("", paid("Enabled", 25))}, partners: onlyOurs,
			want: Seats{25, 25, 25, 20}},
		{name: "no partner tenants given: every owner counts",
			sku: spb(25, 0, 20), subscriptions: []Subscription{ownedBy(theirs, paid("Enabled", 25))},
			want: Seats{25, 25, 25, 20}},
		{name: "our distributor's seats are ours",
			sku: spb(25, 0, 20), subscriptions: []Subscription{ownedBy(theirs, paid("Enabled", 25))}, partners: []string{ours, theirs},
			want: Seats{25, 25, 25, 20}},
		{name: "seats of another SKU",
			sku:           spb(25, 0, 20),
			subscriptions: []Subscription{{SKUID: unknownID, Status: "Enabled", Trial: true, Seats: 25}},
			want:          Seats{25, 25, 25, 20}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			counts := CountTenant(
				Tenant{SKUs: []SKU{test.sku}, Subscriptions: test.subscriptions, SubscriptionsKnown: !test.unknown},
				CountOptions{PartnerTenantIDs: test.partners})
			if len(counts) != 1 {
				t.Fatalf("%d counts, want 1: %+v", len(counts), counts)
			}
			got := counts[0]
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
			for _, count := range CountTenant(tenant, test.options) {
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
	subscriptions := []Subscription{trial("Enabled", 5), paid("Enabled", 20), paid("Warning", 3)}
	got := CountTenant(Tenant{SubscriptionsKnown: true, Subscriptions: subscriptions, SKUs: []SKU{
		{ID: spbID, PartNumber: "SPB", AppliesTo: "User", Status: "Enabled", Enabled: 25, Warning: 3, Suspended: 2, LockedOut: 1, Consumed: 27},
	}}, CountOptions{})
	want := []Count{{
		Key: "SPB", SKUID: spbID, PartNumber: "SPB", ProductName: "Microsoft 365 Business Premium",
		Seats:     Seats{Purchased: 20, Enabled: 25, Entitled: 23, Assigned: 27},
		Flags:     []string{"in_grace", "suspended_units", "trial"},
		Available: -2, Warning: 3, Suspended: 2, LockedOut: 1, Trial: 5, Status: "Enabled", AppliesTo: "User",
		Subscriptions: []Subscription{subscriptions[1], subscriptions[2], subscriptions[0]},
	}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestCountTenantAddsUpRowsOfOneSKU(t *testing.T) {
	t.Parallel()
	upper := spb(4, 1, 2)
	upper.ID = strings.ToUpper(upper.ID)
	got := CountTenant(Tenant{SKUs: []SKU{spb(10, 0, 3), upper}, SubscriptionsKnown: true}, CountOptions{})
	if len(got) != 1 || got[0].Key != "SPB" || got[0].Enabled != 14 || got[0].Entitled != 15 || got[0].Assigned != 5 {
		t.Errorf("got %+v, want one SPB with 14 enabled, 15 entitled, 5 assigned", got)
	}
}

func TestCountTenantWithoutAPartNumberUsesTheID(t *testing.T) {
	t.Parallel()
	got := CountTenant(Tenant{SKUs: []SKU{{ID: spbID, Enabled: 2}}}, CountOptions{})
	if len(got) != 1 || got[0].Key != spbID || got[0].ProductName != "Microsoft 365 Business Premium" {
		t.Errorf("got %+v", got)
	}
}

// Rows without an id are the same SKU only when their part numbers are.
func TestCountTenantRowsWithoutAnID(t *testing.T) {
	t.Parallel()
	rows := []SKU{{PartNumber: "ONE", Enabled: 1}, {PartNumber: "TWO", Enabled: 2}, {PartNumber: "ONE", Enabled: 4}, {PartNumber: "TWO", Enabled: 8}}
	got := CountTenant(Tenant{SKUs: rows}, CountOptions{})
	if len(got) != 2 || got[0].Key != "ONE" || got[0].Enabled != 5 || got[1].Key != "TWO" || got[1].Enabled != 10 {
		t.Errorf("got %+v, want 5 of ONE and 10 of TWO", got)
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
		counts := CountTenant(tenant, options)
		for i, count := range counts {
			if count.Purchased < 0 || count.Enabled < 0 || count.Entitled < 0 || count.Assigned < 0 || count.Trial < 0 {
				t.Errorf("a number below 0: %+v", count)
			}
			if count.Purchased > count.Enabled+count.Warning || count.Entitled > count.Enabled+count.Warning {
				t.Errorf("more seats than Microsoft gives: %+v", count)
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
		if again := CountTenant(tenant, options); !reflect.DeepEqual(counts, again) {
			t.Errorf("the order matters:\n%+v\n%+v", counts, again)
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
			Enabled: units(), Warning: units(), Suspended: units(), LockedOut: units(), Consumed: units()})
	}
	for i := range random.IntN(8) {
		tenant.Subscriptions = append(tenant.Subscriptions, Subscription{ID: string(rune('a' + i)), SKUID: id(), Status: status(),
			Trial: random.IntN(2) == 0, Seats: units(), OwnerTenantID: pick(ours, theirs, "")})
	}
	options := CountOptions{IncludeFree: random.IntN(2) == 0}
	if random.IntN(2) == 0 {
		options.PartnerTenantIDs = []string{ours}
	}
	return tenant, options
}
