// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package companymapping

import (
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
)

// tableModel is the model of a table.
type tableModel struct {
	Companies types.Map  `tfsdk:"companies"`
	IsMapped  types.Map  `tfsdk:"is_mapped"`
	Unmanaged types.List `tfsdk:"unmanaged"`
}

var (
	rowType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"company_id":  types.Int64Type,
		"account_id":  types.StringType,
		"name":        types.StringType,
		"description": types.StringType,
	}}
	unmanagedType = types.ObjectType{AttrTypes: map[string]attr.Type{"account_id": types.StringType, "name": types.StringType}}
)

// rows returns the mappings by account id. A mapping that is unknown as a whole has an unknown account_id.
func (t tableModel) rows() map[string]mapping {
	companies, mapped := t.Companies.Elements(), t.IsMapped.Elements()
	rows := make(map[string]mapping, len(companies))
	for id, element := range companies {
		object, ok := element.(types.Object)
		if !ok || object.IsNull() {
			continue // refused by validation
		}
		row := unknownRow()
		if !object.IsUnknown() {
			fields := object.Attributes()
			row = mapping{
				CompanyID:   fields["company_id"].(types.Int64),
				AccountID:   types.StringValue(id),
				Name:        fields["name"].(types.String),
				Description: fields["description"].(types.String),
			}
		}
		row.IsMapped, ok = mapped[id].(types.Bool)
		if !ok {
			row.IsMapped = types.BoolUnknown()
		}
		rows[id] = row
	}
	return rows
}

func unknownRow() mapping {
	return mapping{
		CompanyID: types.Int64Unknown(), AccountID: types.StringUnknown(), Name: types.StringUnknown(), Description: types.StringUnknown(),
	}
}

// newTable is the reverse of rows.
func newTable(rows map[string]mapping, unmanaged types.List) tableModel {
	companies, mapped := make(map[string]attr.Value, len(rows)), make(map[string]attr.Value, len(rows))
	for id, row := range rows {
		mapped[id] = row.IsMapped
		if row.AccountID.IsUnknown() {
			companies[id] = types.ObjectUnknown(rowType.AttrTypes)
			continue
		}
		companies[id] = types.ObjectValueMust(rowType.AttrTypes, map[string]attr.Value{
			"company_id":  row.CompanyID,
			"account_id":  row.AccountID,
			"name":        row.Name,
			"description": row.Description,
		})
	}
	return tableModel{
		Companies: types.MapValueMust(rowType, companies),
		IsMapped:  types.MapValueMust(types.BoolType, mapped),
		Unmanaged: unmanaged,
	}
}

// missingFrom returns the rows that others lacks.
func missingFrom(others, rows map[string]mapping) map[string]mapping {
	left := map[string]mapping{}
	for id, row := range rows {
		if _, there := others[id]; !there {
			left[id] = row
		}
	}
	return left
}

// unmanagedOf lists the accounts that are not among the rows.
func unmanagedOf(accounts []gradient.Account, rows map[string]mapping) types.List {
	names := map[string]string{}
	for _, account := range accounts {
		if _, managed := rows[account.ID]; !managed {
			names[account.ID] = account.Name
		}
	}
	return unmanagedList(names)
}

// unmanagedList lists accounts, given as names by id.
func unmanagedList(names map[string]string) types.List {
	elements := make([]attr.Value, 0, len(names))
	for _, id := range slices.Sorted(maps.Keys(names)) {
		elements = append(elements, types.ObjectValueMust(unmanagedType.AttrTypes, map[string]attr.Value{
			"account_id": types.StringValue(id), "name": types.StringValue(names[id]),
		}))
	}
	return types.ListValueMust(unmanagedType, elements)
}

// planUnmanaged returns what is unmanaged when the table changes from before to wanted. It uses the state only, because Terraform
// plans again during apply and requires the same result, whatever Gradient has then.
func (t tableModel) planUnmanaged(before, wanted map[string]mapping) types.List {
	names := map[string]string{}
	for _, element := range t.Unmanaged.Elements() {
		if object, ok := element.(types.Object); ok {
			fields := object.Attributes()
			names[fields["account_id"].(types.String).ValueString()] = fields["name"].(types.String).ValueString()
		}
	}
	for id, row := range before {
		names[id] = row.Name.ValueString()
	}
	for id := range wanted {
		delete(names, id)
	}
	return unmanagedList(names)
}
