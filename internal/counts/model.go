// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package counts

import (
	"context"
	"maps"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
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
	ownerType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"seats":   types.Int64Type,
		"tenants": types.Int64Type,
		"counted": types.BoolType,
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
	SharedTenants    types.Map    `tfsdk:"shared_tenants"`
	PartnerTenantIDs types.Set    `tfsdk:"partner_tenant_ids"`
	ExcludeSKUs      types.Set    `tfsdk:"exclude_skus"`
	IncludeFree      types.Bool   `tfsdk:"include_free"`
	OnTrialsUnknown  types.String `tfsdk:"on_trials_unknown"`
	OnError          types.String `tfsdk:"on_error"`
	TenantTimeout    types.String `tfsdk:"tenant_timeout"`
	WithDetails      types.Bool   `tfsdk:"with_details"`
	Counts           types.Map    `tfsdk:"counts"`
	Details          types.Map    `tfsdk:"details"`
	Errors           types.Map    `tfsdk:"errors"`
	Totals           types.Map    `tfsdk:"totals"`
	TenantIDs        types.Map    `tfsdk:"tenant_ids"`
	Owners           types.Map    `tfsdk:"owners"`

	SharedTenantsDetail types.Map `tfsdk:"shared_tenants_detail"`
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
func (m *model) setComputed(r *reading, sharing []shared, consentURL func(string) string) {
	counts := make(map[string]attr.Value, len(r.tenants))
	ids := make(map[string]attr.Value, len(r.tenants))
	details := map[string]attr.Value{}
	errors := map[string]attr.Value{}
	totals := map[string]total{}
	for _, t := range r.tenants {
		ids[t.key] = stringOrNull(r.ids[t.name])
		counted, known := r.counted[t.name]
		if !known && t.name != shapes.NoTenant {
			for _, key := range append(membersOf(sharing, t.key), t.key) {
				counts[key] = types.MapNull(shapes.CountType)
				details[key] = types.MapNull(detailType)
				if t.name != "" {
					errors[key] = types.StringValue(r.reason(t, consentURL))
				}
			}
			continue
		}
		held := map[string][]billing.Count{t.key: counted.SKUs}
		if split, isShared := r.splits[t.key]; isShared {
			maps.Copy(held, split.Members)
			held[t.key] = split.Remainder
		}
		for key, skus := range held {
			counts[key] = shapes.EncodeTenantCounts(skus)
			if m.WithDetails.ValueBool() {
				details[key] = encodeDetails(skus)
			}
		}
		for _, count := range counted.SKUs {
			sum := totals[count.PartNumber]
			sum.add(count)
			totals[count.PartNumber] = sum
		}
	}
	m.Counts = types.MapValueMust(tenantCountsType, counts)
	m.TenantIDs = types.MapValueMust(types.StringType, ids)
	m.Details = types.MapNull(tenantDetailsType)
	if m.WithDetails.ValueBool() {
		m.Details = types.MapValueMust(tenantDetailsType, details)
	}
	m.Errors = types.MapValueMust(types.StringType, errors)
	m.Owners = encodeOwners(r.owners())
	m.Totals = encodeTotals(totals)
	m.SharedTenantsDetail = encodeSharedDetails(sharing, r.splits)
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
		trial := types.BoolValue(subscription.Trial)
		if subscription.TrialUnknown {
			trial = types.BoolNull()
		}
		subscriptions[i] = types.ObjectValueMust(subscriptionType.AttrTypes, map[string]attr.Value{
			"id":              types.StringValue(subscription.ID),
			"status":          stringOrNull(subscription.Status),
			"trial":           trial,
			"seats":           seatsOrNull(subscription.Seats),
			"owner_tenant_id": stringOrNull(subscription.OwnerTenantID),
			"next_lifecycle":  timeOrNull(subscription.NextLifecycle),
		})
	}
	available := types.Int64Null()
	seats := billing.NewSKUCount(count.SKUID, count.Seats, count.Flags)
	if seats.Enabled != billing.Unknown && seats.Assigned != billing.Unknown {
		available = types.Int64Value(seats.Enabled - seats.Assigned)
	}
	return types.ObjectValueMust(detailType.AttrTypes, map[string]attr.Value{
		"available":     available,
		"warning":       seatsOrNull(count.Warning),
		"suspended":     seatsOrNull(count.Suspended),
		"locked_out":    seatsOrNull(count.LockedOut),
		"trial":         types.Int64Value(count.Trial),
		"status":        types.StringValue(count.Status),
		"applies_to":    types.StringValue(count.AppliesTo),
		"subscriptions": types.ListValueMust(subscriptionType, subscriptions),
	})
}

// seatsOrNull returns null for a number that Microsoft did not give.
func seatsOrNull(n int64) types.Int64 {
	if n == billing.Unknown {
		return types.Int64Null()
	}
	return types.Int64Value(n)
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

func encodeOwners(owners map[string]owner) types.Map {
	elements := make(map[string]attr.Value, len(owners))
	for id, held := range owners {
		elements[id] = types.ObjectValueMust(ownerType.AttrTypes, map[string]attr.Value{
			"seats":   types.Int64Value(held.seats),
			"tenants": types.Int64Value(held.tenants),
			"counted": types.BoolValue(held.counted),
		})
	}
	return types.MapValueMust(ownerType, elements)
}

func encodeTotals(totals map[string]total) types.Map {
	elements := make(map[string]attr.Value, len(totals))
	for partNumber, sum := range totals {
		elements[partNumber] = types.ObjectValueMust(totalType.AttrTypes, map[string]attr.Value{
			"purchased": seatsOrNull(sum.purchased),
			"assigned":  seatsOrNull(sum.assigned),
		})
	}
	return types.MapValueMust(totalType, elements)
}
