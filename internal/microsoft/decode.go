package microsoft

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The types named wire… are Graph's own JSON, apart from the types that callers see. Unknown members are ignored, because Graph
// sends some that it does not declare (microsoft.md §1.1).

// wirePage is one page of a collection (microsoft.md §1.2). A missing value stays nil, so that it is no empty list.
type wirePage[T any] struct {
	Value    *[]T   `json:"value"`
	NextLink string `json:"@odata.nextLink"`
}

var errNoList = errors.New(`it has no list in "value"`)

// wireSKU is a subscribedSku (microsoft.md §1.1). Its numbers are Edm.Int32, and each may be null.
type wireSKU struct {
	AccountID        string   `json:"accountId"`
	SKUID            string   `json:"skuId"`
	PartNumber       string   `json:"skuPartNumber"`
	AppliesTo        string   `json:"appliesTo"`
	CapabilityStatus string   `json:"capabilityStatus"`
	Consumed         *int32   `json:"consumedUnits"`
	SubscriptionIDs  []string `json:"subscriptionIds"`
	Prepaid          struct {
		Enabled   *int32 `json:"enabled"`
		Warning   *int32 `json:"warning"`
		Suspended *int32 `json:"suspended"`
		LockedOut *int32 `json:"lockedOut"`
	} `json:"prepaidUnits"`
}

// name returns what messages call the SKU.
func (w wireSKU) name() string { return cmp.Or(w.PartNumber, w.SKUID) }

// decodeSKUs checks and converts a page of subscribedSkus.
func decodeSKUs(p wirePage[wireSKU]) ([]SubscribedSKU, error) {
	if p.Value == nil {
		return nil, errNoList
	}
	skus := make([]SubscribedSKU, 0, len(*p.Value))
	for i, w := range *p.Value {
		if w.SKUID == "" && w.PartNumber == "" {
			return nil, fmt.Errorf("entry %d has neither skuId nor skuPartNumber", i)
		}
		for _, number := range []*int32{w.Consumed, w.Prepaid.Enabled, w.Prepaid.Warning, w.Prepaid.Suspended, w.Prepaid.LockedOut} {
			if number != nil && *number < 0 {
				return nil, fmt.Errorf("%s has a negative number of units", w.name())
			}
		}
		skus = append(skus, SubscribedSKU{
			AccountID:        parseAccountID(w.AccountID),
			SKUID:            strings.ToLower(w.SKUID),
			PartNumber:       w.PartNumber,
			AppliesTo:        w.AppliesTo,
			CapabilityStatus: w.CapabilityStatus,
			Enabled:          w.Prepaid.Enabled,
			Warning:          w.Prepaid.Warning,
			Suspended:        w.Prepaid.Suspended,
			LockedOut:        w.Prepaid.LockedOut,
			Consumed:         w.Consumed,
			SubscriptionIDs:  w.SubscriptionIDs,
		})
	}
	return skus, nil
}

// parseAccountID drops the all-zero id, which stands for a system subscription and is no tenant (microsoft.md §1.1).
func parseAccountID(id string) string {
	if id == "00000000-0000-0000-0000-000000000000" {
		return ""
	}
	return strings.ToLower(id)
}

// wireSubscription is a companySubscription (microsoft.md §1.4).
type wireSubscription struct {
	ID            string `json:"id"`
	CommerceID    string `json:"commerceSubscriptionId"`
	SKUID         string `json:"skuId"`
	PartNumber    string `json:"skuPartNumber"`
	Status        string `json:"status"`
	IsTrial       *bool  `json:"isTrial"`
	TotalLicenses *int32 `json:"totalLicenses"`
	OwnerTenantID string `json:"ownerTenantId"`
	Created       string `json:"createdDateTime"`
	NextLifecycle string `json:"nextLifecycleDateTime"`
}

