// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

const (
	// pushLatency is the latency of every answer while counts are pushed.
	pushLatency = 50 * time.Millisecond
	// documentedLimit is Gradient's limit (gradient.md §6), in requests a second.
	documentedLimit = 100
)

const literalCounts = `
resource "cloudradial_license_sync" "m365" {
  unit_counts = jsondecode(file("${path.module}/counts.json"))
}
`

// measurePush pushes all counts, then changes some.
func measurePush(ctx context.Context, b *bench) error {
	pairs := b.size.pushed * pushedServices
	counts := unitCounts(b.size.pushed, pushedServices)
	e, err := b.newEstate(mappedSeed(b.size.pushed, pushedServices), sandbox.Options{Latency: pushLatency},
		map[string]string{"main.tf": providerBlock + literalCounts, "counts.json": asJSON(counts)})
	if err != nil {
		return err
	}
	defer e.close()
	b.say("push: %s counts, the first apply", grouped(pairs))
	full, err := e.apply(ctx)
	if err != nil {
		return err
	}
	if full.calls.pushes < pairs || len(e.server.UnitCounts()) != b.size.pushed {
		return fmt.Errorf("%d counts of %d accounts arrived, not %d of %d", full.calls.pushes, len(e.server.UnitCounts()), pairs, b.size.pushed)
	}
	pace := rate(timesOf(e.server.Requests(), isAccepted))
	what := fmt.Sprintf("Full push of %s counts, %s of latency", grouped(pairs), pushLatency)
	b.add(
		line{what: what, figure: fmt.Sprintf("%.1f /s", pace), against: fmt.Sprintf("the limit of %d /s", documentedLimit),
			ratio: times(pace, documentedLimit), goal: atLeast(pace/documentedLimit, 0.95, "0.95 ×"), cost: full},
		line{what: what + ": answers 429", figure: fmt.Sprint(full.calls.throttled), goal: atMost(full.calls.throttled, 0, "0")},
		line{what: what + ": the whole apply", figure: seconds(full.wall)},
	)
	return measureDelta(ctx, e, counts)
}

// isAccepted reports whether a request is a push that Gradient accepted.
func isAccepted(request sandbox.Request) bool {
	return isPush(request) && request.Status == http.StatusCreated
}

// measureDelta changes one count of some companies.
func measureDelta(ctx context.Context, e *estate, counts map[string]map[string]int) error {
	for i := 1; i <= e.size.changed; i++ {
		counts[accountID(i)][serviceName(products[i%pushedServices])]++
	}
	if err := e.write("counts.json", asJSON(counts)); err != nil {
		return err
	}
	e.say("push: %d of them change", e.size.changed)
	planned, err := e.run(ctx, withChanges, "plan", "-detailed-exitcode")
	if err != nil {
		return err
	}
	delta, err := e.apply(ctx)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("Delta of %d counts among %s", e.size.changed, grouped(e.size.pushed*pushedServices))
	most := e.size.changed + 6 // two of the counts twice, to start a rebuild, and four other calls
	sent := delta.calls.pushes + delta.calls.gradient
	e.add(
		line{what: what + ": a plan", figure: seconds(planned.wall), cost: planned},
		line{what: what + ": the apply", figure: seconds(delta.wall), cost: delta},
		line{what: what + ": requests of the apply to Gradient", figure: fmt.Sprint(sent), goal: atMost(sent, most, fmt.Sprint(most))},
	)
	return nil
}
