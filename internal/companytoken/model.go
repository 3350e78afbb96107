// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package companytoken

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cloudradial"
)

type model struct {
	CompanyID types.Int64  `tfsdk:"company_id"`
	Name      types.String `tfsdk:"name"`
	Value     types.String `tfsdk:"value"`
}

// id is the import id of the token, and what it is claimed by.
func (m model) id() string {
	return fmt.Sprintf("%d/%s", m.CompanyID.ValueInt64(), m.Name.ValueString())
}

func (m model) token() cloudradial.Token {
	return cloudradial.Token{CompanyID: m.CompanyID.ValueInt64(), Name: m.Name.ValueString(), Value: m.Value.ValueString()}
}

// label names the token in messages.
func (m model) label() string {
	if m.CompanyID.ValueInt64() == 0 {
		return fmt.Sprintf("@%s of the partner level", m.Name.ValueString())
	}
	return fmt.Sprintf("@%s of company %d", m.Name.ValueString(), m.CompanyID.ValueInt64())
}

// predefined are the tokens that CloudRadial fills in itself. They win over others of the same name (cloudradial.md §7.2).
var predefined = []string{
	"TicketId", "TicketSubject", "CompanyName", "CompanyPsaId", "CompanyTenantId", "UserEmail", "UserName", "UserOfficeId", "UserPsaId", "UserIsAdmin",
}

// longestName is the limit of the API, in characters (cloudradial.md §7.2).
const longestName = 255

// nameValidator refuses names that a token cannot have, and those of predefined tokens, which would hide it.
type nameValidator struct{}

func (nameValidator) Description(context.Context) string {
	return "must be 1 to 255 characters, without a leading @, slashes, control characters and outer spaces, and not predefined by CloudRadial"
}

func (v nameValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (nameValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if reason := nameProblem(req.ConfigValue.ValueString()); reason != "" {
		resp.Diagnostics.AddAttributeError(req.Path, "Name of the token cannot be used", reason)
	}
}

// nameProblem says why a name cannot be used. It is empty when the name can be used.
func nameProblem(name string) string {
	for _, taken := range predefined {
		if strings.EqualFold(name, taken) {
			return "CloudRadial predefines the token @" + taken + ", which always wins over another token of that name. Choose another name."
		}
	}
	switch {
	case name == "":
		return "A token needs a name."
	case utf8.RuneCountInString(name) > longestName:
		return "A token's name has at most 255 characters."
	case strings.HasPrefix(name, "@"):
		return "Give the name without the @. Only texts of the portal use the @."
	case strings.ContainsAny(name, `/\`) || slices.Contains([]string{".", ".."}, name):
		return "The name becomes part of addresses in CloudRadial's API, so it cannot contain a slash, and cannot be \".\" or \"..\"."
	case strings.ContainsFunc(name, unicode.IsControl) || strings.TrimSpace(name) != name:
		return "A name cannot begin or end with a space, and cannot contain control characters."
	}
	return ""
}