// decodeSubscriptions checks and converts a page of directory/subscriptions.
func decodeSubscriptions(p wirePage[wireSubscription]) ([]Subscription, error) {
	if p.Value == nil {
		return nil, errNoList
	}
	subscriptions := make([]Subscription, 0, len(*p.Value))
	for i, w := range *p.Value {
		if w.TotalLicenses != nil && *w.TotalLicenses < 0 {
			return nil, fmt.Errorf("entry %d (%s) has a negative number of licenses", i, w.PartNumber)
		}
		subscriptions = append(subscriptions, Subscription{
			ID:                    w.ID,
			CommerceID:            w.CommerceID,
			SKUID:                 strings.ToLower(w.SKUID),
			PartNumber:            w.PartNumber,
			Status:                w.Status,
			IsTrial:               w.IsTrial,
			TotalLicenses:         w.TotalLicenses,
			OwnerTenantID:         strings.ToLower(w.OwnerTenantID),
			CreatedDateTime:       parseOptionalTime(w.Created),
			NextLifecycleDateTime: parseOptionalTime(w.NextLifecycle),
		})
	}
	return subscriptions, nil
}

// parseOptionalTime parses an Edm.DateTimeOffset. It returns zero when it cannot be parsed, because no count depends on it.
func parseOptionalTime(text string) time.Time {
	at, err := parseTime(text)
	if err != nil {
		return time.Time{}
	}
	return at
}

// parseTime parses an Edm.DateTimeOffset. The first day of the year 1 is .NET's null. It refuses every other year before 2000, and
// years that RFC 3339 cannot write.
func parseTime(text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, err
	}
	at = at.UTC()
	if !at.IsZero() && (at.Year() < 2000 || at.Year() > 9999) {
		return time.Time{}, errors.New("its year is not within 2000 to 9999")
	}
	return at, nil
}

// wireRelationship is a delegatedAdminRelationship (microsoft.md §2).
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

// decodeRelationships checks a page of relationships and returns the tenants of those that are accepted and have not ended. One that
// is only created may have no customer yet. An unknown status counts as accepted.
func decodeRelationships(p wirePage[wireRelationship]) ([]CustomerTenant, error) {
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
		relationship, err := w.newRelationship()
		if err != nil {
			return nil, fmt.Errorf("relationship %d (%s) %w", i, w.Name, err)
		}
		tenants = append(tenants, CustomerTenant{ID: strings.ToLower(w.Customer.TenantID), Name: w.Customer.Name, Relationship: relationship})
	}
	return tenants, nil
}

// newRelationship converts the relationship. A time that cannot be parsed is an error, because users are warned before the end.
func (w wireRelationship) newRelationship() (*Relationship, error) {
	relationship := &Relationship{Name: w.Name, Status: w.Status}
	var err error
	if w.End != "" {
		if relationship.End, err = parseTime(w.End); err != nil {
			return nil, fmt.Errorf("has an endDateTime that is not a time: %q", w.End)
		}
	}
	if relationship.AutoExtend, err = parseDays(w.AutoExtend); err != nil {
		return nil, fmt.Errorf("has an autoExtendDuration that is not a duration: %q", w.AutoExtend)
	}
	return relationship, nil
}

// duration matches an Edm.Duration: ISO 8601 without years and months.
var duration = regexp.MustCompile(`^P(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,8})M)?(?:(\d{1,10})(?:\.\d+)?S)?)?$`)

// parseDays returns the whole days of an Edm.Duration. The API has P180D, and PT0S for none (microsoft.md §2); empty is none, too.
func parseDays(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	parts := duration.FindStringSubmatch(text)
	if parts == nil || !slices.ContainsFunc(parts[1:], func(part string) bool { return part != "" }) {
		return 0, errors.New("this is not a duration")
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

// wireContract is a contract (microsoft.md §2).
type wireContract struct {
	CustomerID    string `json:"customerId"`
	DefaultDomain string `json:"defaultDomainName"`
	Name          string `json:"displayName"`
}

// decodeContracts checks a page of contracts and returns their tenants.
func decodeContracts(p wirePage[wireContract]) ([]CustomerTenant, error) {
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
