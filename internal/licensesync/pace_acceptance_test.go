// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensesync_test

import (
	"fmt"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// A push that is too fast for Gradient slows down, and Gradient gets every count.
func TestGradientAllowsLessThanIsConfigured(t *testing.T) {
	t.Parallel()
	for _, retryAfter := range []string{"none", "1s"} {
		t.Run("Retry-After "+retryAfter, func(t *testing.T) {
			t.Parallel()
			const accounts = 250
			seed := estate()
			for i := range accounts {
				id := fmt.Sprintf("account%03d", i)
				seed.Accounts = append(seed.Accounts, sandbox.Account{ID: id, Name: id, Mapped: "mapped"})
			}
			s := providertest.Start(t, seed, sandbox.Options{RateLimit: 40, Switches: map[string]string{"gradient-retry-after": retryAfter}})
			w := providertest.NewWorkspace(t, providertest.Block(s)+fmt.Sprintf(`
resource "cloudradial_license_sync" "m365" {
  unit_counts = { for i in range(%d) : format("account%%03d", i) => { S = 100 + i } }
}
`, accounts))
			w.Apply()
			limited := 0
			for _, request := range s.Requests() {
				if request.Status == 429 {
					limited++
				}
			}
			t.Logf("%d of %d requests were answered with 429", limited, len(s.Requests()))
			if limited > accounts/2 {
				t.Errorf("%d of %d requests were answered with 429", limited, len(s.Requests()))
			}
			held := s.UnitCounts()
			for i := range accounts {
				if got := held[fmt.Sprintf("account%03d", i)]["S"]; got != float64(100+i) {
					t.Errorf("Gradient holds %v of account %d, want %d", got, i, 100+i)
				}
			}
			w.ExpectNoChanges()
		})
	}
}
