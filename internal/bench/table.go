// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"fmt"
	"strings"
	"time"
)

// line is a line of the table. Empty fields are left out.
type line struct {
	what    string
	figure  string
	against string // the figure that it is compared with
	ratio   string
	goal    goal
	cost    cost // what the run took that gave the figure
}

// goal is a target and whether it was met.
type goal struct {
	target string
	met    bool
}

func atMost[T int | float64](value, limit T, text string) goal {
	return goal{"≤ " + text, value <= limit}
}

func atLeast[T int | float64](value, limit T, text string) goal {
	return goal{"≥ " + text, value >= limit}
}

func (l line) verdict() string {
	switch {
	case l.goal.target == "":
		return ""
	case l.goal.met:
		return " (" + l.goal.target + ": met)"
	}
	return " (" + l.goal.target + ": NOT met)"
}

// markdown returns the table.
func markdown(lines []line) string {
	var text strings.Builder
	text.WriteString("| What | Figure | Compared with | Ratio | Target | Met | Calls | Provider: peak, CPU | CLI: CPU |\n")
	text.WriteString("| --- | --: | --- | --: | --- | --- | --- | --: | --: |\n")
	for _, l := range lines {
		met := ""
		if l.goal.target != "" {
			met = map[bool]string{true: "yes", false: "**no**"}[l.goal.met]
		}
		provider, core := "", ""
		if l.cost.wall > 0 {
			provider, core = providerCost(l.cost), seconds(l.cost.core)
		}
		fmt.Fprintf(&text, "| %s |\n", strings.Join([]string{l.what, l.figure, l.against, l.ratio, l.goal.target, met, l.cost.calls.String(), provider, core}, " | "))
	}
	return text.String()
}

func providerCost(c cost) string {
	switch {
	case c.provider == 0:
		return "none"
	case c.peak == 0:
		return "not measured, " + seconds(c.provider)
	}
	return megabytes(c.peak) + ", " + seconds(c.provider)
}

// seconds formats a time with its significant digits.
func seconds(d time.Duration) string {
	switch s := d.Seconds(); {
	case s >= 100:
		return fmt.Sprintf("%.0f s", s)
	case s >= 10:
		return fmt.Sprintf("%.1f s", s)
	case s >= 0.1:
		return fmt.Sprintf("%.2f s", s)
	default:
		return fmt.Sprintf("%.1f ms", s*1000)
	}
}

// megabytes formats a size in millions of bytes.
func megabytes(bytes int64) string { return fmt.Sprintf("%.0f MB", float64(bytes)/1e6) }

// times formats the ratio of a to b.
func times(a, b float64) string { return fmt.Sprintf("%.3g ×", a/b) }
