package counts

import (
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/microsoft"
)

// fill sets the computed values. They are built by hand: reflection over some 20,000 objects takes seconds.
func (m *model) fill(tenants []tenant, results map[string]microsoft.Result, options billing.CountOptions, consentURL func(string) string) {
	counts := make(map[string]attr.Value, len(tenants))
	details := map[string]attr.Value{}
	withDetails := m.WithDetails.ValueBool()
	errors := map[string]attr.Value{}
	totals := map[string]total{}
	for _, t := range tenants {
		licenses := results[t.name].Licenses
		if licenses == nil {
			counts[t.key] = types.MapNull(countType)
			details[t.key] = types.MapNull(detailType)
			if t.name != "" {
				errors[t.key] = types.StringValue(reason(t, results, consentURL))
			}
			continue
		}
		counted := billing.CountTenant(billingTenant(licenses), options)
		counts[t.key] = mapOf(countType, counted, countValue)
		if withDetails {
			details[t.key] = mapOf(detailType, counted, detailValue)
		}
		for _, count := range counted {
			sum := totals[count.PartNumber]
			sum.purchased += count.Purchased
			sum.assigned += count.Assigned
			totals[count.PartNumber] = sum
		}
	}
	m.Counts = types.MapValueMust(types.MapType{ElemType: countType}, counts)
	m.Details = types.MapNull(types.MapType{ElemType: detailType})
	if withDetails {
		m.Details = types.MapValueMust(types.MapType{ElemType: detailType}, details)
	}
	m.Errors = types.MapValueMust(types.StringType, errors)
	m.Totals = totalValues(totals)
}

// total are the seats of a SKU over all tenants.
type total struct{ purchased, assigned int64 }

// reason is why a tenant was skipped, in one line.
func reason(t tenant, results map[string]microsoft.Result, consentURL func(string) string) string {
	err := failure(t, results)
	if url := consentURL(t.name); url != "" && curable(err) {
		return err.Message + "; an administrator consents at " + url
	}
	return err.Message
}

// billingTenant is what was read, in the words of billing.
func billingTenant(licenses *microsoft.Licenses) billing.Tenant {
	result := billing.Tenant{SubscriptionsKnown: !licenses.SubscriptionsDenied}
	for _, sku := range licenses.SKUs {
		result.SKUs = append(result.SKUs, billing.SKU{
			ID:         sku.SKUID,
			PartNumber: sku.PartNumber,
			AppliesTo:  sku.AppliesTo,
			Status:     sku.CapabilityStatus,
			Enabled:    sku.Enabled,
			Warning:    sku.Warning,
			Suspended:  sku.Suspended,
			LockedOut:  sku.LockedOut,
			Consumed:   sku.Consumed,
		})
	}
	for _, subscription := range licenses.Subscriptions {
		result.Subscriptions = append(result.Subscriptions, billing.Subscription{
			ID:            subscription.ID,
			SKUID:         subscription.SKUID,
			Status:        subscription.Status,
			Trial:         subscription.IsTrial,
			Seats:         subscription.TotalLicenses,
			OwnerTenantID: subscription.OwnerTenantID,
			NextLifecycle: subscription.NextLifecycleDateTime,
		})
	}
	return result
}

func mapOf(elementType types.ObjectType, counts []billing.Count, value func(billing.Count) map[string]attr.Value) types.Map {
	elements := make(map[string]attr.Value, len(counts))
	for _, count := range counts {
		elements[count.Key] = types.ObjectValueMust(elementType.AttrTypes, value(count))
	}
	return types.MapValueMust(elementType, elements)
}

func countValue(count billing.Count) map[string]attr.Value {
	flags := make([]attr.Value, len(count.Flags))
	for i, flag := range count.Flags {
		flags[i] = types.StringValue(flag)
	}
	values := map[string]attr.Value{
		"sku_id":       types.StringValue(count.SKUID),
		"product_name": types.StringValue(count.ProductName),
		"flags":        types.ListValueMust(types.StringType, flags),
	}
	for _, basis := range billing.Bases() {
		values[string(basis.Name)] = types.Int64Value(*basis.Of(&count.Seats))
	}
	return values
}

func detailValue(count billing.Count) map[string]attr.Value {
	subscriptions := make([]attr.Value, len(count.Subscriptions))
	for i, subscription := range count.Subscriptions {
		subscriptions[i] = types.ObjectValueMust(subscriptionType.AttrTypes, map[string]attr.Value{
			"id":              types.StringValue(subscription.ID),
			"status":          types.StringValue(subscription.Status),
			"trial":           types.BoolValue(subscription.Trial),
			"seats":           types.Int64Value(subscription.Seats),
			"owner_tenant_id": textOrNull(subscription.OwnerTenantID),
			"next_lifecycle":  timeOrNull(subscription.NextLifecycle),
		})
	}
	return map[string]attr.Value{
		"available":     types.Int64Value(count.Available),
		"warning":       types.Int64Value(count.Warning),
		"suspended":     types.Int64Value(count.Suspended),
		"locked_out":    types.Int64Value(count.LockedOut),
		"trial":         types.Int64Value(count.Trial),
		"status":        types.StringValue(count.Status),
		"applies_to":    types.StringValue(count.AppliesTo),
		"subscriptions": types.ListValueMust(subscriptionType, subscriptions),
	}
}

func textOrNull(text string) types.String {
	if text == "" {
		return types.StringNull()
	}
	return types.StringValue(text)
}

func timeOrNull(moment time.Time) types.String {
	if moment.IsZero() {
		return types.StringNull()
	}
	return types.StringValue(moment.UTC().Format(time.RFC3339))
}

func totalValues(totals map[string]total) types.Map {
	elements := make(map[string]attr.Value, len(totals))
	for partNumber, sum := range totals {
		elements[partNumber] = types.ObjectValueMust(totalType.AttrTypes, map[string]attr.Value{
			"purchased": types.Int64Value(sum.purchased),
			"assigned":  types.Int64Value(sum.assigned),
		})
	}
	return types.MapValueMust(totalType, elements)
}
