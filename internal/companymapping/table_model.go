package companymapping

import (
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
)

// rows returns the mappings of a table by account id. A mapping that is unknown as a whole has an unknown account_id.
func (m companyTableModel) rows() map[string]companyModel {
	companies, mapped := m.Companies.Elements(), m.IsMapped.Elements()
	rows := make(map[string]companyModel, len(companies))
	for id, element := range companies {
		object, ok := element.(types.Object)
		if !ok || object.IsNull() {
			continue // refused by validation
		}
		row := unknownCompanyRow()
		if !object.IsUnknown() {
			fields := object.Attributes()
			row = companyModel{
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

func unknownCompanyRow() companyModel {
	return companyModel{
		CompanyID: types.Int64Unknown(), AccountID: types.StringUnknown(), Name: types.StringUnknown(), Description: types.StringUnknown(),
	}
}

// companyTableOf is the reverse of rows.
func companyTableOf(rows map[string]companyModel, unmanaged types.List) companyTableModel {
	companies, mapped := make(map[string]attr.Value, len(rows)), make(map[string]attr.Value, len(rows))
	for id, row := range rows {
		mapped[id] = row.IsMapped
		if row.AccountID.IsUnknown() {
			companies[id] = types.ObjectUnknown(companyRowType.AttrTypes)
			continue
		}
		companies[id] = types.ObjectValueMust(companyRowType.AttrTypes, map[string]attr.Value{
			"company_id":  row.CompanyID,
			"account_id":  row.AccountID,
			"name":        row.Name,
			"description": row.Description,
		})
	}
	return companyTableModel{
		Companies: types.MapValueMust(companyRowType, companies),
		IsMapped:  types.MapValueMust(types.BoolType, mapped),
		Unmanaged: unmanaged,
	}
}

// without returns the rows that others lacks.
func without(rows, others map[string]companyModel) map[string]companyModel {
	left := map[string]companyModel{}
	for id, row := range rows {
		if _, there := others[id]; !there {
			left[id] = row
		}
	}
	return left
}

// unmanagedAccounts lists the accounts that are not among the rows.
func unmanagedAccounts(accounts []gradient.Account, rows map[string]companyModel) types.List {
	names := map[string]string{}
	for _, account := range accounts {
		if _, managed := rows[account.ID]; !managed {
			names[account.ID] = account.Name
		}
	}
	return unmanagedList(names)
}

// unmanagedList lists accounts, names by id.
func unmanagedList(names map[string]string) types.List {
	elements := make([]attr.Value, 0, len(names))
	for _, id := range slices.Sorted(maps.Keys(names)) {
		elements = append(elements, types.ObjectValueMust(unmanagedAccountType.AttrTypes, map[string]attr.Value{
			"account_id": types.StringValue(id), "name": types.StringValue(names[id]),
		}))
	}
	return types.ListValueMust(unmanagedAccountType, elements)
}

// plannedUnmanaged is what is left unmanaged when the table changes from before to wanted. It looks at the state only, not at
// Gradient: the plan that apply makes anew must come to the same.
func (m companyTableModel) plannedUnmanaged(before, wanted map[string]companyModel) types.List {
	names := map[string]string{}
	for _, element := range m.Unmanaged.Elements() {
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
