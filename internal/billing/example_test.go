// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package billing_test

import (
	"fmt"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
)

// A tenant has ten paid seats of Business Premium, and a trial of 25 more.
func ExampleCountTenant() {
	tenant := billing.Tenant{
		SKUs: []billing.SKU{
			{ID: "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46", PartNumber: "SPB", Enabled: 35, Consumed: 12, SubscriptionIDs: []string{"1", "2"}},
			{ID: "f30db892-07e9-47e9-837c-80727f46fd3d", PartNumber: "FLOW_FREE", Enabled: 10000},
		},
		Subscriptions: []billing.Subscription{
			{ID: "1", SKUID: "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46", Status: "Enabled", Seats: 10},
			{ID: "2", SKUID: "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46", Status: "Enabled", Seats: 25, Trial: true},
		},
		SubscriptionsKnown: true,
	}
	for _, count := range billing.CountTenant(tenant, billing.CountOptions{}).SKUs {
		fmt.Println(count.Key, count.ProductName, count.Flags)
		for _, basis := range billing.Bases() {
			fmt.Printf("  %s: %d\n", basis.Name, count.On(basis.Name))
		}
	}
	// Output:
	// SPB Microsoft 365 Business Premium [trial]
	//   purchased: 10
	//   active: 10
	//   enabled: 35
	//   entitled: 10
	//   assigned: 12
}

// Acme has two tenants. Beta's only tenant could not be read, so its counts are unknown.
func ExampleUnitCounts() {
	seats := func(purchased, assigned int64) billing.SKUCount {
		return billing.SKUCount{Seats: billing.Seats{Purchased: purchased, Assigned: assigned}}
	}
	counts := billing.LicenseCounts{
		"acme/east": {"SPB": seats(10, 9), "MCOEV": seats(6, 4)},
		"acme/west": {"SPB": seats(3, 3)},
		"beta":      nil,
	}
	companies := map[string]string{"Acme Ltd": "acme", "Beta BV": "beta"}
	licenses := map[string]billing.LicenseMapping{
		"premium": {Service: "Business Premium", SKUs: []string{"spb"}},
		"phone":   {Service: "Phone System", SKUs: []string{"MCOEV"}, Basis: billing.Assigned},
	}
	units, err := billing.UnitCounts(counts, companies, licenses)
	fmt.Println(units["acme"], err)
	fmt.Println("beta is unknown:", units["beta"] == nil)

	delete(companies, "Beta BV")
	_, err = billing.UnitCounts(counts, companies, licenses)
	fmt.Println(err)
	// Output:
	// map[Business Premium:13 Phone System:4] <nil>
	// beta is unknown: true
	// license counts "beta" belong to no mapped account: there is no company mapping with the account_id "beta"
}

// Acme gave up its phones. Beta is unknown, so its number stays in Gradient.
func ExampleTask_Pushes() {
	task := billing.Task{
		Ledger: billing.Ledger{
			{Account: "acme", Service: "Premium"}: 10,
			{Account: "acme", Service: "Phone"}:   4,
			{Account: "beta", Service: "Premium"}: 7,
		},
		Desired: billing.Counts{"acme": {"Premium": 12}, "beta": nil},
	}
	for _, push := range task.Pushes() {
		fmt.Println(push.Account, push.Service, push.Units)
	}
	fmt.Println("held:", task.Held())
	// Output:
	// acme Phone 0
	// acme Premium 12
	// held: map[{beta Premium}:7]
}

// One customer's rise does not hide another one's fall.
func ExampleGuard_Check() {
	task := billing.Task{
		Ledger:  billing.Ledger{{Account: "acme", Service: "Premium"}: 20, {Account: "beta", Service: "Premium"}: 20},
		Desired: billing.Counts{"acme": {"Premium": 10}, "beta": {"Premium": 30}},
	}
	guard := billing.Guard{MaxDecreasePercent: 20, MaxIncreasePercent: 50, MaxAccountPercent: 50, MaxFirstUnits: 1000}
	for _, alarm := range guard.Check(task) {
		fmt.Println(alarm)
	}
	// Output:
	// units would fall by 10 of 40 (25 %, allowed are 20 %): acme 20 -> 10
}
