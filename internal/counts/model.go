package counts

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/microsoft"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
)

var (
	subscriptionType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"id":              types.StringType,
		"status":          types.StringType,
		"trial":           types.BoolType,
		"seats":           types.Int64Type,
		"owner_tenant_id": types.StringType,
		"next_lifecycle":  types.StringType,
	}}
	detailType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"available":     types.Int64Type,
		"warning":       types.Int64Type,
		"suspended":     types.Int64Type,
		"locked_out":    types.Int64Type,
		"trial":         types.Int64Type,
		"status":        types.StringType,
		"applies_to":    types.StringType,
		"subscriptions": types.ListType{ElemType: subscriptionType},
	}}
	totalType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"purchased": types.Int64Type,
		"assigned":  types.Int64Type,
	}}

	tenantCountsType  = types.MapType{ElemType: shapes.CountType}
	tenantDetailsType = types.MapType{ElemType: detailType}
)

type model struct {
	Tenants          types.Map    `tfsdk:"tenants"`
	PartnerTenantIDs types.Set    `tfsdk:"partner_tenant_ids"`
	ExcludeSKUs      types.Set    `tfsdk:"exclude_skus"`
	IncludeFree      types.Bool   `tfsdk:"include_free"`
	OnError          types.String `tfsdk:"on_error"`
	WithDetails      types.Bool   `tfsdk:"with_details"`
	Counts           types.Map    `tfsdk:"counts"`
	Details          types.Map    `tfsdk:"details"`
	Errors           types.Map    `tfsdk:"errors"`
	Totals           types.Map    `tfsdk:"totals"`
}

// tenant is an entry of tenants: its key, and the tenant's GUID or domain in lower case, which may be empty.
type tenant struct{ key, name string }

// knownTenants returns the entries whose value is known, sorted by key.
func knownTenants(configured types.Map) []tenant {
	elements := configured.Elements()
	tenants := make([]tenant, 0, len(elements))
	for _, key := range slices.Sorted(maps.Keys(elements)) {
		value, ok := elements[key].(types.String)
		if !ok || value.IsUnknown() {
			continue
		}
		tenants = append(tenants, tenant{key, strings.ToLower(strings.TrimSpace(value.ValueString()))})
	}
	return tenants
}

// tenantID returns the id of the tenant that the licenses belong to. It is empty when there is no SKU, which would name it.
func tenantID(licenses *microsoft.Licenses) string {
	if licenses == nil {
		return ""
	}
	for _, sku := range licenses.SKUs {
		if sku.AccountID != "" {
			return strings.ToLower(sku.AccountID)
		}
	}
	return ""
}

func (m *model) countOptions(ctx context.Context) (billing.CountOptions, diag.Diagnostics) {
	options := billing.CountOptions{IncludeFree: m.IncludeFree.ValueBool()}
	diags := m.PartnerTenantIDs.ElementsAs(ctx, &options.PartnerTenantIDs, false)
	diags.Append(m.ExcludeSKUs.ElementsAs(ctx, &options.ExcludeSKUs, false)...)
	for i, id := range options.PartnerTenantIDs {
		options.PartnerTenantIDs[i] = strings.ToLower(id)
	}
	return options, diags
}

// setComputed sets the computed values. It builds them by hand because reflection over 20,000 objects takes seconds.
func (m *model) setComputed(tenants []tenant, results map[string]microsoft.Result, options billing.CountOptions, consentURL func(string) string) {
	counts := make(map[string]attr.Value, len(tenants))
	details := map[string]attr.Value{}
	errors := map[string]attr.Value{}
	totals := map[string]total{}
	for _, t := range tenants {
		licenses := results[t.name].Licenses
		if licenses == nil {
			counts[t.key] = types.MapNull(shapes.CountType)
			details[t.key] = types.MapNull(detailType)
			if t.name != "" {
				errors[t.key] = types.StringValue(skipReason(t, results, consentURL))
			}
			continue
		}
		counted := billing.CountTenant(billingTenant(licenses), options)
		counts[t.key] = shapes.EncodeTenantCounts(counted)
		if m.WithDetails.ValueBool() {
			details[t.key] = encodeDetails(counted)
		}
		for _, count := range counted {
			sum := totals[count.PartNumber]
			sum.purchased += count.Purchased
			sum.assigned += count.Assigned
			totals[count.PartNumber] = sum
		}
	}
	m.Counts = types.MapValueMust(tenantCountsType, counts)
	m.Details = types.MapNull(tenantDetailsType)
	if m.WithDetails.ValueBool() {
		m.Details = types.MapValueMust(tenantDetailsType, details)
	}
	m.Errors = types.MapValueMust(types.StringType, errors)
	m.Totals = encodeTotals(totals)
}

// total is the seats of a SKU in all tenants.
type total struct{ purchased, assigned int64 }

// billingTenant converts what was read.
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

func encodeDetails(counts []billing.Count) types.Map {
	elements := make(map[string]attr.Value, len(counts))
	for _, count := range counts {
		elements[count.Key] = encodeDetail(count)
	}
	return types.MapValueMust(detailType, elements)
}

func encodeDetail(count billing.Count) types.Object {
	subscriptions := make([]attr.Value, len(count.Subscriptions))
	for i, subscription := range count.Subscriptions {
		subscriptions[i] = types.ObjectValueMust(subscriptionType.AttrTypes, map[string]attr.Value{
			"id":              types.StringValue(subscription.ID),
			"status":          types.StringValue(subscription.Status),
			"trial":           types.BoolValue(subscription.Trial),
			"seats":           types.Int64Value(subscription.Seats),
			"owner_tenant_id": stringOrNull(subscription.OwnerTenantID),
			"next_lifecycle":  timeOrNull(subscription.NextLifecycle),
		})
	}
	return types.ObjectValueMust(detailType.AttrTypes, map[string]attr.Value{
		"available":     types.Int64Value(count.Available),
		"warning":       types.Int64Value(count.Warning),
		"suspended":     types.Int64Value(count.Suspended),
		"locked_out":    types.Int64Value(count.LockedOut),
		"trial":         types.Int64Value(count.Trial),
		"status":        types.StringValue(count.Status),
		"applies_to":    types.StringValue(count.AppliesTo),
		"subscriptions": types.ListValueMust(subscriptionType, subscriptions),
	})
}

func stringOrNull(text string) types.String {
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

func encodeTotals(totals map[string]total) types.Map {
	elements := make(map[string]attr.Value, len(totals))
	for partNumber, sum := range totals {
		elements[partNumber] = types.ObjectValueMust(totalType.AttrTypes, map[string]attr.Value{
			"purchased": types.Int64Value(sum.purchased),
			"assigned":  types.Int64Value(sum.assigned),
		})
	}
	return types.MapValueMust(totalType, elements)
}
