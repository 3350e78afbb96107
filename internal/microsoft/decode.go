// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

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
	"unique"
)

// The types named wire… are Graph's own JSON, apart from the types that callers see. Unknown members are ignored, because Graph
// sends some that it does not declare (microsoft.md §1.1).

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

// decodeSKU checks and converts a row of subscribedSkus.
func decodeSKU(i int, w wireSKU) (SubscribedSKU, bool, error) {
	if w.SKUID == "" && w.PartNumber == "" {
		return SubscribedSKU{}, false, fmt.Errorf("entry %d has neither skuId nor skuPartNumber", i)
	}
	for _, number := range []*int32{w.Consumed, w.Prepaid.Enabled, w.Prepaid.Warning, w.Prepaid.Suspended, w.Prepaid.LockedOut} {
		if number != nil && *number < 0 {
			return SubscribedSKU{}, false, fmt.Errorf("%s has a negative number of units", w.name())
		}
	}
	if len(w.SubscriptionIDs) > maxLicences {
		return SubscribedSKU{}, false, fmt.Errorf("%s has more than %d subscriptionIds", w.name(), maxLicences)
	}
	if err := checkTexts(slices.Concat(w.SubscriptionIDs, []string{w.AccountID, w.SKUID, w.PartNumber, w.AppliesTo, w.CapabilityStatus})...); err != nil {
		return SubscribedSKU{}, false, fmt.Errorf("entry %d: %w", i, err)
	}
	return SubscribedSKU{
		AccountID:        once(parseAccountID(w.AccountID)),
		SKUID:            once(strings.ToLower(w.SKUID)),
		PartNumber:       once(w.PartNumber),
		AppliesTo:        once(w.AppliesTo),
		CapabilityStatus: once(w.CapabilityStatus),
		Enabled:          w.Prepaid.Enabled,
		Warning:          w.Prepaid.Warning,
		Suspended:        w.Prepaid.Suspended,
		LockedOut:        w.Prepaid.LockedOut,
		Consumed:         w.Consumed,
		SubscriptionIDs:  w.SubscriptionIDs,
	}, true, nil
}

// parseAccountID drops the all-zero id, which stands for a system subscription and is no tenant (microsoft.md §1.1).
func parseAccountID(id string) string {
	if id == "00000000-0000-0000-0000-000000000000" {
		return ""
	}
	return strings.ToLower(id)
}

// once returns a copy of text that all rows with it share, because thousands of tenants hold the same products.
func once(text string) string { return unique.Make(text).Value() }

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

// decodeSubscription checks and converts a row of directory/subscriptions.
func decodeSubscription(i int, w wireSubscription) (Subscription, bool, error) {
	if w.TotalLicenses != nil && *w.TotalLicenses < 0 {
		return Subscription{}, false, fmt.Errorf("entry %d (%s) has a negative number of licenses", i, w.PartNumber)
	}
	if err := checkTexts(w.ID, w.CommerceID, w.SKUID, w.PartNumber, w.Status, w.OwnerTenantID); err != nil {
		return Subscription{}, false, fmt.Errorf("entry %d: %w", i, err)
	}
	return Subscription{
		ID:                    w.ID,
		CommerceID:            w.CommerceID,
		SKUID:                 once(strings.ToLower(w.SKUID)),
		PartNumber:            once(w.PartNumber),
		Status:                once(w.Status),
		IsTrial:               w.IsTrial,
		TotalLicenses:         w.TotalLicenses,
		OwnerTenantID:         once(strings.ToLower(w.OwnerTenantID)),
		CreatedDateTime:       parseOptionalTime(w.Created),
		NextLifecycleDateTime: parseOptionalTime(w.NextLifecycle),
	}, true, nil
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

// decodeRelationship checks a row of relationships and returns its tenant, unless it is not accepted or has ended. One that
// is only created may have no customer yet. An unknown status counts as accepted.
func decodeRelationship(i int, w wireRelationship) (CustomerTenant, bool, error) {
	switch w.Status {
	case "":
		return CustomerTenant{}, false, fmt.Errorf("relationship %d (%s) has no status", i, w.Name)
	case statusCreated, statusApprovalPending, statusExpired, statusTerminated:
		return CustomerTenant{}, false, nil
	}
	if w.Customer.TenantID == "" {
		return CustomerTenant{}, false, fmt.Errorf("relationship %d (%s) is %s and has no customer.tenantId", i, w.Name, w.Status)
	}
	if err := checkTexts(w.Name, w.Customer.TenantID, w.Customer.Name, w.Status); err != nil {
		return CustomerTenant{}, false, fmt.Errorf("relationship %d: %w", i, err)
	}
	relationship, err := w.newRelationship()
	if err != nil {
		return CustomerTenant{}, false, fmt.Errorf("relationship %d (%s) %w", i, w.Name, err)
	}
	return CustomerTenant{ID: strings.ToLower(w.Customer.TenantID), Name: w.Customer.Name, Relationship: relationship}, true, nil
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

// decodeContract checks a row of contracts and returns its tenant.
func decodeContract(i int, w wireContract) (CustomerTenant, bool, error) {
	if w.CustomerID == "" {
		return CustomerTenant{}, false, fmt.Errorf("contract %d (%s) has no customerId", i, w.Name)
	}
	if err := checkTexts(w.CustomerID, w.Name, w.DefaultDomain); err != nil {
		return CustomerTenant{}, false, fmt.Errorf("contract %d: %w", i, err)
	}
	return CustomerTenant{ID: strings.ToLower(w.CustomerID), Name: w.Name, DefaultDomain: w.DefaultDomain}, true, nil
}
