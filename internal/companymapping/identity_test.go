// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package companymapping

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cloudradial"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
)

func TestCompanyOfAnAccount(t *testing.T) {
	t.Parallel()
	companies := []cloudradial.Company{{ID: 1, Name: "Alder"}, {ID: 2, Name: "Birch"}, {ID: 3, Name: "Twin"}, {ID: 4, Name: "Twin"}}
	for name, test := range map[string]struct {
		account gradient.Account
		want    types.Int64
	}{
		"of its name":                          {gradient.Account{ID: "alder", Name: "Alder"}, types.Int64Value(1)},
		"of its id":                            {gradient.Account{ID: "2", Name: "Birch Ltd"}, types.Int64Value(2)},
		"of its name, and the id is another's": {gradient.Account{ID: "2", Name: "Alder"}, types.Int64Value(1)},
		"of its id, and two have the name":     {gradient.Account{ID: "4", Name: "Twin"}, types.Int64Value(4)},
		"two have the name":                    {gradient.Account{ID: "twin", Name: "Twin"}, types.Int64Null()},
		"a name in another case":               {gradient.Account{ID: "alder", Name: "ALDER"}, types.Int64Null()},
		"another spelling of an id":            {gradient.Account{ID: "01", Name: "x"}, types.Int64Null()},
		"no such id":                           {gradient.Account{ID: "9", Name: "x"}, types.Int64Null()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := companyOf(test.account, companies); !got.Equal(test.want) {
				t.Errorf("%v, want %v", got, test.want)
			}
		})
	}
}
