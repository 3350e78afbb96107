// Package gradient is a client of the Gradient MSP vendor API ("Synthesize"): the integration, its accounts, its
// services and their unit counts.
package gradient

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// Options configure a Client.
type Options struct {
	// BaseURL is the host part, https://app.usegradient.com by default; /api/vendor-api is added to it.
	BaseURL           string
	VendorKey         string
	PartnerKey        string
	RequestsPerSecond int // 1..100
	Transport         http.RoundTripper
	UserAgent         string
}

// Client talks to one integration. Whole lists (integration, accounts, services) are read once and written through.
type Client struct{ options Options }

// New returns a client. It makes no call.
func New(options Options) (*Client, error) { return &Client{options: options}, nil }

// Status of an integration, as Gradient writes it.
type Status string

// The integration states of contract §4.1.
const (
	StatusInactive Status = "inactive"
	StatusPending  Status = "pending"
	StatusActive   Status = "active"
)

// Integration is the partner's side of a custom integration.
type Integration struct {
	ID               string
	OrganizationID   string
	OrganizationName string
	VendorID         string
	VendorName       string
	Status           Status
	// LastSyncedAt is zero when the integration never synced: the API says 1900 then.
	LastSyncedAt time.Time
}

// Account is a customer, under the id that the vendor chose.
type Account struct {
	ID          string
	Name        string
	Description string
	// IsMapped is nil when the API does not say.
	IsMapped *bool
}

// Service is an entry of the vendor's catalogue. Only its name identifies it to people; Gradient picks the id.
type Service struct {
	ID             string
	Name           string
	Description    string
	Category       string
	Subcategory    string
	SupportArticle string
	SupportContact string
}

// Categories and Subcategories are the vendor's enumerations, case-sensitive.
var (
	Categories    = []string{"productivity", "other"}
	Subcategories = []string{"other"}
)

// ErrNotMapped marks a unit count that Gradient answered with 404: it keeps no number for an account or service that
// nobody mapped.
var ErrNotMapped = errors.New("account or service is not mapped")

var errNotBuilt = errors.New("not built yet")

// Integration returns the integration that the partner key belongs to (shared read).
func (c *Client) Integration(ctx context.Context) (Integration, error) {
	return Integration{}, errNotBuilt
}

// SetStatus moves the integration to a status and returns what Gradient made of it.
func (c *Client) SetStatus(ctx context.Context, status Status) (Integration, error) {
	return Integration{}, errNotBuilt
}

// Accounts returns all accounts in the order of the API (shared read).
func (c *Client) Accounts(ctx context.Context) ([]Account, error) { return nil, errNotBuilt }

// Account returns the account of that id from the shared read.
func (c *Client) Account(ctx context.Context, id string) (Account, bool, error) {
	return Account{}, false, errNotBuilt
}

// CreateAccount creates an account. After an unclear outcome (or a 409) it reads the accounts again: an account of
// that id and name counts as created, otherwise the error is returned.
func (c *Client) CreateAccount(ctx context.Context, account Account) (Account, error) {
	return Account{}, errNotBuilt
}

// UpdateAccount changes the name and description of the account with account.ID.
func (c *Client) UpdateAccount(ctx context.Context, account Account) (Account, error) {
	return Account{}, errNotBuilt
}

// Services returns the vendor's catalogue (shared read).
func (c *Client) Services(ctx context.Context) ([]Service, error) { return nil, errNotBuilt }

// Service returns the first service of exactly that name, and how many there are of that name.
func (c *Client) Service(ctx context.Context, name string) (Service, int, error) {
	return Service{}, 0, errNotBuilt
}

// CreateService creates a service. It cannot be undone. After an unclear outcome it reads the catalogue again before
// anything is repeated.
func (c *Client) CreateService(ctx context.Context, service Service) (Service, error) {
	return Service{}, errNotBuilt
}

// SetUnitCount sets the number of units of a service that an account has. noBuild spares the billing view a rebuild.
// A 404 gives an error that wraps ErrNotMapped and the *rest.Error.
func (c *Client) SetUnitCount(ctx context.Context, serviceID, accountID string, units int64, noBuild bool) error {
	return errNotBuilt
}
