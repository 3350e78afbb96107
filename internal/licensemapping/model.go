// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensemapping

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
)

// Types of the two resources.
const (
	itemType  = "cloudradial_license_mapping"
	tableType = "cloudradial_license_mappings"
)

// entry is what the mapping files say about a service: a row of a table.
type entry struct {
	Service        types.String `tfsdk:"service"`
	SKUs           types.Set    `tfsdk:"skus"`
	Basis          types.String `tfsdk:"basis"`
	Category       types.String `tfsdk:"category"`
	Subcategory    types.String `tfsdk:"subcategory"`
	Description    types.String `tfsdk:"description"`
	SupportArticle types.String `tfsdk:"support_article"`
	SupportContact types.String `tfsdk:"support_contact"`
}

// mapping is a resource of its own.
type mapping struct {
	entry
	ServiceID types.String `tfsdk:"service_id"`
}

// Defaults.
const (
	defaultBasis       = string(billing.Purchased)
	defaultCategory    = "productivity"
	defaultSubcategory = "other"
)

// service returns what Gradient is asked to create. What the plan leaves open has its default.
func (e *entry) service() gradient.Service {
	return gradient.Service{
		Name:           e.Service.ValueString(),
		Description:    orDefault(e.Description, e.Service.ValueString()),
		Category:       orDefault(e.Category, defaultCategory),
		Subcategory:    orDefault(e.Subcategory, defaultSubcategory),
		SupportArticle: orDefault(e.SupportArticle, ""),
		SupportContact: orDefault(e.SupportContact, ""),
	}
}

func orDefault(value types.String, byDefault string) string {
	if value.IsUnknown() || value.IsNull() {
		return byDefault
	}
	return value.ValueString()
}

// complete takes over what Gradient holds of the attributes that the plan left open.
func (e *entry) complete(created gradient.Service) {
	var held entry
	held.setService(created)
	for i, planned := range e.fixed() {
		if planned.IsUnknown() {
			*planned = *held.fixed()[i]
		}
	}
}

// setService takes over what Gradient holds.
func (e *entry) setService(found gradient.Service) {
	e.Category = types.StringValue(found.Category)
	e.Subcategory = types.StringValue(found.Subcategory)
	e.Description = types.StringValue(found.Description)
	e.SupportArticle = types.StringValue(found.SupportArticle)
	e.SupportContact = types.StringValue(found.SupportContact)
}

// fixedNames are the attributes that Gradient takes at creation and never changes.
var fixedNames = []string{"category", "subcategory", "description", "support_article", "support_contact"}

// fixed returns these attributes, in the order of fixedNames.
func (e *entry) fixed() []*types.String {
	return []*types.String{&e.Category, &e.Subcategory, &e.Description, &e.SupportArticle, &e.SupportContact}
}
