// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package transcript

import (
	"net/http"
	"testing"
)

// BenchmarkPush measures what the transcript costs a unit count.
func BenchmarkPush(b *testing.B) {
	recorder := open(b, testOptions(b))
	upstream := answer(http.StatusCreated, "application/json", `{"status":201,"message":"Success - Created service unit count"}`)
	for b.Loop() {
		send(b, recorder, Gradient, upstream, http.MethodPost, "https://app.usegradient.com/api/vendor-api/service/65f0c0ffee65f0c0ffee65f0/count", `{"accountId":"alder-finch","unitCount":18}`)
	}
}
