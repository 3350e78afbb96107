// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package autotask

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/psa"
)

// recurringService is the type of contracts that have services (psa.md §3.3).
const recurringService = 7

// wireContract is a contract, without its amounts (psa.md §3.3).
type wireContract struct {
	ID              psa.ID   `json:"id"`
	ContractName    psa.Text `json:"contractName"`
	CompanyID       psa.ID   `json:"companyID"`
	Status          psa.ID   `json:"status"`
	EndDate         psa.Day  `json:"endDate"`
	BillToCompanyID psa.ID   `json:"billToCompanyID"`
}

// wireService is a service (psa.md §3.3).
type wireService struct {
	ID         psa.ID   `json:"id"`
	Name       psa.Text `json:"name"`
	SKU        psa.Text `json:"sku"`
	ExternalID psa.Text `json:"externalID"`
	InternalID psa.Text `json:"internalID"`
}

// wireUnits is the quantity of a service, or of a bundle, in one billing period. price and cost are left out (psa.md §3.4).
type wireUnits struct {
	ID                 psa.ID     `json:"id"`
	ContractID         psa.ID     `json:"contractID"`
	ContractServiceID  psa.ID     `json:"contractServiceID"`
	ServiceID          psa.ID     `json:"serviceID"`
	ServiceBundleID    psa.ID     `json:"serviceBundleID"`
	Units              psa.Number `json:"units"`
	StartDate          psa.Day    `json:"startDate"`
	EndDate            psa.Day    `json:"endDate"`
	ApproveAndPostDate psa.Day    `json:"approveAndPostDate"`
}

// wireCompanyName is a company (psa.md §3.3).
type wireCompanyName struct {
	ID          psa.ID   `json:"id"`
	CompanyName psa.Text `json:"companyName"`
}

// contract is what is billed to a company.
type contract struct {
	name    string // with its id
	company string
	payer   string // id of another company that pays, or empty
	active  bool
	ends    psa.Date
}

// goesOn reports whether the contract is billed on a day.
func (c contract) goesOn(day psa.Date) bool { return c.active && (c.ends == "" || c.ends >= day) }

var contractFields = []string{"contractName", "companyID", "status", "endDate", "billToCompanyID"}

func decodeContract(raw json.RawMessage) (wireContract, psa.ID, error) {
	var wire wireContract
	if err := json.Unmarshal(raw, &wire); err != nil {
		return wire, "", fmt.Errorf("it is not a contract: %w", err)
	}
	if wire.CompanyID == "" {
		return wire, "", fmt.Errorf("contract %s has no company", wire.ID)
	}
	return wire, wire.ID, nil
}

func newContract(wire wireContract) contract {
	c := contract{
		name: fmt.Sprintf("%s (%s)", wire.ContractName, wire.ID), company: string(wire.CompanyID), active: wire.Status == "1",
		ends: psa.Date(wire.EndDate),
	}
	if wire.BillToCompanyID != wire.CompanyID && wire.BillToCompanyID != "0" {
		c.payer = string(wire.BillToCompanyID)
	}
	return c
}

// readContracts reads the recurring service contracts that are active, and those that ended not more than a year before a day: a change may have
// been approved for one of them.
func (c *Client) readContracts(ctx context.Context, yearBefore psa.Date) (map[string]contract, error) {
	return c.queryContracts(ctx, []condition{
		{Op: "eq", Field: "contractType", Value: recurringService},
		{Op: "or", Items: []condition{
			{Op: "eq", Field: "status", Value: 1},
			{Op: "gte", Field: "endDate", Value: yearBefore + "T00:00:00"},
		}},
	})
}

func (c *Client) queryContracts(ctx context.Context, filter []condition) (map[string]contract, error) {
	rows, err := readAll(ctx, c, list{"read the contracts", "Contracts", contractFields, filter}, decodeContract)
	if err != nil {
		return nil, err
	}
	contracts := make(map[string]contract, len(rows))
	for _, row := range rows {
		contracts[string(row.ID)] = newContract(row)
	}
	return contracts, nil
}

