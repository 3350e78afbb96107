package microsoft

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// page is one page of a Graph collection. A value that is missing stays nil, so that it is not taken for an empty list.
type page[T any] struct {
	Value    *[]T   `json:"value"`
	NextLink string `json:"@odata.nextLink"`
}

var errNoList = errors.New(`it has no list in "value"`)

// wireSKU is a subscribedSku as Graph writes it. Its numbers are Edm.Int32, so that anything else fails to decode. The two
// that every basis hangs on must be there; the others are missing in older answers and 0 then.
type wireSKU struct {
	AccountID        string `json:"accountId"`
	SKUID            string `json:"skuId"`
	PartNumber       string `json:"skuPartNumber"`
	AppliesTo        string `json:"appliesTo"`
	CapabilityStatus string `json:"capabilityStatus"`
	Consumed         *int32 `json:"consumedUnits"`
	Prepaid          struct {
		Enabled   *int32 `json:"enabled"`
		Warning   int32  `json:"warning"`
		Suspended int32  `json:"suspended"`
		LockedOut int32  `json:"lockedOut"`
	} `json:"prepaidUnits"`
}

// skusOf checks and returns what a page of subscribedSkus holds.
func skusOf(p page[wireSKU]) ([]SubscribedSKU, error) {
	if p.Value == nil {
		return nil, errNoList
	}
	skus := make([]SubscribedSKU, 0, len(*p.Value))
	for i, w := range *p.Value {
		switch {
		case w.SKUID == "":
			return nil, fmt.Errorf("entry %d has no skuId", i)
		case w.PartNumber == "":
			return nil, fmt.Errorf("entry %d has no skuPartNumber", i)
		case w.Prepaid.Enabled == nil:
			return nil, fmt.Errorf("%s has no prepaidUnits.enabled", w.PartNumber)
		case w.Consumed == nil:
			return nil, fmt.Errorf("%s has no consumedUnits", w.PartNumber)
		case min(*w.Consumed, *w.Prepaid.Enabled, w.Prepaid.Warning, w.Prepaid.Suspended, w.Prepaid.LockedOut) < 0:
			return nil, fmt.Errorf("%s has a negative number of units", w.PartNumber)
		}
		skus = append(skus, SubscribedSKU{
			AccountID:        accountID(w.AccountID),
			SKUID:            strings.ToLower(w.SKUID),
			PartNumber:       w.PartNumber,
			AppliesTo:        w.AppliesTo,
			CapabilityStatus: w.CapabilityStatus,
			Enabled:          int64(*w.Prepaid.Enabled),
			Warning:          int64(w.Prepaid.Warning),
			Suspended:        int64(w.Prepaid.Suspended),
			LockedOut:        int64(w.Prepaid.LockedOut),
			Consumed:         int64(*w.Consumed),
		})
	}
	return skus, nil
}

// accountID drops the all-zero id, which Graph gives for system subscriptions and which is no tenant.
func accountID(id string) string {
	if id == "00000000-0000-0000-0000-000000000000" {
		return ""
	}
	return strings.ToLower(id)
}

// wireSubscription is a companySubscription as Graph writes it.
type wireSubscription struct {
	ID            string `json:"id"`
	CommerceID    string `json:"commerceSubscriptionId"`
	SKUID         string `json:"skuId"`
	PartNumber    string `json:"skuPartNumber"`
	Status        string `json:"status"`
	IsTrial       bool   `json:"isTrial"`
	TotalLicenses *int32 `json:"totalLicenses"`
	OwnerTenantID string `json:"ownerTenantId"`
	Created       string `json:"createdDateTime"`
	NextLifecycle string `json:"nextLifecycleDateTime"`
}

// subscriptionsOf checks and returns what a page of directory/subscriptions holds.
func subscriptionsOf(p page[wireSubscription]) ([]Subscription, error) {
	if p.Value == nil {
		return nil, errNoList
	}
	subscriptions := make([]Subscription, 0, len(*p.Value))
	for i, w := range *p.Value {
		// Without its SKU a trial could not be told from what is paid.
		if w.SKUID == "" {
			return nil, fmt.Errorf("entry %d has no skuId", i)
		}
		if w.TotalLicenses == nil && w.IsTrial {
			return nil, fmt.Errorf("entry %d (%s) is a trial without totalLicenses", i, w.PartNumber)
		}
		if units(w.TotalLicenses) < 0 {
			return nil, fmt.Errorf("entry %d (%s) has a negative number of licenses", i, w.PartNumber)
		}
		subscriptions = append(subscriptions, Subscription{
			ID:                    w.ID,
			CommerceID:            w.CommerceID,
			SKUID:                 strings.ToLower(w.SKUID),
			PartNumber:            w.PartNumber,
			Status:                w.Status,
			IsTrial:               w.IsTrial,
			TotalLicenses:         units(w.TotalLicenses),
			OwnerTenantID:         strings.ToLower(w.OwnerTenantID),
			CreatedDateTime:       dateTime(w.Created),
			NextLifecycleDateTime: dateTime(w.NextLifecycle),
		})
	}
	return subscriptions, nil
}

// units is a number that may be missing where no count hangs on it.
func units(number *int32) int64 {
	if number == nil {
		return 0
	}
	return int64(*number)
}

// dateTime reads an Edm.DateTimeOffset. No count depends on one, so an unreadable date is as good as none.
func dateTime(text string) time.Time {
	at, err := parseTime(text)
	if err != nil {
		return time.Time{}
	}
	return at
}

// parseTime reads an Edm.DateTimeOffset. The first day of the year 1 is .NET's way to say none; no other year before 2000 makes sense, nor
// does one that RFC 3339 cannot write.
func parseTime(text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, err
	}
	at = at.UTC()
	if !at.IsZero() && (at.Year() < 2000 || at.Year() > 9999) {
		return time.Time{}, errors.New("it is in no year of this time")
	}
	return at, nil
}
