package microsoft

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// Customers are the customer tenants of a partner, by name.
type Customers struct {
	Tenants []CustomerTenant
	// RelationshipsDenied tells that the application may not read relationships, so that only contracts told of customers.
	RelationshipsDenied bool
	// ContractsDenied tells that it may not read contracts, so that only relationships did.
	ContractsDenied bool
}

// CustomerTenant is a customer of a partner. What nobody told is empty.
type CustomerTenant struct {
	ID   string // lower case
	Name string
	// DefaultDomain is the contract's copy, made when the partnership began and never refreshed. Relationships tell none.
	DefaultDomain string
	// Relationship is the one that lasts longest, nil when only a contract told of the tenant.
	Relationship *Relationship
}

// Relationship is what Graph's delegatedAdminRelationship says of granular delegated admin privileges (GDAP) in a customer tenant.
type Relationship struct {
	Name   string
	Status string
	// End is when it ends unless it is extended; zero before it has begun.
	End time.Time
	// AutoExtend is by how many days it is extended at its end, 0 when it is not.
	AutoExtend int64
}

// Names of relationship statuses, of Graph's delegatedAdminRelationshipStatus.
const (
	statusActive          = "active"
	statusCreated         = "created"
	statusApprovalPending = "approvalPending"
	statusExpired         = "expired"
	statusTerminated      = "terminated"
)

// relationshipPageSize is the longest page that Graph gives of relationships. There are many: ended ones stay in the list.
const relationshipPageSize = "300"

const (
	selectRelationships = "displayName,customer,status,endDateTime,autoExtendDuration"
	selectContracts     = "customerId,defaultDomainName,displayName"
)

// ReadCustomers reads the customers of a partner tenant (GUID or domain), once per process: the tenants with a GDAP relationship that
// the customer has agreed to and that has not ended, and those with a contract. One of the two lists is enough. It needs the
// application permission DelegatedAdminRelationship.Read.All or Directory.Read.All (contracts) in the partner tenant.
func (c *Client) ReadCustomers(ctx context.Context, partnerTenant string) (*Customers, *TenantError) {
	return readOnce(ctx, c, c.customers, partnerTenant, "read customers", c.readCustomers)
}

func (c *Client) readCustomers(ctx context.Context, partner string) (*Customers, *TenantError) {
	g, failed := c.openGraph(ctx, partner, doingRelationships)
	if failed != nil {
		return nil, failed
	}
	var relationships, contracts []CustomerTenant
	var relationshipsRefused, contractsRefused error
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error {
		// Without $filter: which properties it takes is not documented.
		query := url.Values{"$select": {selectRelationships}, "$top": {relationshipPageSize}}
		list, err := readList(groupCtx, g, doingRelationships, "/v1.0/tenantRelationships/delegatedAdminRelationships", query, relationshipsOf)
		if refusedByGraph(err, http.StatusForbidden) {
			relationshipsRefused = err
			return nil
		}
		if err != nil {
			return c.graphError(ctx, partner, doingRelationships, err)
		}
		relationships = list
		return nil
	})
	group.Go(func() error {
		list, err := readList(groupCtx, g, doingContracts, "/v1.0/contracts", url.Values{"$select": {selectContracts}}, contractsOf)
		if refusedByGraph(err, http.StatusForbidden) {
			contractsRefused = err
			return nil
		}
		if err != nil {
			return c.graphError(ctx, partner, doingContracts, err)
		}
		contracts = list
		return nil
	})
	if err := group.Wait(); err != nil {
		errors.As(err, &failed)
		return nil, failed
	}
	if relationshipsRefused != nil && contractsRefused != nil {
		return nil, c.graphError(ctx, partner, doingRelationships, relationshipsRefused)
	}
	return &Customers{
		Tenants:             merged(relationships, contracts),
		RelationshipsDenied: relationshipsRefused != nil,
		ContractsDenied:     contractsRefused != nil,
	}, nil
}

