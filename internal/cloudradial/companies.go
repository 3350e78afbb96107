package cloudradial

import (
	"cmp"
	"context"
	"slices"
)

// Company is a client company of the portal (cloudradial.md §7.1).
type Company struct {
	ID int64
	// Name is in Unicode NFC, as names in Terraform are.
	Name string
	// PSAKey is 0 and PSAIdentifier empty when the company is not linked to the PSA.
	PSAKey        int64
	PSAIdentifier string
}

func (c Company) key() rowKey { return rowKey{id: c.ID} }

// Companies returns all companies, ordered by id. They are read once per client, with GET /v2/odata/company
// (cloudradial.md §7.1).
func (c *Client) Companies(ctx context.Context) ([]Company, error) {
	companies, err := c.companies.Get(ctx)
	return slices.Clone(companies), err
}

// Company returns the company with that id from the list of [Client.Companies], and whether there is one.
func (c *Client) Company(ctx context.Context, id int64) (Company, bool, error) {
	companies, err := c.companies.Get(ctx)
	i, found := slices.BinarySearchFunc(companies, id, func(company Company, id int64) int { return cmp.Compare(company.ID, id) })
	if !found {
		return Company{}, false, err
	}
	return companies[i], true, nil
}

func (c *Client) readCompanies(ctx context.Context) ([]Company, error) {
	companies, err := readAll(ctx, c, collection{
		doing:  "read the companies",
		path:   "/v2/odata/company",
		key:    "companyId",
		fields: "companyId,name,psaKey,psaIdentifier", // keeps the answer small
	}, decodeCompanies)
	slices.SortFunc(companies, func(a, b Company) int { return cmp.Compare(a.ID, b.ID) })
	return companies, err
}
