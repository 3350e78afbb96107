// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package connectwise

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/psa"
)

// Customers implements [psa.Reader]: the companies that have an agreement, by the company of the agreement, whoever pays (psa.md §2.4).
func (c *Client) Customers(ctx context.Context) ([]psa.Customer, error) {
	agreements, err := c.agreements.Get(ctx)
	if err != nil {
		return nil, err
	}
	var customers []psa.Customer
	seen := map[string]bool{}
	for _, a := range agreements {
		if !seen[a.customer.ID] {
			seen[a.customer.ID] = true
			customers = append(customers, a.customer)
		}
	}
	return customers, nil
}

// Lines implements [psa.Reader]. There is no list of the additions of all agreements, so it sends one request for each agreement of the
// customers (psa.md §2.3). Agreements that ended more than a year ago are left out.
func (c *Client) Lines(ctx context.Context, customerIDs []string, during psa.Period) (map[string]psa.CustomerLines, error) {
	agreements, err := c.agreements.Get(ctx)
	if err != nil {
		return nil, err
	}
	found := map[string]psa.CustomerLines{}
	for _, id := range customerIDs {
		found[id] = psa.CustomerLines{}
	}
	wanted := slices.DeleteFunc(slices.Clone(agreements), func(a agreement) bool {
		_, asked := found[a.customer.ID]
		return !asked || a.endedBefore(during.From.YearBefore())
	})
	var mu sync.Mutex // of found, from here on
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(maxInFlight)
	for _, a := range wanted {
		group.Go(func() error {
			lines, err := c.readAdditions(groupCtx, a, during)
			if psa.ConcernsAll(err) {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			of := found[a.customer.ID]
			of.Lines, of.Err = append(of.Lines, lines...), errors.Join(of.Err, err)
			found[a.customer.ID] = of
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for id, of := range found {
		slices.SortStableFunc(of.Lines, func(a, b psa.Line) int { return strings.Compare(a.Agreement, b.Agreement) })
		found[id] = of
	}
	return found, nil
}

// readAgreements reads all agreements, cancelled ones included.
func (c *Client) readAgreements(ctx context.Context) ([]agreement, error) {
	return readAll(ctx, c, list{
		doing: "read the agreements",
		path:  "/finance/agreements",
		fields: "id,name,company,billToCompany,agreementStatus,cancelledFlag,dateCancelled,startDate,endDate,noEndingDateFlag,billingCycle," +
			"billOneTimeFlag,oneTimeFlag",
	}, func(raw json.RawMessage) (agreement, int64, error) {
		a, err := decodeAgreement(raw)
		return a, a.id, err
	})
}

// readAdditions reads the additions of an agreement as lines, without those that ended before the period.
func (c *Client) readAdditions(ctx context.Context, a agreement, during psa.Period) ([]psa.Line, error) {
	additions, err := readAll(ctx, c, list{
		doing:  fmt.Sprintf("read the additions of agreement %d", a.id),
		path:   fmt.Sprintf("/finance/agreements/%d/additions", a.id),
		fields: "id,agreementId,product,quantity,lessIncluded,billedQuantity,billCustomer,effectiveDate,cancelledDate",
	}, func(raw json.RawMessage) (addition, int64, error) {
		found, err := decodeAddition(raw)
		if err == nil && found.agreementID != 0 && found.agreementID != a.id {
			err = fmt.Errorf("it belongs to agreement %d", found.agreementID)
		}
		return found, found.id, err
	})
	var lines []psa.Line
	for _, found := range handedOver(additions) {
		if line := found.line(a, during); line.Touches(during) {
			lines = append(lines, line)
		}
	}
	return lines, err
}

// handedOver ends each addition before the day on which another one of its product begins, when it is cancelled on that day: an approval may cancel
// the old one and add a new one (psa.md §1), and nobody documents whether the day of the cancellation is billed (psa.md §8). Both would be twice.
func handedOver(additions []addition) []addition {
	begins := map[string]bool{} // product and day
	on := func(a addition, day psa.Date) string {
		return strings.Join(append([]string{string(day), a.product.ID}, a.product.Codes...), " ") // an answer may lack one of the two
	}
	for _, a := range additions {
		begins[on(a, a.starts)] = true
	}
	for i, a := range additions {
		if a.ends != "" && a.ends > a.starts && begins[on(a, a.ends)] {
			additions[i].ends, additions[i].replaced = a.ends.DayBefore(), true
		}
	}
	return additions
}
