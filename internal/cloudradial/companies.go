package cloudradial

import (
	"cmp"
	"context"
	"slices"
)

// Company is a client company of the portal (cloudradial.md §7.1).
type Company struct {
	ID   int64
	Name string
	// PSAKey is 0 and PSAIdentifier empty when the company is not linked to the PSA.
	PSAKey        int64
	PSAIdentifier string
}

func (c Company) key() rowKey { return rowKey{id: c.ID} }

// companyList is an immutable list with an index.
type companyList struct {
	all   []Company
	index map[int64]int // by id
}

// Companies returns all companies, ordered by id. They are read once per client, with GET /v2/odata/company
// (cloudradial.md §7.1).
func (c *Client) Companies(ctx context.Context) ([]Company, error) {
	list, err := c.companies.Get(ctx)
	return slices.Clone(list.all), err
}

// Company returns the company with that id from the list of [Client.Companies], and whether there is one.
func (c *Client) Company(ctx context.Context, id int64) (Company, bool, error) {
	list, err := c.companies.Get(ctx)
	if err != nil {
		return Company{}, false, err
	}
	i, found := list.index[id]
	if !found {
		return Company{}, false, nil
	}
	return list.all[i], true, nil
}

func (c *Client) readCompanies(ctx context.Context) (companyList, error) {
	companies, err := readAll(ctx, c, collection{
		doing:  "read the companies",
		path:   "/v2/odata/company",
		key:    "companyId",
		fields: "companyId,name,psaKey,psaIdentifier", // keeps the answer small
	}, decodeCompanies)
	if err != nil {
		return companyList{}, err
	}
	slices.SortFunc(companies, func(a, b Company) int { return cmp.Compare(a.ID, b.ID) })
	index := make(map[int64]int, len(companies))
	for i, company := range companies {
		index[company.ID] = i
	}
	return companyList{companies, index}, nil
}
