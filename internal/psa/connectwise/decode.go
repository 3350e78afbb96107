// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package connectwise

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/psa"
)

// wireCompany is a reference to a company (psa.md §2.3).
type wireCompany struct {
	ID         psa.ID   `json:"id"`
	Identifier psa.Text `json:"identifier"`
	Name       psa.Text `json:"name"`
}

// wireAgreement is an agreement, without its amounts (psa.md §2.3).
type wireAgreement struct {
	ID               psa.ID          `json:"id"`
	Name             psa.Text        `json:"name"`
	Company          *wireCompany    `json:"company"`
	BillToCompany    *wireCompany    `json:"billToCompany"`
	AgreementStatus  psa.Text        `json:"agreementStatus"`
	CancelledFlag    psa.Flag        `json:"cancelledFlag"`
	DateCancelled    psa.Day         `json:"dateCancelled"`
	StartDate        psa.Day         `json:"startDate"`
	EndDate          psa.Day         `json:"endDate"`
	NoEndingDateFlag psa.Flag        `json:"noEndingDateFlag"`
	BillingCycle     *wireBillingRef `json:"billingCycle"`
	BillOneTimeFlag  psa.Flag        `json:"billOneTimeFlag"`
	OneTimeFlag      psa.Flag        `json:"oneTimeFlag"`
}

type wireBillingRef struct {
	ID psa.ID `json:"id"`
}

// wireProduct is a reference to a product. It has no name (psa.md §2.3).
type wireProduct struct {
	ID         psa.ID   `json:"id"`
	Identifier psa.Text `json:"identifier"`
}

// wireAddition is an addition, without its amounts (psa.md §2.3).
type wireAddition struct {
	ID             psa.ID       `json:"id"`
	AgreementID    psa.ID       `json:"agreementId"`
	Product        *wireProduct `json:"product"`
	Quantity       psa.Number   `json:"quantity"`
	LessIncluded   psa.Number   `json:"lessIncluded"`
	BilledQuantity psa.Number   `json:"billedQuantity"`
	BillCustomer   psa.Text     `json:"billCustomer"`
	EffectiveDate  psa.Day      `json:"effectiveDate"`
	CancelledDate  psa.Day      `json:"cancelledDate"`
}

// agreement is what is billed to a customer.
type agreement struct {
	id           int64
	name         string // with its id, and who pays when that is another company
	customer     psa.Customer
	cancelled    bool
	cancelledOn  psa.Date
	starts, ends psa.Date
	flags        []string
}

func decodeAgreement(raw json.RawMessage) (agreement, error) {
	var wire wireAgreement
	if err := json.Unmarshal(raw, &wire); err != nil {
		return agreement{}, fmt.Errorf("it is not an agreement: %w", err)
	}
	id, err := number(wire.ID)
	if err != nil {
		return agreement{}, fmt.Errorf("an agreement %w", err)
	}
	if wire.Company == nil || wire.Company.ID == "" {
		return agreement{}, fmt.Errorf("agreement %d has no company", id)
	}
	a := agreement{
		id:       id,
		name:     fmt.Sprintf("%s (%d)", wire.Name, id),
		customer: psa.Customer{ID: string(wire.Company.ID), Identifier: string(wire.Company.Identifier), Name: string(wire.Company.Name)},
		// An installation of an older version gives no status. The flag says then whether the agreement is cancelled (psa.md §2.4).
		cancelled:   bool(wire.CancelledFlag) || wire.AgreementStatus != "" && wire.AgreementStatus != "Active",
		cancelledOn: psa.Date(wire.DateCancelled),
		starts:      psa.Date(wire.StartDate),
	}
	if !wire.NoEndingDateFlag {
		a.ends = psa.Date(wire.EndDate)
	}
	if payer := wire.BillToCompany; payer != nil && payer.ID != "" && payer.ID != wire.Company.ID {
		a.name += fmt.Sprintf(", billed to %s", payer.Name)
	}
	if wire.BillOneTimeFlag || wire.OneTimeFlag {
		a.flags = append(a.flags, psa.FlagOneTimeAgreement)
	}
	if wire.BillingCycle == nil || wire.BillingCycle.ID == "" {
		a.flags = append(a.flags, psa.FlagNoBillingCycle) // psa.md §1
	}
	return a, nil
}

