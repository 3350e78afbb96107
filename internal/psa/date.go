// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package psa

import (
	"fmt"
	"strings"
	"time"
)

// Date is a day, as 2026-12-01. PSAs bill days, so times of day are left out (psa.md §2.4). Dates compare as texts. The empty Date is none.
type Date string

// DateOf returns the day of a moment, in UTC.
func DateOf(moment time.Time) Date { return Date(moment.UTC().Format(time.DateOnly)) }

// ParseDate reads the day of a date or a time. An empty text is no date.
func ParseDate(text string) (Date, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return "", nil
	}
	day := text[:min(len(text), len(time.DateOnly))]
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		return "", fmt.Errorf("%q is not a date", text[:min(len(text), 40)])
	}
	return Date(day), nil
}

// FirstOfNextMonth returns the first day of the month after a day.
func (d Date) FirstOfNextMonth() Date {
	day := d.time()
	return DateOf(time.Date(day.Year(), day.Month()+1, 1, 0, 0, 0, 0, time.UTC))
}

// YearBefore returns the day a year before.
func (d Date) YearBefore() Date { return DateOf(d.time().AddDate(-1, 0, 0)) }

// DayAfter returns the next day.
func (d Date) DayAfter() Date { return DateOf(d.time().AddDate(0, 0, 1)) }

// DayBefore returns the day before.
func (d Date) DayBefore() Date { return DateOf(d.time().AddDate(0, 0, -1)) }

// Follows reports whether a day is the one after another.
func (d Date) Follows(other Date) bool { return other != "" && d == other.DayAfter() }

func (d Date) time() time.Time {
	day, _ := time.Parse(time.DateOnly, string(d)) // every Date is one
	return day
}

// Period is from a day to a day, both included.
type Period struct{ From, To Date }

// PeriodOf returns the period that has both days.
func PeriodOf(one, other Date) Period { return Period{From: min(one, other), To: max(one, other)} }
