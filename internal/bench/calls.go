// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// calls counts the requests that the sandbox recorded.
type calls struct {
	pushes      int // unit counts sent to Gradient
	gradient    int // all other requests to Gradient
	cloudradial int
	microsoft   int // sign-in and Graph
	throttled   int // those of all requests that were answered with 429
}

func count(requests []sandbox.Request) calls {
	var c calls
	for _, request := range requests {
		switch {
		case isPush(request):
			c.pushes++
		case request.System == sandbox.Gradient:
			c.gradient++
		case request.System == sandbox.CloudRadial:
			c.cloudradial++
		case request.System == sandbox.Microsoft:
			c.microsoft++
		}
		if request.Status == http.StatusTooManyRequests {
			c.throttled++
		}
	}
	return c
}

func (c calls) String() string {
	var parts []string
	for _, part := range []struct {
		n    int
		what string
	}{{c.pushes, "pushes"}, {c.gradient, "Gradient"}, {c.cloudradial, "CloudRadial"}, {c.microsoft, "Microsoft"}} {
		if part.n > 0 {
			parts = append(parts, grouped(part.n)+" "+part.what)
		}
	}
	return strings.Join(parts, ", ")
}

func isPush(request sandbox.Request) bool {
	return request.System == sandbox.Gradient && request.Method == http.MethodPost && strings.HasSuffix(request.Path, "/count")
}

// timesOf returns the arrival times of the requests that meet a condition, in order.
func timesOf(requests []sandbox.Request, pick func(sandbox.Request) bool) []time.Time {
	var times []time.Time
	for _, request := range requests {
		if pick(request) {
			times = append(times, request.At)
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	return times
}

// rate returns the mean number of events a second, from the first to the last.
func rate(times []time.Time) float64 {
	if len(times) < 2 {
		return 0
	}
	last := len(times) - 1
	return float64(last) / times[last].Sub(times[0]).Seconds()
}

// median returns the middle run by wall time, the faster one of an even number.
func median(runs []cost) cost {
	slices.SortFunc(runs, func(a, b cost) int { return cmp.Compare(a.wall, b.wall) })
	return runs[(len(runs)-1)/2]
}

// grouped formats a whole number with commas between the thousands.
func grouped(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", grouped(n/1000), n%1000)
}
