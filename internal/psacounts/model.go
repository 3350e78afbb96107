// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package psacounts

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"golang.org/x/text/unicode/norm"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/psa"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

type model struct {
	Accounts        types.Map    `tfsdk:"accounts"`
	Services        types.Map    `tfsdk:"services"`
	ProductPrefixes types.Set    `tfsdk:"product_prefixes"`
	On              types.String `tfsdk:"on"`
	OnError         types.String `tfsdk:"on_error"`

	Date     types.String `tfsdk:"date"`
	Counts   types.Map    `tfsdk:"counts"`
	Lines    types.List   `tfsdk:"lines"`
	Unmapped types.List   `tfsdk:"unmapped"`
	Errors   types.Map    `tfsdk:"errors"`
}

// What on can be, other than a date.
const (
	onToday     = "today"
	onNextMonth = "next_month"
)

// date returns the day that on names.
func (m *model) date(today, approval psa.Date) (psa.Date, error) {
	switch on := m.On.ValueString(); on {
	case "":
		return approval, nil
	case onToday:
		return today, nil
	case onNextMonth:
		return today.FirstOfNextMonth(), nil
	default:
		date, err := psa.ParseDate(on)
		if err != nil || string(date) != on {
			return "", fmt.Errorf("%q is neither %s nor %s nor a date such as 2026-12-01", on, onToday, onNextMonth)
		}
		return date, nil
	}
}

// accounts returns the entries of accounts whose value is known, sorted.
func (m *model) accounts() []account {
	elements := m.Accounts.Elements()
	var accounts []account
	for _, id := range slices.Sorted(maps.Keys(elements)) {
		if name, ok := elements[id].(types.String); ok && !name.IsUnknown() {
			accounts = append(accounts, account{id, norm.NFC.String(strings.TrimSpace(name.ValueString()))})
		}
	}
	return accounts
}

// services returns what names the products of each service: its own name where no list is given. It leaves out what is not known yet.
func (m *model) services() map[string][]string {
	services := map[string][]string{}
	for service, element := range m.Services.Elements() {
		list, ok := element.(types.List)
		if !ok || !shapes.FullyKnown(list) {
			continue
		}
		texts := textsOf(list.Elements())
		if len(texts) == 0 {
			texts = []string{norm.NFC.String(service)}
		}
		services[service] = texts
	}
	return services
}

func (m *model) prefixes() []string { return textsOf(m.ProductPrefixes.Elements()) }

func textsOf(elements []attr.Value) []string {
	var texts []string
	for _, element := range elements {
		if text, ok := element.(types.String); ok {
			texts = append(texts, norm.NFC.String(text.ValueString()))
		}
	}
	return texts
}

// setComputed sets the computed values. It builds them by hand because reflection over thousands of objects takes seconds.
func (m *model) setComputed(r *reading) {
	counts := make(map[string]attr.Value, len(r.counts))
	for id, services := range r.counts {
		counts[id] = encodeCounts(services)
	}
	failures := make(map[string]attr.Value, len(r.failed))
	for id, err := range r.failed {
		failures[id] = types.StringValue(tfdiag.Line(tfdiag.Cause(err)))
	}
	lines := make([]attr.Value, len(r.details))
	for i, d := range r.details {
		lines[i] = r.encodeLine(d)
	}
	unmapped := make([]attr.Value, len(r.unmapped))
	for i, u := range r.unmapped {
		unmapped[i] = types.ObjectValueMust(unmappedType.AttrTypes, map[string]attr.Value{
			"account_id": types.StringValue(u.account),
			"company":    types.StringValue(companyName(u.customer)),
			"product":    types.StringValue(u.product.String()),
			"quantity":   encodeNumber(u.quantity),
		})
	}
	m.Date = types.StringValue(string(r.on))
	m.Counts = types.MapValueMust(shapes.ServiceUnitsType, counts)
	m.Lines = types.ListValueMust(lineType, lines)
	m.Unmapped = types.ListValueMust(unmappedType, unmapped)
	m.Errors = types.MapValueMust(types.StringType, failures)
}

func companyName(customer psa.Customer) string {
	if customer.Name != "" {
		return customer.Name
	}
	return customer.ID
}

func encodeCounts(services map[string]*float64) attr.Value {
	if services == nil {
		return types.MapNull(types.NumberType)
	}
	numbers := make(map[string]attr.Value, len(services))
	for service, n := range services {
		numbers[service] = encodeNumber(n)
	}
	return types.MapValueMust(types.NumberType, numbers)
}

func encodeNumber(n *float64) types.Number {
	if n == nil {
		return types.NumberNull()
	}
	return types.NumberValue(big.NewFloat(*n))
}

func (r *reading) encodeLine(d detail) attr.Value {
	flags := slices.Clone(d.line.Flags)
	switch {
	case d.line.Starts > r.today:
		flags = append(flags, flagLater)
	case d.line.Ends != "" && d.line.Ends < r.today:
		flags = append(flags, flagEnded)
	}
	slices.Sort(flags)
	texts := make([]attr.Value, 0, len(flags))
	for _, flag := range slices.Compact(flags) {
		texts = append(texts, types.StringValue(flag))
	}
	return types.ObjectValueMust(lineType.AttrTypes, map[string]attr.Value{
		"account_id":      types.StringValue(d.account),
		"service":         types.StringValue(d.service),
		"product":         types.StringValue(d.line.Product.String()),
		"agreement":       types.StringValue(d.line.Agreement),
		"quantity":        encodeNumber(d.line.Quantity),
		"billed_quantity": encodeNumber(d.line.Billed),
		"effective_date":  encodeDate(d.line.Starts),
		"cancelled_date":  encodeDate(d.line.Ends),
		"flags":           types.ListValueMust(types.StringType, texts),
	})
}

func encodeDate(date psa.Date) types.String {
	if date == "" {
		return types.StringNull()
	}
	return types.StringValue(string(date))
}
