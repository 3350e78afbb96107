// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensesync_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

const (
	e3ID        = "05e9a617-0261-4cee-bb44-138d3ef5d965" // SPE_E3
	e3NoTeamsID = "dcf0408c-aaec-446c-afd4-43e3683943ea" // Microsoft_365_E3_(no_Teams)
)

// uncountedSeats is the argument, with S and T as the services of the estate.
func uncountedSeats(seats string) string { return "uncounted_seats = " + seats }

// Seats that no license mapping counts are a diff and a warning. Apply acknowledges them without a push.
func TestUncountedSeatsAreAcknowledgedByApplying(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	const counts = `{ a = { S = 5 }, b = { S = 7 } }`
	w.writeSync(counts)
	w.Apply()
	w.ExpectNoChanges()

	w.sandbox.ClearRequests()
	w.writeSync(counts, uncountedSeats(`{ a = { VISIOCLIENT = 3, NEW_SKU = 1 }, b = {}, c = null }`))
	plan := w.Run("plan", "-detailed-exitcode")
	plan.Expect(t, 2, "4 purchased seats not counted by any license mapping", "a: NEW_SKU, 1 seat", "a: Visio Plan 2 (VISIOCLIENT), 3 seats",
		"Nothing is billed for these seats", `+ "VISIOCLIENT" = 3`)
	plan.ExpectNo(t, "known after apply", "fewer units", "before)")
	w.expectNoWrites()
	w.Apply()
	w.ExpectNoChanges()
	w.expectPushed("")

	w.writeSync(counts, uncountedSeats(`{ a = { VISIOCLIENT = 5, NEW_SKU = 1 } }`))
	plan = w.Run("plan", "-detailed-exitcode")
	plan.Expect(t, 2, "5 purchased seats not counted by any license mapping", "a: Visio Plan 2 (VISIOCLIENT), 5 seats (3 before)")
	plan.ExpectNo(t, "a: NEW_SKU")
	w.Apply()
	w.writeSync(counts, uncountedSeats(`{ a = { VISIOCLIENT = 0 } }`))
	plan = w.Run("plan", "-detailed-exitcode")
	plan.Expect(t, 2, `"VISIOCLIENT" = 5 -> 0`)
	plan.ExpectNo(t, "Warning")
	w.Apply()
	w.writeSync(counts)
	w.Apply()
	w.ExpectNoChanges()
	w.expectPushed("")
	w.expectCounts("a/S=5 b/S=7")
}

// Only an account that loses units has perhaps renewed into another product: not one that has more, the same, or a first number.
func TestUncountedSeatsOfAnAccountThatLosesNothing(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.writeSync(`{ a = { S = 5 }, b = { S = 7 }, c = { S = 9 } }`, allowAll, `triggers = { day = "1" }`)
	w.Apply()
	w.writeSync(`{ a = { S = 6, T = 1 }, b = { S = 7 }, c = { S = 8 } }`, allowAll, `triggers = { day = "2" }`,
		uncountedSeats(`{ a = { VISIOCLIENT = 3 }, b = { VISIOCLIENT = 2 }, c = { VISIOCLIENT = 1 } }`))
	plan := w.Must("plan")
	plan.Expect(t, 0, "1 account with fewer units and more uncounted seats",
		"c: S falls from 9 to 8, and no license mapping counts 1 seat of Visio Plan 2 (VISIOCLIENT)",
		"5 purchased seats not counted", "a: Visio Plan 2 (VISIOCLIENT), 3 seats", "b: Visio Plan 2 (VISIOCLIENT), 2 seats")
	plan.ExpectNo(t, "a: S falls", "b: S falls", "a: T falls", "c: Visio")
}

// The first plan of a sync names all of them, ten by name.
func TestManyUncountedSeatsAreFolded(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	var seats []string
	for i := range 12 {
		seats = append(seats, fmt.Sprintf("customer-%02d = { SPB = %d }", i, i+1))
	}
	w.writeSync(`{ a = { S = 5 } }`, uncountedSeats("{ "+strings.Join(seats, ", ")+" }"))
	plan := w.Run("plan", "-detailed-exitcode")
	plan.Expect(t, 2, "78 purchased seats not counted", "customer-00: Microsoft 365 Business Premium (SPB), 1 seat", "customer-09:", "and 2 more")
	plan.ExpectNo(t, "customer-10:")
	w.Apply()
	w.expectPushed("a/S=5")
	w.ExpectNoChanges()
}

// A push that fails acknowledges nothing.
func TestAFailedPushDoesNotAcknowledgeUncountedSeats(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.writeSync(`{ a = { S = 5 } }`)
	w.Apply()
	w.writeSync(`{ a = { S = 6 } }`, uncountedSeats(`{ a = { VISIOCLIENT = 3 } }`))
	w.sandbox.Inject(sandbox.Fault{System: sandbox.Gradient, Path: "/count$", Status: 403, Body: "{}"})
	w.Run("apply", "-auto-approve").Expect(t, 1, "Not all unit counts were pushed")
	w.sandbox.ClearFaults()
	w.Run("plan", "-detailed-exitcode").Expect(t, 2, "a: Visio Plan 2 (VISIOCLIENT), 3 seats", `"S" = 5 -> 6`)
	w.Apply()
	w.ExpectNoChanges()
}

