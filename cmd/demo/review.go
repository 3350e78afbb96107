// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// shown is the company of the sandbox's seed whose rows in CloudRadial are printed.
const (
	shown     = 102
	shownName = "Brightwater Dental"
)

// review is the result of the review module.
type review struct {
	report      string
	inAgreement bool
	differences map[pair]bool
	gradient    float64 // units in Gradient, from the output of the estate
}

// reconcile runs the review module twice: the first run publishes, and the second one reports what is published. The export of the PSA has
// the numbers of Gradient's billing view, as if each one was approved at once.
func (s *stage) reconcile(ctx context.Context) (review, error) {
	export := filepath.Join(s.dir, "psa.csv")
	if err := writeExport(export, s.server.BillingView()); err != nil {
		return review{}, err
	}
	for range 2 {
		if _, _, err := s.terraformIn(ctx, s.review, "apply", "-json", "-auto-approve", "-var=psa_file="+export); err != nil {
			return review{}, err
		}
	}
	return s.readReview(ctx)
}

func (s *stage) readReview(ctx context.Context) (review, error) {
	shown, _, err := s.terraformIn(ctx, s.review, "show", "-json")
	if err != nil {
		return review{}, err
	}
	return decodeReview(shown)
}

func decodeReview(state []byte) (review, error) {
	var document struct {
		Values values `json:"values"`
	}
	if err := json.Unmarshal(state, &document); err != nil {
		return review{}, fmt.Errorf("state of the review: %w", err)
	}
	var data struct {
		Report      string `json:"report_markdown"`
		InAgreement bool   `json:"in_agreement"`
		Differences []struct {
			AccountID string `json:"account_id"`
			Service   string `json:"service"`
		} `json:"differences"`
		Summary struct {
			Units struct {
				Gradient float64 `json:"gradient"`
			} `json:"units"`
		} `json:"summary"`
	}
	if err := document.Values.read("module.review.data.cloudradial_reconciliation.m365", &data); err != nil {
		return review{}, err
	}
	result := review{data.Report, data.InAgreement, map[pair]bool{}, data.Summary.Units.Gradient}
	for _, row := range data.Differences {
		result.differences[pair{row.AccountID, row.Service}] = true
	}
	return result, nil
}

// writeExport writes counts as a CSV export of a PSA.
func writeExport(file string, numbers counts) error {
	content := &strings.Builder{}
	rows := csv.NewWriter(content)
	_ = rows.Write([]string{"account_id", "service", "quantity"})
	units := numbers.pairs()
	for _, pair := range sorted(units) {
		_ = rows.Write([]string{pair.account, pair.service, fmt.Sprint(units[pair])})
	}
	rows.Flush()
	return errors.Join(rows.Error(), os.WriteFile(file, []byte(content.String()), 0o600))
}

// lookOver runs the review, and checks that it writes nothing to Gradient and shows the numbers that Gradient holds.
func (l *life) lookOver(ctx context.Context) (review, error) {
	l.server.ClearRequests()
	found, err := l.reconcile(ctx)
	if err != nil {
		return review{}, err
	}
	for _, request := range l.server.Requests() {
		if request.System == sandbox.Gradient && request.Method != "GET" {
			return review{}, fmt.Errorf("the review wrote to Gradient: %s %s", request.Method, request.Path)
		}
	}
	var held float64
	for _, units := range l.server.UnitCounts() {
		held += sum(units)
	}
	if found.gradient != held {
		return review{}, fmt.Errorf("the review shows %g units in Gradient, which holds %g", found.gradient, held)
	}
	return found, l.published()
}

// published checks the rows in CloudRadial: one for each company and SKU at Microsoft.
func (l *life) published() error {
	held := map[pair]bool{}
	for key, skus := range l.next.licences {
		account, _, _ := strings.Cut(key, "/")
		for sku := range skus {
			held[pair{account, sku}] = true
		}
	}
	companies := map[int]bool{}
	rows := l.server.Assets()
	for _, row := range rows {
		companies[row.CompanyID] = true
	}
	if len(rows) == 0 || len(rows) != len(held) {
		return fmt.Errorf("CloudRadial has %d rows, want %d", len(rows), len(held))
	}
	l.say("   CloudRadial has %d rows for %d companies.", len(rows), len(companies))
	return nil
}

func (l *life) reviewBefore(ctx context.Context) error {
	found, err := l.lookOver(ctx)
	if err != nil {
		return err
	}
	if found.inAgreement || len(found.differences) != len(l.sync.Unmapped) {
		return fmt.Errorf("%d pairs differ, and %d are unmapped", len(found.differences), len(l.sync.Unmapped))
	}
	for _, refused := range l.sync.Unmapped {
		if !found.differences[pair{refused.AccountID, refused.Service}] {
			return fmt.Errorf("%s of %s is unmapped, but not a difference", refused.Service, refused.AccountID)
		}
	}
	l.quote(found.report)
	return nil
}

func (l *life) reviewAfter(ctx context.Context) error {
	found, err := l.lookOver(ctx)
	if err != nil {
		return err
	}
	if len(found.differences) > 0 {
		return fmt.Errorf("%d pairs differ: %s", len(found.differences), found.report)
	}
	l.quote(found.report)
	l.say("   The rows of %s in CloudRadial:", shownName)
	return l.portal()
}

// quote prints the first part of a report and its differences, and lists the other sections.
func (l *life) quote(report string) {
	sections := strings.Split(strings.TrimSpace(report), "\n### ")
	var others []string
	for i, section := range sections {
		heading, _, _ := strings.Cut(section, "\n")
		if i > 0 && !strings.HasPrefix(heading, "Differences") {
			others = append(others, heading)
			continue
		}
		if i > 0 {
			section = "### " + section
		}
		for line := range strings.Lines(strings.TrimSpace(section) + "\n") {
			if line = strings.TrimSpace(line); line != "" {
				l.say("   %s", line)
			}
		}
	}
	l.say("   Other sections: %s.", strings.Join(others, "; "))
}

// portal prints the rows of one company in CloudRadial.
func (l *life) portal() error {
	columns := []string{"product", "sku", "purchased", "assigned", "available", "status"}
	rows := [][]string{}
	for _, asset := range l.server.Assets() {
		if asset.CompanyID != shown {
			continue
		}
		var row []string
		for _, column := range columns {
			row = append(row, asset.Traits[column])
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		return fmt.Errorf("CloudRadial has no row of %s", shownName)
	}
	slices.SortFunc(rows, func(a, b []string) int { return cmp.Compare(a[0], b[0]) })
	l.rows(append([][]string{columns}, rows...))
	return nil
}
