package companytoken

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// predefined are the tokens that CloudRadial fills in itself. They win over custom ones of the same name.
var predefined = []string{
	"TicketId", "TicketSubject", "CompanyName", "CompanyPsaId", "CompanyTenantId", "UserEmail", "UserName", "UserOfficeId", "UserPsaId", "UserIsAdmin",
}

// longestName is the limit of the API, in characters.
const longestName = 255

// nameValidator refuses names that a token cannot have, or with which it would never be used.
type nameValidator struct{}

func (nameValidator) Description(context.Context) string {
	return "must be 1 to 255 characters, without a leading @, slashes, control characters and outer spaces, and not predefined by CloudRadial"
}

func (v nameValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (nameValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if reason := whyNot(req.ConfigValue.ValueString()); reason != "" {
		resp.Diagnostics.AddAttributeError(req.Path, "Name of the token cannot be used", reason)
	}
}

// whyNot says why a name cannot be used; empty when it can.
func whyNot(name string) string {
	for _, taken := range predefined {
		if strings.EqualFold(name, taken) {
			return "CloudRadial predefines the token @" + taken + ", which always wins over one of that name. Choose another name."
		}
	}
	switch {
	case name == "":
		return "A token needs a name."
	case utf8.RuneCountInString(name) > longestName:
		return "A token's name has at most 255 characters."
	case strings.HasPrefix(name, "@"):
		return "Give the name without the @. Texts of the portal refer to the token with it."
	case strings.ContainsAny(name, `/\`) || slices.Contains([]string{".", ".."}, name):
		return "The name becomes part of addresses in CloudRadial's API, so it can have no slash, and cannot be \".\" or \"..\"."
	case strings.ContainsFunc(name, unicode.IsControl) || strings.TrimSpace(name) != name:
		return "A name cannot begin or end with a space, and has no control characters."
	}
	return ""
}
