// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Package companytoken has cloudradial_company_token: a variable of the CloudRadial portal, of one company or of the partner level.
package companytoken

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

var (
	_ resource.ResourceWithConfigure   = (*tokenResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*tokenResource)(nil)
	_ resource.ResourceWithImportState = (*tokenResource)(nil)
	_ resource.ResourceWithIdentity    = (*tokenResource)(nil)
)

// clients is what the resource needs from the provider.
type clients interface {
	tfbase.CloudRadialClients
	tfdiag.Reporter
	// Claim records that owner declares the object of that kind and id in this process, or returns the earlier owner.
	Claim(kind, id, owner string) (other string, ok bool)
	// Claimed reports whether the object has an owner.
	Claimed(kind, id string) bool
}

// Kinds of claims: tokens that this process creates, and tokens in the state that stay declared.
const (
	createdKind = "token"
	managedKind = "managed token"
)

type tokenResource struct{ tfbase.Resource[clients] }

// NewResource returns the resource cloudradial_company_token.
func NewResource() resource.Resource { return &tokenResource{} }

func (r *tokenResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_company_token"
}

func (r *tokenResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "One token of the CloudRadial portal: a variable that forms, articles and automations refer to as `@Name`. It " +
			"belongs to one company, or to the partner level. A token of the partner level is used for every company that has no token of that " +
			"name.\n\n" +
			"If CloudRadial already has the token with the same value, the resource adopts it with a warning. With another value, the plan is an " +
			"error that shows the `import` block. After a token is destroyed, its company uses the partner level's token of the same name. If " +
			"there is none, the portal shows the text `@Name`.",
		Attributes: map[string]schema.Attribute{
			"company_id": schema.Int64Attribute{
				Required:      true,
				Validators:    []validator.Int64{int64validator.AtLeast(0)},
				PlanModifiers: []planmodifier.Int64{int64planmodifier.RequiresReplace()},
				MarkdownDescription: "Id of the company in CloudRadial, or `0` for the partner level. The plan checks that the company " +
					"exists. Another value makes a new token.",
			},
			"name": schema.StringAttribute{
				Required:      true,
				Validators:    []validator.String{nameValidator{}},
				PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
				MarkdownDescription: "Name of the token, without the `@`, 1 to 255 characters, case-sensitive. The provider refuses the names of " +
					"the tokens that CloudRadial predefines, for example `CompanyTenantId`, in upper and lower case, because the predefined " +
					"tokens always win. It refuses `/` and `\\`, because the name becomes part of addresses in CloudRadial's API. Another name " +
					"makes a new token.",
			},
			"value": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "Value of the token. A list with commas becomes the options of a dropdown in a form. The portal shows the value " +
					"and sends it in texts and webhooks, so do not put a secret here.",
			},
		},
	}
}
