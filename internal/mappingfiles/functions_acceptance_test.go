// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package mappingfiles_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
)

// reading is a configuration without any upstream that calls a function with the bytes of a file.
func reading(function, file string) string {
	return fmt.Sprintf(`output "rows" { value = provider::cloudradial::%s(%q) }`, function, base64.StdEncoding.EncodeToString([]byte(file)))
}

func TestFunctionsReadFiles(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ function, file, want string }{
		{"companies_from_csv", "\ufeffaccount_id;company_id;psa_account;tenant\na;101;A & B;a.example a2.example\n;;;\n",
			`{"a": {"account_id": "a", "company_id": 101, "name": "A & B", "tenants": {"a": "a.example", "a/a2.example": "a2.example"},
				"shared_tenant": null, "domains": null}}`},
		{"companies_from_csv", "account_id,company_id,psa_account,tenant,domains\na,101,A,a.example,\nb,102,B,a,b.example;c.example\n",
			`{"a": {"account_id": "a", "company_id": 101, "name": "A", "tenants": {"a": "a.example"}, "shared_tenant": null, "domains": null},
				"b": {"account_id": "b", "company_id": 102, "name": "B", "tenants": {}, "shared_tenant": "a", "domains": ["b.example", "c.example"]}}`},
		{"licenses_from_csv", "service,sku,basis\nE5,SPE_E5,\nE5,SPB,active\n",
			`{"E5": {"service": "E5", "skus": ["SPB", "SPE_E5"], "basis": "active", "category": null, "subcategory": null, "description": null}}`},
		{"psa_counts_from_csv", "account_id,service,quantity\na,E5,\"1,020\"\na,E5,0.5\na,E3,\n", `{"a": {"E5": 1020.5, "E3": null}}`},
	} {
		t.Run(test.function, func(t *testing.T) {
			t.Parallel()
			w := providertest.NewWorkspace(t, reading(test.function, test.file))
			w.Apply()
			var rows any
			if err := json.Unmarshal([]byte(w.Must("output", "-json", "rows").Raw), &rows); err != nil {
				t.Fatal(err)
			}
			providertest.ExpectJSON(t, "rows", rows, test.want)
		})
	}
}

// A person mends a file in one go: the CLI shows every row that is wrong.
func TestWrongFilesInTheCLI(t *testing.T) {
	t.Parallel()
	file := "account_id,company_id,psa_account,tenant\n"
	for range 12 {
		file += "a b,x,,d\n"
	}
	out := providertest.NewWorkspace(t, reading("companies_from_csv", file)).Run("plan")
	out.ExpectTexts(t, `"csv_base64" parameter`, "line 2, column account_id", "line 13, column tenant")
	out = providertest.NewWorkspace(t, `output "rows" { value = provider::cloudradial::licenses_from_csv("service,sku") }`).Run("plan")
	out.ExpectTexts(t, "this is not base64. Read the file with filebase64")
}