// endedBefore reports whether the agreement is known to have ended before a day.
func (a agreement) endedBefore(day psa.Date) bool {
	if a.cancelled && a.cancelledOn != "" {
		return a.cancelledOn < day
	}
	return a.ends != "" && a.ends < day
}

// addition is a line of an agreement.
type addition struct {
	id, agreementID  int64
	product          psa.Product
	quantity, billed *float64
	free             bool
	starts, ends     psa.Date
	replaced         bool // another addition goes on after its last day
}

func decodeAddition(raw json.RawMessage) (addition, error) {
	var wire wireAddition
	if err := json.Unmarshal(raw, &wire); err != nil {
		return addition{}, fmt.Errorf("it is not an addition: %w", err)
	}
	id, err := number(wire.ID)
	if err != nil {
		return addition{}, fmt.Errorf("an addition %w", err)
	}
	if wire.Product == nil || wire.Product.ID == "" && wire.Product.Identifier == "" {
		return addition{}, fmt.Errorf("addition %d has no product", id)
	}
	found := addition{
		id: id, product: psa.Product{ID: string(wire.Product.ID)}, quantity: wire.Quantity.Pointer(), billed: wire.BilledQuantity.Pointer(),
		starts: psa.Date(wire.EffectiveDate), ends: psa.Date(wire.CancelledDate),
	}
	if code := string(wire.Product.Identifier); code != "" {
		found.product.Codes = []string{code}
	}
	if wire.AgreementID != "" {
		if found.agreementID, err = number(wire.AgreementID); err != nil {
			return addition{}, fmt.Errorf("the agreement of addition %d %w", id, err)
		}
	}
	if found.billed == nil && found.quantity != nil {
		billed := *found.quantity - wire.LessIncluded.Value
		found.billed = &billed
	}
	switch wire.BillCustomer {
	case "Billable":
	case "DoNotBill", "NoCharge":
		found.free = true
	default:
		return addition{}, fmt.Errorf("addition %d has billCustomer %q, which is neither Billable nor DoNotBill nor NoCharge", id, wire.BillCustomer)
	}
	return found, nil
}

// line returns the addition as a line of its agreement. The dates decide whether it is in force, not its status (psa.md §2.4).
func (found addition) line(a agreement, during psa.Period) psa.Line {
	line := psa.Line{
		Product: found.product, Agreement: a.name, Quantity: found.quantity, Billed: found.billed,
		Starts: max(found.starts, a.starts), Ends: found.ends, Flags: append([]string(nil), a.flags...),
	}
	switch {
	case a.cancelled, a.endedBefore(during.From):
		line.Flags = append(line.Flags, psa.FlagCancelledAgreement)
	case a.ends != "" && (line.Ends == "" || a.ends < line.Ends):
		line.Ends = a.ends
	}
	if line.Ends != "" && line.Ends == found.ends && !found.replaced && (line.Ends == during.From || line.Ends == during.To) {
		line.Flags = append(line.Flags, psa.FlagLastDay)
	}
	if found.free {
		line.Flags = append(line.Flags, psa.FlagNoCharge)
	}
	if line.Quantity == nil {
		line.Flags = append(line.Flags, psa.FlagUnknownQuantity)
	}
	return line
}

// number reads an id. The error goes on from the name of what has it.
func number(id psa.ID) (int64, error) {
	n, err := strconv.ParseInt(string(id), 10, 64)
	if err != nil {
		return 0, errors.New("has no id that is a whole number")
	}
	return n, nil
}
