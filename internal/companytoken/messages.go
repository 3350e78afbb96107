// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package companytoken

import (
	"fmt"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cloudradial"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// Summaries of errors that concern all tokens.
const (
	noTokens    = "CloudRadial tokens cannot be read"
	noCompanies = "CloudRadial companies cannot be read"
)

// existing reports a token that CloudRadial already has: a warning when it has the planned value, else an error.
func existing(plan model, held cloudradial.Token) diag.Diagnostic {
	if held.Value == plan.Value.ValueString() {
		return diag.NewAttributeWarningDiagnostic(path.Root("name"), fmt.Sprintf("Token %s is adopted", plan.label()),
			"CloudRadial already has this token with this value, so this resource takes it over. If a script or another tool also sets it, "+
				"switch that off. If it belonged to another resource of this configuration, add a moved block: otherwise the destroy of that "+
				"resource deletes the token.")
	}
	return diag.NewAttributeErrorDiagnostic(path.Root("value"), fmt.Sprintf("Token %s exists with another value", plan.label()),
		fmt.Sprintf("CloudRadial already has the token %s with another value, which is not shown, because values may be secret: it has %s, and this "+
			"configuration's has %d. Another tool may have set it. Choose another name, or import the token; the next plan then shows the change of "+
			"its value:\n\n"+
			"import {\n  to = cloudradial_company_token.this # the address of this resource\n  id = %q\n}",
			plan.label(), tfdiag.Count(utf8.RuneCountInString(held.Value), "character"), utf8.RuneCountInString(plan.Value.ValueString()), plan.id()))
}

// unlistedCompany reports a company that CloudRadial does not list. It is a warning for a token that is in the state: an error
// would also stop its destroy.
func unlistedCompany(id int64, companies []cloudradial.Company, managed bool) diag.Diagnostic {
	summary := fmt.Sprintf("Company %d is not in CloudRadial", id)
	detail := fmt.Sprintf("CloudRadial lists %s, and none has the company_id %d. ", tfdiag.Count(len(companies), "company"), id)
	switch {
	case managed:
		return diag.NewAttributeWarningDiagnostic(path.Root("company_id"), summary,
			detail+"The state has tokens of it. If the customer has left, remove its tokens from the configuration.")
	case len(companies) == 1:
		return diag.NewAttributeErrorDiagnostic(path.Root("company_id"), cloudradial.OneCompanyOnly, cloudradial.DescribeOnly(companies[0], "correct the company_id"))
	}
	return diag.NewAttributeErrorDiagnostic(path.Root("company_id"), summary,
		detail+"The data source cloudradial_companies lists them all. For a token of the partner level, company_id is 0.")
}
