// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox/psa"
)

// forgotten is the card that nobody approves at first.
var forgotten = pair{"larkspur", "Microsoft 365 Business Basic"}

// askThePSA runs the review with the numbers of the PSA, of the day on which an approval of today takes effect.
func (l *life) askThePSA(ctx context.Context) (review, error) {
	l.server.ClearRequests()
	if _, _, err := l.terraformIn(ctx, l.review, "apply", "-json", "-auto-approve", "-var=read_psa=true"); err != nil {
		return review{}, err
	}
	if written := l.server.Violations(); len(written) > 0 {
		return review{}, fmt.Errorf("the review wrote to the PSA: %q", written)
	}
	asked := 0
	for _, request := range l.server.Requests() {
		if request.System == psa.Autotask {
			asked++
		}
	}
	l.say("   Requests to the PSA, which here is Autotask: %d, all of them reads.", asked)
	return l.readReview(ctx)
}

func (l *life) oneForgotten(ctx context.Context) error {
	approved := l.server.ApproveCards(psa.EffectiveDefault, func(account, service string) bool { return pair{account, service} != forgotten })
	l.say("   %d cards approved. Autotask bills them from the first of next month on.", approved)
	found, err := l.askThePSA(ctx)
	if err != nil {
		return err
	}
	if len(found.differences) != 1 || !found.differences[forgotten] {
		return fmt.Errorf("the review shows %v, not %v: %s", found.differences, forgotten, found.report)
	}
	l.quote(found.report)
	page, _, err := l.terraformIn(ctx, l.review, "output", "-raw", "review_page")
	if err != nil {
		return err
	}
	l.page = string(page)
	l.say("   The same as a page to look at: terraform output -raw review_page >review.html (%d KB).", len(page)/1000)
	return nil
}

func (l *life) onTheInvoice(ctx context.Context) error {
	if n := l.server.ApproveCards(psa.EffectiveDefault, func(account, service string) bool { return pair{account, service} == forgotten }); n != 1 {
		return fmt.Errorf("%d cards were approved", n)
	}
	found, err := l.askThePSA(ctx)
	if err != nil {
		return err
	}
	if len(found.differences) > 0 {
		return fmt.Errorf("%d pairs differ: %s", len(found.differences), found.report)
	}
	return l.invoice()
}

// invoice prints what changes on the next invoice, and checks that it has every count that was sent for a customer of the PSA.
func (l *life) invoice() error {
	now := time.Now().UTC()
	today, next := psa.Date(now.Format(time.DateOnly)), psa.Date(time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, time.UTC).Format(time.DateOnly))
	before, after := l.server.Billed(psa.Autotask, today), l.server.Billed(psa.Autotask, next)
	sent := counts(l.server.BillingView()).pairs()
	rows, arrived := [][]string{{"company", "product", "sent", "PSA today", "PSA from " + string(next)}}, 0
	for _, p := range sorted(sent) {
		customer, known := l.server.CustomerOf(p.account)
		if !known {
			continue
		}
		billed, onInvoice := after[customer.ID][p.service]
		if onInvoice && billed != sent[p] || !onInvoice && sent[p] != 0 {
			return fmt.Errorf("%s of %s: %g was sent, and the PSA will bill %g", p.service, p.account, sent[p], billed)
		}
		arrived++
		if was := before[customer.ID][p.service]; was != billed {
			rows = append(rows, []string{p.account, p.service, fmt.Sprint(sent[p]), fmt.Sprint(was), fmt.Sprint(billed)})
		}
	}
	l.rows(rows)
	var strangers []string
	for _, account := range l.server.Accounts() {
		if _, known := l.server.CustomerOf(account.ID); !known {
			strangers = append(strangers, account.Name)
		}
	}
	slices.Sort(strangers)
	l.say("   %d counts that were sent are on the next invoice. Not a customer of the PSA yet: %s.", arrived, strings.Join(strangers, ", "))
	return nil
}