// merged makes one entry of all that was told of a tenant, sorted by name and id. Relationships know the name best, for contracts
// only have a copy.
func merged(relationships, contracts []CustomerTenant) []CustomerTenant {
	byID := map[string]CustomerTenant{}
	for _, told := range slices.Concat(relationships, contracts) {
		held, known := byID[told.ID]
		if !known {
			byID[told.ID] = told
			continue
		}
		if lastsLonger(told.Relationship, held.Relationship) {
			held.Relationship = told.Relationship
			held.Name = cmp.Or(told.Name, held.Name)
		}
		held.Name = cmp.Or(held.Name, told.Name)
		held.DefaultDomain = cmp.Or(held.DefaultDomain, told.DefaultDomain)
		byID[told.ID] = held
	}
	tenants := make([]CustomerTenant, 0, len(byID))
	for _, tenant := range byID {
		tenants = append(tenants, tenant)
	}
	slices.SortFunc(tenants, func(a, b CustomerTenant) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return tenants
}

// lastsLonger compares two relationships of a tenant: one that gives access now comes first, then the later end, and only then what
// is to happen at that end.
func lastsLonger(a, b *Relationship) bool {
	if a == nil || b == nil {
		return false // a contract, which comes after the relationships
	}
	if (a.Status == statusActive) != (b.Status == statusActive) {
		return a.Status == statusActive
	}
	return cmp.Or(a.End.Compare(b.End), cmp.Compare(a.AutoExtend, b.AutoExtend), cmp.Compare(a.Name, b.Name)) > 0
}

// wireRelationship is a delegatedAdminRelationship as Graph writes it.
type wireRelationship struct {
	Name     string `json:"displayName"`
	Customer struct {
		TenantID string `json:"tenantId"`
		Name     string `json:"displayName"`
	} `json:"customer"`
	Status     string `json:"status"`
	End        string `json:"endDateTime"`
	AutoExtend string `json:"autoExtendDuration"`
}

// relationshipsOf checks a page of relationships and returns the tenants of those that are agreed and have not ended. The others say
// nothing: a created one may not even name a customer. A status that Microsoft adds one day is taken for a living one.
func relationshipsOf(p page[wireRelationship]) ([]CustomerTenant, error) {
	if p.Value == nil {
		return nil, errNoList
	}
	var tenants []CustomerTenant
	for i, w := range *p.Value {
		switch w.Status {
		case "":
			return nil, fmt.Errorf("relationship %d (%s) has no status", i, w.Name)
		case statusCreated, statusApprovalPending, statusExpired, statusTerminated:
			continue
		}
		if w.Customer.TenantID == "" {
			return nil, fmt.Errorf("relationship %d (%s) is %s and has no customer.tenantId", i, w.Name, w.Status)
		}
		relationship, err := w.relationship()
		if err != nil {
			return nil, fmt.Errorf("relationship %d (%s) %w", i, w.Name, err)
		}
		tenants = append(tenants, CustomerTenant{ID: strings.ToLower(w.Customer.TenantID), Name: w.Customer.Name, Relationship: relationship})
	}
	return tenants, nil
}

// relationship reads the times. One that cannot be read is an error: somebody waits for the end.
func (w wireRelationship) relationship() (*Relationship, error) {
	relationship := &Relationship{Name: w.Name, Status: w.Status}
	var err error
	if w.End != "" {
		if relationship.End, err = parseTime(w.End); err != nil {
			return nil, fmt.Errorf("has an endDateTime that is no time: %q", w.End)
		}
	}
	if relationship.AutoExtend, err = wholeDays(w.AutoExtend); err != nil {
		return nil, fmt.Errorf("has an autoExtendDuration that is no duration: %q", w.AutoExtend)
	}
	return relationship, nil
}

// duration is an Edm.Duration: ISO 8601 without months, whose length nobody knows.
var duration = regexp.MustCompile(`^P(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,8})M)?(?:(\d{1,10})(?:\.\d+)?S)?)?$`)

// wholeDays is the length of an Edm.Duration. Microsoft knows P180D, and PT0S or P0D for none; so does an empty one.
func wholeDays(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	parts := duration.FindStringSubmatch(text)
	if parts == nil || !slices.ContainsFunc(parts[1:], func(part string) bool { return part != "" }) {
		return 0, errors.New("this is no duration")
	}
	seconds := int64(0)
	for i, unit := range []int64{24 * 60 * 60, 60 * 60, 60, 1} {
		if parts[i+1] == "" {
			continue
		}
		number, err := strconv.ParseInt(parts[i+1], 10, 64)
		if err != nil {
			return 0, err
		}
		seconds += number * unit
	}
	return seconds / (24 * 60 * 60), nil
}

// wireContract is a contract as Graph writes it.
type wireContract struct {
	CustomerID    string `json:"customerId"`
	DefaultDomain string `json:"defaultDomainName"`
	Name          string `json:"displayName"`
}

// contractsOf checks and returns the tenants of a page of contracts.
func contractsOf(p page[wireContract]) ([]CustomerTenant, error) {
	if p.Value == nil {
		return nil, errNoList
	}
	var tenants []CustomerTenant
	for i, w := range *p.Value {
		if w.CustomerID == "" {
			return nil, fmt.Errorf("contract %d (%s) has no customerId", i, w.Name)
		}
		tenants = append(tenants, CustomerTenant{ID: strings.ToLower(w.CustomerID), Name: w.Name, DefaultDomain: w.DefaultDomain})
	}
	return tenants, nil
}
