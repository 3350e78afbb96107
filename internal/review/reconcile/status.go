// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package reconcile

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// System is a system that has unit counts. [Systems] has their names, in the order of the columns.
type System int

// The systems.
const (
	microsoft System = iota
	cloudRadial
	gradient
	psa
)

// Systems are the names of the systems, by System.
var Systems = [...]string{"Microsoft", "CloudRadial", "Gradient", "PSA"}

// arguments are the arguments that the numbers come from, by System. Those of Microsoft are always given.
var arguments = [...]string{cloudRadial: "asset_type", gradient: "gradient_counts", psa: "psa_counts"}

// Key is the name of the system's attribute.
func (s System) Key() string { return strings.ToLower(Systems[s]) }

// Status says whether the systems agree about an account and a service.
type Status string

// The statuses. [Statuses] explains them.
const (
	statusPSATwoLines           Status = "psa_two_lines"
	statusPSANoCharge           Status = "psa_no_charge"
	statusPSACancelledAgreement Status = "psa_cancelled_agreement"
	statusPSANotApproved        Status = "psa_not_approved"

	statusDiffers              Status = "differs"
	statusMissingInMicrosoft   Status = "missing_in_microsoft"
	statusMissingInPSA         Status = "missing_in_psa"
	statusMissingInGradient    Status = "missing_in_gradient"
	statusMissingInCloudRadial Status = "missing_in_cloudradial"
	statusUnknown              Status = "unknown"
	statusNotCompared          Status = "not_compared"
	statusPSALater             Status = "psa_later"
	statusAgree                Status = "agree"
)

// Statuses lists all statuses with their meaning, the most important first. A row has the first that holds.
var Statuses = []struct {
	Status  Status
	Meaning string
}{
	{statusPSATwoLines, "the PSA bills another number than was sent, because it has several lines, one of which alone has that number. This and the other `psa_` statuses need `psa_lines`"},
	{statusPSANoCharge, "what is missing in the PSA is on lines that are not charged"},
	{statusPSACancelledAgreement, "what is missing in the PSA is on lines of a cancelled agreement"},
	{statusPSANotApproved, "no line of the PSA explains its number, today or later: nobody has approved the change in Gradient"},
	{statusDiffers, "two systems gave numbers that are further apart than `tolerance`"},
	{statusMissingInMicrosoft, "another system has units, and Microsoft can have none, because no company mapping has the account or no license mapping the service"},
	{statusMissingInPSA, "another system has units, and the PSA gave no number"},
	{statusMissingInGradient, "another system has units, and Gradient has accepted no number"},
	{statusMissingInCloudRadial, "another system has units, and CloudRadial has no row"},
	{statusUnknown, "the numbers that are known agree, and one that was asked for is unknown: a tenant that cannot be read, a null, a row without a number"},
	{statusNotCompared, "only one system gave a number, and no other was asked"},
	{statusPSALater, "the PSA bills another number today, and from a later day on the one that was sent: it was approved. The other systems are compared with that one"},
	{statusAgree, "all systems that were asked gave numbers within `tolerance` of each other; or the numbers are 0, and the others have none"},
}

// missing has the status of each system that has no number, the most important first.
var missing = []struct {
	system System
	status Status
}{
	{microsoft, statusMissingInMicrosoft}, {psa, statusMissingInPSA}, {gradient, statusMissingInGradient}, {cloudRadial, statusMissingInCloudRadial},
}

// disagrees reports whether the status is a known disagreement.
func (s Status) disagrees() bool {
	return s != statusUnknown && s != statusNotCompared && s != statusPSALater && s != statusAgree
}

// kind is the kind of an answer.
type kind int

const (
	notAsked kind = iota
	none          // it has no number
	unknown       // it may have one, which cannot be read
	number
)

// answer is what a system has for a pair. Its text explains none and unknown.
type answer struct {
	kind  kind
	units float64
	text  string
}

// judge returns the statuses that hold, in the order of [Statuses], and the reason. A missing number is not 0, so it is compared with
// nothing.
func judge(answers [len(Systems)]answer, tolerance float64) (holds []Status, why string) {
	var numbers []float64
	asked := 0
	for _, a := range answers {
		if a.kind != notAsked {
			asked++
		}
		if a.kind == number {
			numbers = append(numbers, a.units)
		}
	}
	if len(numbers) > 0 && rounded(slices.Max(numbers)-slices.Min(numbers)) > tolerance {
		holds = append(holds, statusDiffers)
	}
	if slices.ContainsFunc(numbers, func(n float64) bool { return n != 0 }) {
		for _, m := range missing {
			if answers[m.system].kind == none {
				holds = append(holds, m.status)
			}
		}
	}
	if slices.ContainsFunc(answers[:], func(a answer) bool { return a.kind == unknown }) {
		holds = append(holds, statusUnknown)
	}
	if len(holds) == 0 {
		holds = []Status{statusAgree}
		if asked == 1 {
			holds = []Status{statusNotCompared}
		}
	}
	return holds, reason(answers, holds[0] == statusAgree)
}

// reason says how far apart the numbers are, and which are missing.
func reason(answers [len(Systems)]answer, agree bool) string {
	var texts []string
	first := slices.IndexFunc(answers[:], func(a answer) bool { return a.kind == number })
	for system, a := range answers {
		switch a.kind {
		case none, unknown:
			texts = append(texts, a.text)
		case number:
			texts = append(texts, apart(system, a.units, first, answers[first].units)...)
		}
	}
	text := strings.Join(texts, "; ")
	if !agree || text == "" {
		return text
	}
	if slices.ContainsFunc(answers[:], func(a answer) bool { return a.kind == none }) {
		return "0 units: " + text // with any units, the system without a number would disagree
	}
	return "within the tolerance: " + text
}

// apart says how far a system is from another one. It returns nothing when they have the same number.
func apart(system int, units float64, other int, otherUnits float64) []string {
	if units > otherUnits {
		return []string{fmt.Sprintf("%s is %s above %s", Systems[system], Text(units-otherUnits), Systems[other])}
	}
	if units < otherUnits {
		return []string{fmt.Sprintf("%s is %s below %s", Systems[system], Text(otherUnits-units), Systems[other])}
	}
	return nil
}

// Text formats units, with up to four decimals.
func Text(units float64) string { return strconv.FormatFloat(rounded(units), 'f', -1, 64) }
