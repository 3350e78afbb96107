// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package cloudradial

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
)

func TestCompaniesAreReadPageByPageAndOnce(t *testing.T) {
	t.Parallel()
	for total, pages := range map[int]int{0: 1, 1: 1, 199: 1, 200: 1, 201: 2, 400: 2, 450: 3} {
		t.Run(strconv.Itoa(total), func(t *testing.T) {
			t.Parallel()
			p, client := open(t, func(w http.ResponseWriter, _ string, skip, top int) {
				fmt.Fprintf(w, `{"@odata.context":"c","value":%s}`, rows(companyFormat, skip, top, total))
			})
			p.count = strconv.Itoa(total)
			var wait sync.WaitGroup
			for range 20 {
				wait.Go(func() {
					companies, err := client.Companies(t.Context())
					if err != nil || len(companies) != total {
						t.Error(len(companies), err)
					}
					for i, company := range companies {
						if company != (Company{ID: int64(i + 1), Name: fmt.Sprintf("C%d", i+1)}) {
							t.Errorf("company %d is %+v", i, company)
						}
					}
					_, found, err := client.Company(t.Context(), int64(total))
					if err != nil || found != (total > 0) {
						t.Error(found, err)
					}
					if _, found, err := client.Company(t.Context(), int64(total+1)); err != nil || found {
						t.Error(found, err)
					}
				})
			}
			wait.Wait()
			if len(p.asked) != pages+1 || p.asked[1] != "GET /v2/odata/company/$count" {
				t.Fatalf("asked %q, want %d pages", p.asked, pages)
			}
			for i, asked := range slices.Delete(p.asked, 1, 2) {
				skip := ""
				if i > 0 {
					skip = fmt.Sprintf("$skip=%d&", i*200)
				}
				want := "GET /v2/odata/company?$orderby=companyId&$select=companyId,name,psaKey,psaIdentifier&" + skip + "$top=200"
				if asked != want {
					t.Errorf("asked %s, want %s", asked, want)
				}
			}
		})
	}
}
