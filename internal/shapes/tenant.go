// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package shapes

import (
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/microsoft"
)

// BillingTenant converts what was read of a tenant. A number that Microsoft did not give is [billing.Unknown].
func BillingTenant(licenses *microsoft.Licenses) billing.Tenant {
	result := billing.Tenant{SubscriptionsKnown: licenses.SubscriptionsErr == nil}
	for _, sku := range licenses.SKUs {
		result.SKUs = append(result.SKUs, billing.SKU{
			ID:              sku.SKUID,
			PartNumber:      sku.PartNumber,
			AppliesTo:       sku.AppliesTo,
			Status:          sku.CapabilityStatus,
			Enabled:         seatsOrUnknown(sku.Enabled),
			Warning:         seatsOrUnknown(sku.Warning),
			Suspended:       seatsOrUnknown(sku.Suspended),
			LockedOut:       seatsOrUnknown(sku.LockedOut),
			Consumed:        seatsOrUnknown(sku.Consumed),
			SubscriptionIDs: sku.SubscriptionIDs,
		})
	}
	for _, subscription := range licenses.Subscriptions {
		result.Subscriptions = append(result.Subscriptions, billing.Subscription{
			ID:            subscription.ID,
			SKUID:         subscription.SKUID,
			Status:        subscription.Status,
			Trial:         subscription.IsTrial != nil && *subscription.IsTrial,
			TrialUnknown:  subscription.IsTrial == nil,
			Seats:         seatsOrUnknown(subscription.TotalLicenses),
			OwnerTenantID: subscription.OwnerTenantID,
			NextLifecycle: subscription.NextLifecycleDateTime,
		})
	}
	return result
}

func seatsOrUnknown(number *int32) int64 {
	if number == nil {
		return billing.Unknown
	}
	return int64(*number)
}
