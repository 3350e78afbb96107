// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensesync

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

func uncountedSeatsAttribute() schema.Attribute {
	return schema.MapAttribute{
		Optional:    true,
		ElementType: shapes.ServiceUnitsType,
		MarkdownDescription: "Purchased seats that no license mapping counts: a map from `account_id` to a map from SKU to seats, the result of " +
			"`provider::cloudradial::uncounted_seats`. It changes nothing in Gradient. When these seats change, the plan shows it and warns with " +
			"account, product and seats. To acknowledge them, apply.",
	}
}

// invalidSeatsError lists the values of uncounted_seats that are not numbers of seats.
func invalidSeatsError(err error) diag.Diagnostic {
	return shapes.Diagnostic("uncounted_seats is not valid", err)
}

// uncounted is a number of seats of an account that no license mapping counts, and differs from the number of the last apply.
type uncounted struct {
	account, sku  string
	before, seats int64
}

// product returns the name in Microsoft's table and the key of the SKU.
func (u uncounted) product() string {
	if product, known := billing.LookupSKU(u.sku); known {
		return fmt.Sprintf("%s (%s)", product.Name, u.sku)
	}
	return u.sku
}

// warnAboutUncountedSeats returns plan warnings about seats that no license mapping counts and that no apply has acknowledged. An
// account that loses units at the same time has perhaps renewed into another product, so one sentence has both.
func warnAboutUncountedSeats(d decision, up upstream, planned model, prior *model) diag.Diagnostics {
	changed, err := uncountedChanges(planned, prior)
	if err != nil {
		return diag.Diagnostics{invalidSeatsError(err)}
	}
	losses := lossesByAccount(d)
	moved, rest := splitByLoss(changed, losses)
	var diags diag.Diagnostics
	at := path.Root(shapes.UncountedSeats)
	if len(moved) > 0 {
		diags.AddAttributeWarning(at, up.syncName()+": "+tfdiag.Count(len(moved), "account")+" with fewer units and more uncounted seats",
			"Perhaps these customers renewed into another product. If so, add its SKU to the license mapping of the service, and plan again:\n\n"+
				tfdiag.List(lossSentences(moved, losses)))
	}
	if len(rest) > 0 {
		diags.AddAttributeWarning(at, up.syncName()+": "+tfdiag.Count(int(totalSeats(rest)), "purchased seat")+" not counted by any license mapping",
			"Nothing is billed for these seats. Add their SKUs to a license mapping, or apply to acknowledge them. This warning is shown "+
				"again when a number changes:\n\n"+tfdiag.List(uncountedLines(rest)))
	}
	return diags
}

// uncountedChanges returns the planned numbers that differ from those of the last apply, sorted. What is counted or gone now is not
// among them.
func uncountedChanges(planned model, prior *model) ([]uncounted, error) {
	now, err := shapes.DecodeUncountedSeats(planned.UncountedSeats)
	if err != nil {
		return nil, err
	}
	before := billing.Counts{}
	if prior != nil {
		if before, err = shapes.DecodeUncountedSeats(prior.UncountedSeats); err != nil {
			return nil, err
		}
	}
	var changed []uncounted
	for account, skus := range now {
		for sku, seats := range skus {
			if old := before[account][sku]; seats > 0 && seats != old {
				changed = append(changed, uncounted{account, sku, old, seats})
			}
		}
	}
	slices.SortFunc(changed, func(a, b uncounted) int {
		return cmp.Or(strings.Compare(a.account, b.account), strings.Compare(a.sku, b.sku))
	})
	return changed, nil
}

// lossesByAccount says for each account which of its accepted counts a push lowers.
func lossesByAccount(d decision) map[string][]string {
	losses := map[string][]string{}
	for _, push := range d.pushes {
		if units, accepted := d.task.Ledger[push.Pair]; accepted && push.Units < units {
			losses[push.Account] = append(losses[push.Account], fmt.Sprintf("%s falls from %d to %d", push.Service, units, push.Units))
		}
	}
	return losses
}

// splitByLoss parts the accounts that lose units and gain uncounted seats, with all that changed for them, from the rest.
func splitByLoss(changed []uncounted, losses map[string][]string) (moved map[string][]uncounted, rest []uncounted) {
	moved = map[string][]uncounted{}
	for _, u := range changed {
		if len(losses[u.account]) > 0 && u.seats > u.before {
			moved[u.account] = append(moved[u.account], u)
		} else {
			rest = append(rest, u)
		}
	}
	return moved, rest
}

// lossSentences returns a sentence for each account: the units that it loses, and the seats that nothing counts.
func lossSentences(moved map[string][]uncounted, losses map[string][]string) []string {
	var sentences []string
	for _, account := range slices.Sorted(maps.Keys(moved)) {
		var gained []string
		for _, u := range moved[account] {
			gained = append(gained, fmt.Sprintf("%s of %s", tfdiag.Count(int(u.seats), "seat"), u.product()))
		}
		slices.Sort(losses[account])
		sentences = append(sentences, fmt.Sprintf("%s: %s, and no license mapping counts %s",
			account, strings.Join(losses[account], ", "), strings.Join(gained, ", ")))
	}
	return sentences
}

// uncountedLines returns a line for each number, with the one that was acknowledged before.
func uncountedLines(changed []uncounted) []string {
	lines := make([]string, len(changed))
	for i, u := range changed {
		lines[i] = fmt.Sprintf("%s: %s, %s", u.account, u.product(), tfdiag.Count(int(u.seats), "seat"))
		if u.before > 0 {
			lines[i] += fmt.Sprintf(" (%d before)", u.before)
		}
	}
	return lines
}

func totalSeats(changed []uncounted) (total int64) {
	for _, u := range changed {
		total += u.seats
	}
	return total
}
