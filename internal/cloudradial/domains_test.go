// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package cloudradial

import (
	"fmt"
	"net/http"
	"reflect"
	"testing"
)

func TestDomains(t *testing.T) {
	t.Parallel()
	p, client := open(t, func(w http.ResponseWriter, path string, skip, top int) {
		if path != "/v2/odata/domain" {
			t.Errorf("asked %s", path)
		}
		if skip == 0 {
			fmt.Fprintf(w, `{"value":%s}`, rows(`{"companyDomainId":%d,"companyId":9,"name":"d%d.example","isDefault":false,"isDeleted":true}`, skip, top, 200))
			return
		}
		fmt.Fprint(w, `{"value":[{"companyDomainId":300,"companyId":9,"name":"b.example","isDefault":true},
			{"companyDomainId":201,"companyId":9,"name":"a.example","isDefault":false,"isDeleted":false,"source":"Office365"},
			{"companyDomainId":400,"companyId":7,"name":"c.example"}]}`)
	})
	p.count = "203"
	want := []Domain{{7, "c.example", false}, {9, "a.example", false}, {9, "b.example", true}}
	for range 2 {
		if got, err := client.Domains(t.Context()); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, %v", got, err)
		}
	}
	if len(p.asked) != 3 {
		t.Errorf("asked %q", p.asked)
	}
}
