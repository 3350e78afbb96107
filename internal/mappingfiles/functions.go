// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package mappingfiles

import (
	"context"
	"encoding/base64"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// fileFunction is a function that reads one file.
type fileFunction struct {
	name, summary, description, file string
	element                          attr.Type
	// read returns the map that the function returns.
	read func(file []byte) (any, error)
}

const common = "\n\nThe file may be in UTF-8 with or without a byte-order mark, in UTF-16 or in Windows-1252, with commas, semicolons or tabs " +
	"between its cells. Columns may stand in any order. Their names are read without regard to case, spaces, underscores and hyphens, and usual " +
	"synonyms are understood. Columns with other names are ignored. So are blank rows, and white space at the ends of cells. What is wrong is " +
	"one error that names each row, column and value."

// NewCompaniesFunction makes the function companies_from_csv.
func NewCompaniesFunction() function.Function {
	return fileFunction{
		name:    "companies_from_csv",
		summary: "Reads the mapping file of companies",
		description: "Reads a file with the columns `account_id`, `company_id`, `psa_account` and `tenant`, and returns a map from `account_id` to " +
			"the company. `name` is the exact name of the account in the PSA. `tenants` has the company's tenants under the keys that " +
			"`cloudradial_license_counts` takes: a cell may hold several, with spaces between them. An empty cell is a tenant that is not known yet, the " +
			"word `none` says that the company has no Microsoft 365. An account or a tenant in two rows is an error.\n\n" +
			"The column `domains` is optional. A company that shares the tenant of another one has the `account_id` of that one as its `tenant`, and there the domains of its " +
			"users. Then `shared_tenant` is that `account_id`, `domains` are the domains, and `tenants` is empty; otherwise these two are null. They are what `shared_tenants` of " +
			"`cloudradial_license_counts` takes." + common,
		file: "companies.csv",
		element: types.ObjectType{AttrTypes: map[string]attr.Type{
			"account_id": types.StringType, "company_id": types.Int64Type, "name": types.StringType, "tenants": types.MapType{ElemType: types.StringType},
			"shared_tenant": types.StringType, "domains": types.ListType{ElemType: types.StringType},
		}},
		read: func(file []byte) (any, error) { return readCompanies(file) },
	}
}

// NewLicensesFunction makes the function licenses_from_csv.
func NewLicensesFunction() function.Function {
	return fileFunction{
		name:    "licenses_from_csv",
		summary: "Reads the mapping file of products",
		description: "Reads a file with the columns `service` and `sku`, and returns a map from the service to its license mapping. A service with " +
			"several SKUs has several rows, or several SKUs in one cell with spaces between them. The columns `basis`, `category`, `subcategory` and `description` are optional: what no row of a service says " +
			"is null, which means the default of the license mapping. A SKU in two rows is an error." + common,
		file: "licenses.csv",
		element: types.ObjectType{AttrTypes: map[string]attr.Type{
			"service": types.StringType, "skus": types.SetType{ElemType: types.StringType}, "basis": types.StringType,
			"category": types.StringType, "subcategory": types.StringType, "description": types.StringType,
		}},
		read: func(file []byte) (any, error) { return readLicenses(file) },
	}
}

// NewPSACountsFunction makes the function psa_counts_from_csv.
func NewPSACountsFunction() function.Function {
	return fileFunction{
		name:    "psa_counts_from_csv",
		summary: "Reads an export of what the PSA bills",
		description: "Reads a file with the columns `account_id`, `service` and `quantity`, and returns `psa_counts` of " +
			"`cloudradial_reconciliation`. The lines of one service are added up. A quantity may have a currency sign and marks between thousands. One " +
			"that is empty makes the number null, which means unknown and never 0. Lines without an `account_id` are left out, because they belong to " +
			"customers that have no company mapping." + common,
		file:    "the export",
		element: types.MapType{ElemType: types.NumberType},
		read:    func(file []byte) (any, error) { return readPSACounts(file) },
	}
}

func (f fileFunction) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = f.name
}

func (f fileFunction) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary:             f.summary,
		MarkdownDescription: f.description,
		Parameters: []function.Parameter{function.StringParameter{
			Name:                "csv_base64",
			MarkdownDescription: "The bytes of " + f.file + " in base64, as Terraform's function `filebase64` reads them. `file` cannot read UTF-16.",
		}},
		Return: function.MapReturn{ElementType: f.element},
	}
}

func (f fileFunction) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var text string
	if resp.Error = req.Arguments.Get(ctx, &text); resp.Error != nil {
		return
	}
	file, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		resp.Error = function.NewArgumentFuncError(0, "this is not base64. Read the file with filebase64(\"…\"), not with file(\"…\")")
		return
	}
	rows, err := f.read(file)
	if err != nil {
		resp.Error = function.NewArgumentFuncError(0, err.Error())
		return
	}
	resp.Error = resp.Result.Set(ctx, rows)
}
