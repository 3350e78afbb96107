// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package cloudradial

import (
	"cmp"
	"context"
	"slices"
)

// Domain is a domain of a company (cloudradial.md §7.4).
type Domain struct {
	CompanyID int64
	Name      string
	IsDefault bool
}

// Domains returns the domains of all companies, ordered by company and by id, without those that are deleted. They are read
// once per client, with GET /v2/odata/domain (cloudradial.md §7.4).
func (c *Client) Domains(ctx context.Context) ([]Domain, error) {
	domains, err := c.domains.Get(ctx)
	return slices.Clone(domains), err
}

func (c *Client) readDomains(ctx context.Context) ([]Domain, error) {
	rows, err := readAll(ctx, c, collection{
		doing:  "read the domains",
		path:   "/v2/odata/domain",
		key:    "companyDomainId",
		fields: "companyDomainId,companyId,name,isDefault,isDeleted",
	}, decodeDomains)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(rows, func(a, b domainRow) int {
		return cmp.Or(cmp.Compare(a.domain.CompanyID, b.domain.CompanyID), cmp.Compare(a.id, b.id))
	})
	domains := make([]Domain, 0, len(rows))
	for _, row := range rows {
		if !row.deleted { // deleted rows stay in the list (cloudradial.md §6)
			domains = append(domains, row.domain)
		}
	}
	return domains, nil
}

// domainRow is a row of the list: a domain with its id.
type domainRow struct {
	id      int64
	deleted bool
	domain  Domain
}

func (d domainRow) key() rowKey { return rowKey{id: d.id} }
