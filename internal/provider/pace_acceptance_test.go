// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// Reads, creations and pushes share one pace, although Terraform runs ten resources at once.
func TestOnePaceForEverything(t *testing.T) {
	t.Parallel()
	const limit = 10
	const most = limit * 3 / 2 // a busy machine delays requests on their way; one pace for each kind of request would exceed this by far
	s := providertest.Start(t, estateSeed(customers), sandbox.Options{RateLimit: most})
	w := providertest.NewWorkspace(t, providertest.BlockWith(s, map[string]string{"gradient.requests_per_second": fmt.Sprint(limit)})+estate+`
data "cloudradial_gradient_accounts" "all" {}
data "cloudradial_gradient_services" "all" {}
`)
	w.Apply()
	var times []time.Time
	writes := map[string]int{}
	for _, request := range s.Requests() {
		if request.System != sandbox.Gradient {
			continue
		}
		times = append(times, request.At)
		if request.Method != http.MethodGet {
			writes[request.Method+" "+request.Path]++
		}
		if request.Status == http.StatusTooManyRequests {
			t.Errorf("%s %s exceeds the rate limit", request.Method, request.Path)
		}
	}
	for i, first := range times {
		within := 0
		for _, at := range times[i:] {
			if at.Sub(first) < time.Second {
				within++
			}
		}
		if within > most {
			t.Errorf("%d requests within a second, the limit is %d", within, limit)
		}
	}
	if len(times) < 2*limit || len(writes) < 5 {
		t.Errorf("only %d requests were made, and these writes: %v", len(times), writes)
	}
}
