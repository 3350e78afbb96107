// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensesync_test

import (
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// The first push that Gradient accepts says which cards to look at, and no other one does: not one that was refused before, nor a later one.
func TestTheFirstAcceptedPushNamesFiveCards(t *testing.T) {
	t.Parallel()
	seed := estate()
	for i := range seed.Accounts {
		seed.Accounts[i].Mapped = ""
	}
	seed.Accounts[1].Name = "B\x1b[2J\n::error::all is well"
	w := newWorkspace(t, seed)
	const cards = "in Gradient accepted counts of this sync for the first time"
	w.writeSync(`{ a = { S = 5, T = 0 }, b = { S = 70, T = 6 }, c = { S = 5, T = 7 } }`)
	w.Apply().ExpectNo(t, "Vendor Units") // everything is refused
	w.sandbox.MapAccounts("a", "b", "c")
	first := w.Apply()
	first.Expect(t, 0, ": look at 5 cards in Gradient", "This is said only once",
		"- B [2J : :error::all is well (b), S: Vendor Units 70 - Company C (c), T: Vendor Units 7",
		"- B [2J : :error::all is well (b), T: Vendor Units 6 - Company A (a), S: Vendor Units 5 - Company C (c), S: Vendor Units 5")
	for line := range strings.Lines(first.Raw) {
		if strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "\x1b") {
			t.Errorf("a name controls the terminal or the runner: %q", line)
		}
	}
	w.ExpectNoChanges().ExpectNo(t, cards)
	w.writeSync(`{ a = { S = 6, T = 0 }, b = { S = 70, T = 6 }, c = { S = 5, T = 7 } }`)
	w.Apply().ExpectNo(t, "Vendor Units")
}

// The plan of a new sync says when nothing would be billed, of all or of one service with a mapping. It is said before the first apply only.
func TestThePlanOfANewSyncSaysWhatHasNoUnit(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, sandbox.Seed{Status: "active", Accounts: estate().Accounts}, sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s)+`
resource "cloudradial_license_mapping" "this" {
  for_each    = { "Business Premium" = "SPB", "Exchange" = "EXCHANGESTANDARD" }
  service     = each.key
  skus        = [each.value]
  category    = "productivity"
  subcategory = "other"
}
resource "cloudradial_license_sync" "this" {
  unit_counts = var.counts
  depends_on  = [cloudradial_license_mapping.this]
}
variable "counts" { type = map(map(number)) }
`)
	plan := func(counts string) providertest.Output {
		w.Write("terraform.tfvars", "counts = "+counts+"\n")
		return w.Run("plan")
	}
	const none, some = ": no account has a unit", "of which no account has a unit"
	plan(`{ a = {}, b = { "Exchange" = 0 }, c = null }`).Expect(t, 0, none, "unit_counts has 2 accounts with known counts")
	plan(`{ a = { "Exchange" = 3 }, b = {} }`).Expect(t, 0, "1 service "+some, `- "Business Premium"`)
	plan(`{ c = null }`).ExpectNo(t, none, some)
	plan(`{ a = { "Exchange" = 3, "Business Premium" = 1 } }`).ExpectNo(t, none, some)
	plan(`{ a = { "Exchange" = 3 } }`)
	w.Apply()
	w.Run("plan").ExpectNo(t, none, some)
}