func TestUncountedSeatsThatAreNoSeats(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.writeSync(`{ a = { S = 5 } }`, uncountedSeats(`{ a = { X = -1, Y = 1.5, Z = null } }`))
	w.Run("plan").Expect(t, 1, "uncounted_seats is not valid", `uncounted_seats["a"]["X"] is out of range`,
		`uncounted_seats["a"]["Y"] is not a whole number: 1.5`, `uncounted_seats["a"]["Z"] is null`)
}

// Seats that are not known yet are not warned about. Those of another account are.
func TestUncountedSeatsThatAreNotKnownYet(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, estate())
	w.Write("later.tf", `resource "terraform_data" "later" { input = 3 }`)
	w.writeSync(`{ a = { S = 5 } }`, uncountedSeats(`{ a = { VISIOCLIENT = terraform_data.later.output }, b = { SPB = 1 } }`))
	w.Must("plan").Expect(t, 0, "1 purchased seat not counted", "b: Microsoft 365 Business Premium (SPB), 1 seat")
	w.Apply()
	w.ExpectNoChanges()

	// Unit counts that are not known yet hide no warning.
	w.Write("later.tf", `resource "terraform_data" "later" { input = 4 }`)
	w.writeSync(`{ a = { S = terraform_data.later.output } }`, uncountedSeats(`{ b = { SPB = 2 } }`))
	w.Must("plan").Expect(t, 0, "b: Microsoft 365 Business Premium (SPB), 2 seats (1 before)")
	w.Apply()
	w.ExpectNoChanges()
}

// renewing is an estate in which both arguments of the sync come from the data source and the functions.
const renewing = `
locals { licenses = { S = { service = "S", skus = ["SPE_E3"], basis = null } } }

data "cloudradial_license_counts" "m365" {
  tenants = { a = "a.example", b = "b.example" }
}

resource "cloudradial_license_sync" "m365" {
  unit_counts = provider::cloudradial::unit_counts(
    data.cloudradial_license_counts.m365.counts,
    { a = { account_id = "a" }, b = { account_id = "b" } },
    local.licenses,
  )
  uncounted_seats = provider::cloudradial::uncounted_seats(data.cloudradial_license_counts.m365.counts, local.licenses)
  guard           = { max_decrease_percent = %[1]d, max_account_percent = %[1]d }
}
`

// A customer renews 100 seats into a product that no mapping counts. The plan says both in one sentence, also when the guard
// stops it.
func TestARenewalIntoAnUncountedProduct(t *testing.T) {
	t.Parallel()
	seed := estate()
	for i, name := range []string{"a", "b"} {
		seed.Tenants = append(seed.Tenants, sandbox.Tenant{
			ID: fmt.Sprintf("00000000-0000-4000-8000-%012d", i+1), Name: name, Domains: []string{name + ".example"},
			SKUs: []sandbox.SKU{
				{PartNumber: "SPE_E3", SKUID: e3ID, Enabled: 100, Consumed: 90},
				{PartNumber: "FLOW_FREE", SKUID: "f30db892-07e9-47e9-837c-80727f46fd3d", Enabled: 10000, Consumed: 1},
			},
		})
	}
	w := newWorkspace(t, seed)
	w.Write("sync.tf", fmt.Sprintf(renewing, 20))
	w.Must("plan").ExpectNo(t, "not counted by any license mapping")
	w.Apply()
	w.ExpectNoChanges()
	w.expectPushed("a/S=100 b/S=100")

	w.sandbox.SetSeats("a.example", "SPE_E3", 0)
	w.sandbox.PutSKU("a.example", sandbox.SKU{PartNumber: "Microsoft_365_E3_(no_Teams)", SKUID: e3NoTeamsID, Enabled: 100, Consumed: 90})
	const sentence = "a: S falls from 100 to 0, and no license mapping counts 100 seats of Microsoft 365 E3 (no Teams) (Microsoft_365_E3_(no_Teams))"
	w.Run("plan").Expect(t, 1, "larger than the guard allows", "1 account with fewer units and more uncounted seats", sentence)

	w.Write("sync.tf", fmt.Sprintf(renewing, 100))
	plan := w.Run("plan", "-detailed-exitcode")
	plan.Expect(t, 2, sentence, "add its SKU to the license mapping")
	plan.ExpectNo(t, "not counted by any license mapping")
	w.expectNoWrites()

	// With its SKU in the mapping the units stay.
	w.Write("sync.tf", strings.Replace(fmt.Sprintf(renewing, 20), `["SPE_E3"]`, `["SPE_E3", "`+e3NoTeamsID+`"]`, 1))
	w.ExpectNoChanges()
	w.Must("plan").ExpectNo(t, "Warning")
	providertest.ExpectWrites(t, w.sandbox)
}
