// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Package psa is what the clients of ConnectWise PSA, Autotask and HaloPSA have in common: how a recurring line looks, which days it is in
// force, and how answers are decoded. The clients are in packages below it, each a [Reader]. They have no method that writes, and they
// decode no amount of money.
package psa

import (
	"context"
	"fmt"
	"slices"
)

// Reader reads what a PSA will bill. Its methods may be called from several goroutines.
type Reader interface {
	// System is the name of the PSA in messages.
	System() string
	// ApprovalDate returns the day on which a change takes effect that is approved in Gradient today (psa.md §1).
	ApprovalDate(today Date) Date
	// Customers returns every customer that the PSA bills something, as far as the credentials may see it.
	Customers(ctx context.Context) ([]Customer, error)
	// Lines returns the recurring lines of these customers, by the id of the customer: those in force on a day of the period, and those
	// that start after it where the PSA tells. An error in a [CustomerLines] concerns that customer only, another error all of them.
	Lines(ctx context.Context, customerIDs []string, during Period) (map[string]CustomerLines, error)
}

// Customer is a company in the PSA.
type Customer struct {
	ID string
	// Identifier is a short name that people type. It is empty where the PSA has none.
	Identifier string
	// Name is empty when the credentials may not see it.
	Name string
}

// String names the customer in a message.
func (c Customer) String() string {
	if c.Name == "" {
		return "id " + c.ID
	}
	return fmt.Sprintf("%q (id %s)", c.Name, c.ID)
}

// CustomerLines are the lines of a customer, or why they could not be read.
type CustomerLines struct {
	Lines []Line
	Err   error
}

// Product is what a line bills.
type Product struct {
	ID string
	// Codes are what people type to name the product: an identifier, a SKU, an item code.
	Codes []string
	// Name is empty where the PSA gives none with its lines.
	Name string
}

// String is what lists show of the product.
func (p Product) String() string {
	switch {
	case p.Name != "":
		return p.Name
	case len(p.Codes) > 0:
		return p.Codes[0]
	}
	return p.ID
}

// Line is a recurring line of a customer's agreement.
type Line struct {
	Product   Product
	Agreement string
	// Quantity is what Gradient calls the PSA's units. It is nil when the PSA gives no number, for example because it counts at billing time.
	Quantity *float64
	// Billed is the quantity that is charged, where the PSA takes included units off. It is nil when it is not known.
	Billed *float64
	// Starts and Ends are the first and the last day on which the line is billed. Each may be empty: open at that end.
	Starts, Ends Date
	Flags        []string
}

// The flags of a line.
const (
	FlagNoCharge           = "no_charge"           // it has a quantity and is not charged
	FlagCancelledAgreement = "cancelled_agreement" // its agreement is cancelled, inactive or at its end
	FlagOneTime            = "one_time"            // it is charged once
	FlagOneTimeAgreement   = "one_time_agreement"  // its agreement is billed once
	FlagNoBillingCycle     = "no_billing_cycle"    // Gradient does not read its agreement
	FlagCalculated         = "calculated"          // the PSA counts when it makes the invoice
	FlagUnknownQuantity    = "unknown_quantity"    // the PSA gave no number
	FlagLastDay            = "last_day"            // it ends on the day that is asked for, and whether that day is billed is not documented
	FlagPosted             = "posted"              // its period is posted for invoicing already, so a change does not reach that invoice
	FlagBundle             = "bundle"              // it is a bundle of products
	FlagBundled            = "bundled"             // it is part of a bundle's price
)

// Flags lists all flags with their meaning, for documentation.
var Flags = []struct{ Name, Meaning string }{
	{FlagNoCharge, "it has a quantity and is not charged, so it is not in `counts`"},
	{FlagCancelledAgreement, "its agreement is cancelled, inactive or at its end, so it is not in `counts`"},
	{FlagOneTime, "it is charged once, so it is not in `counts`"},
	{FlagOneTimeAgreement, "its agreement is billed once"},
	{FlagNoBillingCycle, "its agreement has no billing cycle, and Gradient does not read such agreements"},
	{FlagCalculated, "the PSA counts when it makes the invoice, so there is no quantity to read"},
	{FlagUnknownQuantity, "the PSA gave no quantity"},
	{FlagLastDay, "it ends on the day `on`. Whether the PSA bills that day is not documented; it is counted"},
	{FlagPosted, "its period is posted for invoicing already, so a change that is approved now does not reach that invoice"},
	{FlagBundle, "it is a bundle, of which the products inside have no line of their own"},
	{FlagBundled, "it is part of the price of a bundle"},
}

// Has reports whether the line has a flag.
func (l Line) Has(flag string) bool { return slices.Contains(l.Flags, flag) }

// IsCharged reports whether the line, when it is in force, is charged again and again.
func (l Line) IsCharged() bool {
	return !l.Has(FlagNoCharge) && !l.Has(FlagCancelledAgreement) && !l.Has(FlagOneTime)
}

// InForce reports whether the line is billed on a day. Its last day counts (psa.md §8).
func (l Line) InForce(on Date) bool {
	return l.Starts <= on && (l.Ends == "" || l.Ends >= on)
}

// Touches reports whether the line is in force on a day of the period or later.
func (l Line) Touches(during Period) bool { return l.Ends == "" || l.Ends >= during.From }
