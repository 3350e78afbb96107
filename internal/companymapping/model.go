// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package companymapping

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
)

// Types of the two resources.
const (
	itemType  = "cloudradial_company_mapping"
	tableType = "cloudradial_company_mappings"
)

// mapping is one company mapping: a resource of its own, or a row of a table.
type mapping struct {
	CompanyID   types.Int64  `tfsdk:"company_id"`
	AccountID   types.String `tfsdk:"account_id"`
	Name        types.String `tfsdk:"name"`
	Description types.String `tfsdk:"description"`
	IsMapped    types.Bool   `tfsdk:"is_mapped"`
}

// account returns what Gradient should hold.
func (m mapping) account() gradient.Account {
	return gradient.Account{ID: m.AccountID.ValueString(), Name: m.Name.ValueString(), Description: m.Description.ValueString()}
}

// setAccount takes over what Gradient holds.
func (m *mapping) setAccount(account gradient.Account) {
	m.AccountID = types.StringValue(account.ID)
	m.Name = types.StringValue(account.Name)
	m.Description = types.StringValue(account.Description)
	m.IsMapped = types.BoolPointerValue(account.IsMapped)
}

// label names the account in messages.
func (m mapping) label() string {
	if m.Name.ValueString() == "" {
		return m.AccountID.ValueString()
	}
	return fmt.Sprintf("%q (%s)", m.Name.ValueString(), m.AccountID.ValueString())
}

// accountIDRule says in an error what [shapes.AccountIDForm] wants.
const accountIDRule = "must consist of letters, digits, '.', '_' and '-' only, and not be '.' or '..', because it becomes part of URLs of Gradient's API"
