// Package cloudradial is a client of the CloudRadial API v2: companies and their domains.
package cloudradial

import (
	"context"
	"errors"
	"net/http"
)

// Options configure a Client.
type Options struct {
	BaseURL    string
	PublicKey  string
	PrivateKey string
	Transport  http.RoundTripper
	UserAgent  string
}

// Client talks to one portal.
type Client struct{ options Options }

// New returns a client. It makes no call.
func New(options Options) (*Client, error) { return &Client{options: options}, nil }

// Company is a client company of the portal.
type Company struct {
	ID            int64
	Name          string
	PSAKey        int64
	PSAIdentifier string
}

// Domain is a domain of a company. Deleted ones are left out of Domains.
type Domain struct {
	CompanyID int64
	Name      string
	IsDefault bool
}

var errNotBuilt = errors.New("not built yet")

// Companies returns all companies by id (shared read, 200 a page).
func (c *Client) Companies(ctx context.Context) ([]Company, error) { return nil, errNotBuilt }

// Company returns the company of that id from the shared read.
func (c *Client) Company(ctx context.Context, id int64) (Company, bool, error) {
	return Company{}, false, errNotBuilt
}

// Domains returns the domains of all companies (shared read, 200 a page).
func (c *Client) Domains(ctx context.Context) ([]Domain, error) { return nil, errNotBuilt }
