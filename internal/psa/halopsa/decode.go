// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package halopsa

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/psa"
)

// wireInvoice is a recurring invoice, without its amounts (psa.md §4.3).
type wireInvoice struct {
	ID          psa.ID        `json:"id"`
	ClientID    psa.ID        `json:"client_id"`
	ClientName  psa.Text      `json:"client_name"`
	ContractRef psa.Text      `json:"contract_ref"`
	Disabled    psa.Flag      `json:"disabled"`
	Schedule    *wireSchedule `json:"schedule"`
	Lines       *[]wireLine   `json:"lines"`
}

// wireSchedule says when the invoices are made (psa.md §4.3).
type wireSchedule struct {
	StartDate psa.Day  `json:"startdate"`
	EndDate   psa.Day  `json:"end_date"`
	Disabled  psa.Flag `json:"disabled"`
}

// wireLine is a line of a recurring invoice, without its amounts (psa.md §4.3).
type wireLine struct {
	ItemID               psa.ID     `json:"_itemid"`
	ItemCode             psa.Text   `json:"item_code"`
	NominalCode          psa.Text   `json:"nominal_code"`
	ItemShortDescription psa.Text   `json:"item_shortdescription"`
	QtyOrder             psa.Number `json:"qty_order"`
	QuantityType         psa.Number `json:"recurring_invoice_quantity_type"`
	IsCalculatedLine     psa.Flag   `json:"_is_calculated_line"`
	IsInactive           psa.Flag   `json:"isinactive"`
	OneTimeCharge        psa.Flag   `json:"onetimecharge"`
	IsGroupDesc          psa.Flag   `json:"isgroupdesc"`
	IsBundledLine        psa.Flag   `json:"is_bundled_line"`
	StartDate            psa.Day    `json:"startdate"`
	EndDate              psa.Day    `json:"enddate"`
}

// invoice is a recurring invoice.
type invoice struct {
	id           string
	name         string
	customer     psa.Customer
	disabled     bool
	starts, ends psa.Date
	lines        []wireLine // without texts and inactive ones
	hasLines     bool       // the answer has lines at all
	whole        bool       // and says of each how its quantity is made
	err          error      // why it could not be read whole
}

func decodeInvoice(raw json.RawMessage) (invoice, error) {
	var wire wireInvoice
	if err := json.Unmarshal(raw, &wire); err != nil {
		return invoice{}, fmt.Errorf("it is not a recurring invoice: %w", err)
	}
	if wire.ID == "" {
		return invoice{}, errors.New("a recurring invoice has no id")
	}
	if !isSet(wire.ClientID) {
		return invoice{}, fmt.Errorf("the recurring invoice %s has no client", wire.ID)
	}
	i := invoice{
		id: string(wire.ID), name: fmt.Sprintf("recurring invoice %s", wire.ID),
		customer: psa.Customer{ID: string(wire.ClientID), Name: string(wire.ClientName)},
		disabled: bool(wire.Disabled),
	}
	if wire.ContractRef != "" {
		i.name = fmt.Sprintf("%s (%s)", wire.ContractRef, i.name)
	}
	if wire.Schedule != nil {
		i.disabled = i.disabled || bool(wire.Schedule.Disabled)
		i.starts, i.ends = dateOf(wire.Schedule.StartDate), dateOf(wire.Schedule.EndDate)
	}
	if wire.Lines != nil {
		i.hasLines = true
		i.lines = slices.DeleteFunc(*wire.Lines, func(line wireLine) bool { return bool(line.IsGroupDesc || line.IsInactive) })
		i.whole = !slices.ContainsFunc(i.lines, func(line wireLine) bool { return !line.QuantityType.Given })
	}
	return i, nil
}

// isSet reports whether an id is one. HaloPSA writes 0, -1 and -2 where there is none (psa.md §4.3).
func isSet(id psa.ID) bool { return !slices.Contains([]psa.ID{"", "0", "-1", "-2"}, id) }

// dateOf returns a day, or none: HaloPSA writes 1899-12-30 where there is none (psa.md §4.3).
func dateOf(day psa.Day) psa.Date {
	if psa.Date(day) < "1900-01-01" {
		return ""
	}
	return psa.Date(day)
}

// psaLines returns the lines that are in force in the period or later.
func (i invoice) psaLines(during psa.Period) []psa.Line {
	var lines []psa.Line
	for _, wire := range i.lines {
		if line := i.psaLine(wire, during); line.Touches(during) {
			lines = append(lines, line)
		}
	}
	return lines
}

// psaLine returns a line with the dates of its invoice. What is invoiced once on top, for a part of a month, is no part of the quantity
// (psa.md §4.4).
func (i invoice) psaLine(wire wireLine, during psa.Period) psa.Line {
	line := psa.Line{
		Product: wire.product(), Agreement: i.name, Quantity: wire.QtyOrder.Pointer(),
		Starts: max(dateOf(wire.StartDate), i.starts), Ends: dateOf(wire.EndDate),
	}
	switch {
	case bool(wire.IsCalculatedLine), wire.QuantityType.Given && wire.QuantityType.Value != 0: // its qty_order is 0 and means nothing (psa.md §4.4)
		line.Quantity = nil
		line.Flags = append(line.Flags, psa.FlagCalculated)
	case !wire.QuantityType.Given || line.Quantity == nil:
		line.Quantity = nil
		line.Flags = append(line.Flags, psa.FlagUnknownQuantity)
	}
	line.Billed = line.Quantity
	switch {
	case i.disabled, i.ends != "" && i.ends < during.From:
		line.Flags = append(line.Flags, psa.FlagCancelledAgreement)
	case i.ends != "" && (line.Ends == "" || i.ends < line.Ends):
		line.Ends = i.ends
	}
	if wire.OneTimeCharge {
		line.Flags = append(line.Flags, psa.FlagOneTime)
	}
	if wire.IsBundledLine {
		line.Flags = append(line.Flags, psa.FlagBundled)
	}
	return line
}

func (wire wireLine) product() psa.Product {
	product := psa.Product{Name: string(wire.ItemShortDescription)}
	if isSet(wire.ItemID) {
		product.ID = string(wire.ItemID)
	}
	for _, code := range []psa.Text{wire.ItemCode, wire.NominalCode} {
		if code != "" && !slices.Contains(product.Codes, string(code)) {
			product.Codes = append(product.Codes, string(code))
		}
	}
	return product
}