// readCompanies reads the names of the companies that have a contract, by id.
func (c *Client) readCompanies(ctx context.Context) (map[string]string, error) {
	contracts, err := c.contracts.Get(ctx)
	if err != nil {
		return nil, err
	}
	ids := map[string]bool{}
	for _, of := range contracts {
		ids[of.company] = true
	}
	names := map[string]string{}
	for some := range slices.Chunk(slices.Sorted(maps.Keys(ids)), pageSize) {
		rows, err := readAll(ctx, c, list{"read the companies", "Companies", []string{"companyName"}, []condition{in("id", some)}},
			func(raw json.RawMessage) (wireCompanyName, psa.ID, error) {
				var wire wireCompanyName
				err := json.Unmarshal(raw, &wire)
				return wire, wire.ID, err
			})
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			names[string(row.ID)] = string(row.CompanyName)
		}
	}
	return names, nil
}

// in is a condition on ids, which are numbers for Autotask.
func in(field string, ids []string) condition {
	values := make([]json.RawMessage, len(ids))
	for i, id := range ids {
		values[i] = json.RawMessage(id)
	}
	return condition{Op: "in", Field: field, Value: values}
}

// readServices reads the services as products, by id.
func (c *Client) readServices(ctx context.Context) (map[string]psa.Product, error) {
	rows, err := readAll(ctx, c, list{"read the services", "Services", []string{"name", "sku", "externalID", "internalID"}, []condition{{Op: "exist", Field: "id"}}},
		func(raw json.RawMessage) (wireService, psa.ID, error) {
			var wire wireService
			err := json.Unmarshal(raw, &wire)
			return wire, wire.ID, err
		})
	if err != nil {
		return nil, err
	}
	services := make(map[string]psa.Product, len(rows))
	for _, row := range rows {
		product := psa.Product{ID: string(row.ID), Name: string(row.Name)}
		for _, code := range []psa.Text{row.SKU, row.ExternalID, row.InternalID} {
			if code != "" && !slices.Contains(product.Codes, string(code)) {
				product.Codes = append(product.Codes, string(code))
			}
		}
		services[product.ID] = product
	}
	return services, nil
}

// readUnits reads the rows of units whose period has a day of the given one. Rows exist for every period of a contract, those of the future
// included (psa.md §3.4).
func (c *Client) readUnits(ctx context.Context, entity string, during psa.Period) ([]wireUnits, error) {
	fields := []string{"contractID", "contractServiceID", "serviceID", "units", "startDate", "endDate", "approveAndPostDate"}
	if entity == bundleUnits {
		fields = []string{"contractID", "serviceBundleID", "units", "startDate", "endDate", "approveAndPostDate"}
	}
	return readAll(ctx, c, list{"read the units of contracts (" + entity + ")", entity, fields, []condition{
		{Op: "lte", Field: "startDate", Value: during.To + "T23:59:59"},
		{Op: "gte", Field: "endDate", Value: during.From + "T00:00:00"},
	}}, decodeUnits)
}

// The entities that have quantities.
const (
	serviceUnits = "ContractServiceUnits"
	bundleUnits  = "ContractServiceBundleUnits"
)

func decodeUnits(raw json.RawMessage) (wireUnits, psa.ID, error) {
	var wire wireUnits
	if err := json.Unmarshal(raw, &wire); err != nil {
		return wire, "", fmt.Errorf("it is not a row of units: %w", err)
	}
	switch {
	case wire.ContractID == "":
		return wire, "", errors.New("a row of units has no contract")
	case wire.ServiceID == "" && wire.ServiceBundleID == "":
		return wire, "", errors.New("a row of units has no service")
	case wire.StartDate == "" || wire.EndDate == "":
		return wire, "", errors.New("a row of units has no period")
	}
	return wire, wire.ID, nil
}
