package cloudradial

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"testing"
)

func TestCompaniesAreReadPageByPageAndOnce(t *testing.T) {
	t.Parallel()
	for total, calls := range map[int]int{0: 1, 1: 1, 199: 1, 200: 2, 201: 2, 400: 3, 450: 3} {
		t.Run(strconv.Itoa(total), func(t *testing.T) {
			t.Parallel()
			p, client := open(t, func(w http.ResponseWriter, _ string, skip, top int) {
				fmt.Fprintf(w, `{"@odata.context":"c","value":%s}`, rows(companyFormat, skip, top, total))
			})
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
			if len(p.asked) != calls {
				t.Errorf("asked %d times, want %d", len(p.asked), calls)
			}
			for i, asked := range p.asked {
				want := fmt.Sprintf("GET /v2/odata/company?$orderby=companyId&$select=companyId,name,psaKey,psaIdentifier&$skip=%d&$top=200", i*200)
				if asked != want {
					t.Errorf("asked %s, want %s", asked, want)
				}
			}
		})
	}
}
