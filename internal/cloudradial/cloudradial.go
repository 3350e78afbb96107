// Package cloudradial is a client of the CloudRadial API v2: companies and their domains, tokens, and flexible assets.
package cloudradial

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// DefaultBaseURL is the API of the US region. Each region has its own.
const DefaultBaseURL = "https://api.us.cloudradial.com"

// Options configure a Client.
type Options struct {
	// BaseURL is the region's API, DefaultBaseURL when empty.
	BaseURL string
	// PublicKey and PrivateKey are a v2 pair. A pair that belongs to one company sees only that company.
	PublicKey  string
	PrivateKey string
	Transport  http.RoundTripper
	UserAgent  string
}

// Client talks to one portal.
type Client struct {
	rest      *rest.Client
	companies *rest.Shared[companyList]
	domains   *rest.Shared[[]Domain]
	tokens    *rest.Shared[tokenList]
}

// New returns a client. It makes no call.
func New(options Options) (*Client, error) {
	if options.PublicKey == "" || options.PrivateKey == "" {
		return nil, errors.New("the CloudRadial public key and private key are both needed")
	}
	if options.BaseURL == "" {
		options.BaseURL = DefaultBaseURL
	}
	upstream, err := rest.New(rest.Config{
		System:    "CloudRadial",
		BaseURL:   options.BaseURL,
		Transport: options.Transport,
		UserAgent: options.UserAgent,
		Authorize: func(request *http.Request) error {
			request.SetBasicAuth(options.PublicKey, options.PrivateKey)
			return nil
		},
		Secrets: []string{options.PrivateKey, options.PublicKey + ":" + options.PrivateKey},
	})
	if err != nil {
		return nil, err
	}
	client := &Client{rest: upstream}
	client.companies = rest.NewShared(client.readCompanies)
	client.domains = rest.NewShared(client.readDomains)
	client.tokens = rest.NewShared(client.readTokens)
	return client, nil
}

// Company is a client company of the portal.
type Company struct {
	ID   int64
	Name string
	// PSAKey is 0 and PSAIdentifier empty when the company is not linked to the PSA.
	PSAKey        int64
	PSAIdentifier string
}

// companyList is never changed.
type companyList struct {
	all   []Company
	index map[int64]int // by id
}

// Companies returns all companies by id (shared read, 200 a page).
func (c *Client) Companies(ctx context.Context) ([]Company, error) {
	list, err := c.companies.Get(ctx)
	return slices.Clone(list.all), err
}

// Company returns the company of that id from the shared read.
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
	rows, err := readAll(ctx, c, collection{
		doing: "read the companies",
		path:  "/v2/odata/company",
		key:   "companyId",
		// The list leaves out what nobody here needs; naming the fields also keeps the answer small.
		fields: "companyId,name,psaKey,psaIdentifier",
	}, decodeCompanies)
	if err != nil {
		return companyList{}, err
	}
	slices.SortFunc(rows, func(a, b Company) int { return cmp.Compare(a.ID, b.ID) })
	index := make(map[int64]int, len(rows))
	for i, company := range rows {
		index[company.ID] = i
	}
	return companyList{rows, index}, nil
}

// Domain is a domain of a company. Deleted ones are left out of Domains.
type Domain struct {
	CompanyID int64
	Name      string
	IsDefault bool
}

// Domains returns the domains of all companies (shared read, 200 a page), by company and in the order of their ids.
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
		if !row.deleted { // the list has them, and no filter on it is known to work
			domains = append(domains, row.domain)
		}
	}
	return domains, nil
}
