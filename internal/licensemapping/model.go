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

// service returns what Gradient is asked to create.
func (e *entry) service() gradient.Service {
	return gradient.Service{
		Name:           e.Service.ValueString(),
		Description:    e.Description.ValueString(),
		Category:       e.Category.ValueString(),
		Subcategory:    e.Subcategory.ValueString(),
		SupportArticle: e.SupportArticle.ValueString(),
		SupportContact: e.SupportContact.ValueString(),
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

// fixedDefaults returns what a new service is created with. While it is unknown whether the service is new, so are they.
func fixedDefaults(service types.String, unknown bool) entry {
	if unknown {
		return entry{
			Category: types.StringUnknown(), Subcategory: types.StringUnknown(), Description: types.StringUnknown(),
			SupportArticle: types.StringUnknown(), SupportContact: types.StringUnknown(),
		}
	}
	return entry{
		Category: types.StringValue(defaultCategory), Subcategory: types.StringValue(defaultSubcategory), Description: service,
		SupportArticle: types.StringValue(""), SupportContact: types.StringValue(""),
	}
}
