// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package reconcile

import (
	"fmt"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
)

func TestOriginsOf(t *testing.T) {
	t.Parallel()
	seats := func(part string, purchased, assigned int64) Count {
		product, _ := billing.LookupSKU(part)
		return Count{SKUCount: billing.SKUCount{SKUID: product.SKUID, Seats: billing.Seats{Purchased: purchased, Assigned: assigned}}, ProductName: part + "!"}
	}
	counts := map[string]map[string]Count{
		"acme/uk": {"SPB": seats("SPB", 12, 9), "VISIOCLIENT": seats("VISIOCLIENT", 3, 2), "POWER_BI_PRO": seats("POWER_BI_PRO", 5, 5)},
		"acme":    {"SPB": seats("SPB", 4, 4), "VISIOCLIENT": seats("VISIOCLIENT", 7, 0), "SPE_E3": seats("SPE_E3", billing.Unknown, 1)},
		"other":   nil,
	}
	licenses := map[string]billing.LicenseMapping{
		"a": {Service: "Premium", SKUs: []string{"SPB", "SPE_E3"}},
		"b": {Service: "Visio", SKUs: []string{"VISIOCLIENT"}, Basis: billing.Assigned},
	}
	got, err := OriginsOf(counts, licenses)
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("map[acme:map[Premium:[{acme SPB SPB! 4} {acme SPE_E3 SPE_E3! %d} {acme/uk SPB SPB! 12}] Visio:[{acme/uk VISIOCLIENT VISIOCLIENT! 2}]]]", billing.Unknown)
	if fmt.Sprint(got) != want {
		t.Errorf("%v\nwant %s", got, want)
	}
	licenses["b"] = billing.LicenseMapping{Service: "Visio", SKUs: []string{"SPB"}}
	if _, err := OriginsOf(counts, licenses); err == nil {
		t.Error("a SKU in two services was taken")
	}
}
