// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package cloudradial

import (
	"cmp"
	"context"
	"fmt"
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

// OnlyCompany returns the company that the keys see when they see no other, and whether that is so. A pair of keys can belong to one
// company, and then sees only that one (cloudradial.md §2).
func (c *Client) OnlyCompany(ctx context.Context) (Company, bool) {
	companies, err := c.companies.Get(ctx)
	if err != nil || len(companies) != 1 {
		return Company{}, false
	}
	return companies[0], true
}

// OneCompanyOnly is the summary of a diagnostic about keys that see one company, when another one was looked for.
const OneCompanyOnly = "The CloudRadial keys see one company only"

// DescribeOnly says what it means that the keys see no other company than this one. otherwise says what to do when the portal has no other.
func DescribeOnly(only Company, otherwise string) string {
	return fmt.Sprintf("With these keys CloudRadial lists one company, %q (company_id %d). A key pair can belong to one company, and then sees no "+
		"other. Use a key pair of the partner: check public_key (environment variable CLOUDRADIAL_PUBLIC_KEY) and private_key "+
		"(CLOUDRADIAL_PRIVATE_KEY). If the portal has only this company, %s.", only.Name, only.ID, otherwise)
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
