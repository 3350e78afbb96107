package reconcile

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// System is one that holds unit counts. Systems has their names, in the order of the columns.
type System int

// The systems.
const (
	Microsoft System = iota
	CloudRadial
	Gradient
	PSA
)

// Systems are the names of the systems, by System.
var Systems = [...]string{"Microsoft", "CloudRadial", "Gradient", "PSA"}

// arguments are where the numbers of the others than Microsoft come from, by System.
var arguments = [...]string{CloudRadial: "asset_type", Gradient: "gradient_counts", PSA: "psa_counts"}

// Key is the name of the system's attribute.
func (s System) Key() string { return strings.ToLower(Systems[s]) }

// Status is how a pair of account and service stands.
type Status string

// The statuses. Statuses says what each means.
const (
	Differs              Status = "differs"
	MissingInMicrosoft   Status = "missing_in_microsoft"
	MissingInPSA         Status = "missing_in_psa"
	MissingInGradient    Status = "missing_in_gradient"
	MissingInCloudRadial Status = "missing_in_cloudradial"
	Unknown              Status = "unknown"
	NotCompared          Status = "not_compared"
	Agree                Status = "agree"
)

// Statuses are all of them with their meaning, the one that matters most first. A row has the first that holds.
var Statuses = []struct {
	Status  Status
	Meaning string
}{
	{Differs, "two systems gave numbers that are further apart than `tolerance`"},
	{MissingInMicrosoft, "another system has units, and Microsoft can have none, for no company mapping has the account or no license mapping the service"},
	{MissingInPSA, "another system has units, and the PSA gave no number"},
	{MissingInGradient, "another system has units, and Gradient has accepted no number"},
	{MissingInCloudRadial, "another system has units, and CloudRadial has no row"},
	{Unknown, "the numbers that are known agree, and one that was asked for is unknown: a tenant that cannot be read, a null, a row that is no number"},
	{NotCompared, "only one system gave a number, and no other was asked"},
	{Agree, "all systems that were asked gave numbers within `tolerance` of each other; or the numbers are 0, and the others have none"},
}

// missing are the statuses of the systems that gave no number.
var missing = []struct {
	system System
	status Status
}{
	{Microsoft, MissingInMicrosoft}, {PSA, MissingInPSA}, {Gradient, MissingInGradient}, {CloudRadial, MissingInCloudRadial},
}

// disagrees reports whether the systems do not agree, as far as is known.
func (s Status) disagrees() bool { return s != Unknown && s != NotCompared && s != Agree }

// kind is what became of asking a system about a pair.
type kind int

const (
	notAsked kind = iota
	none          // it has no number
	unknown       // it may have one, which nobody can tell
	number
)

// answer is what a system says about a pair. Its text, for none and unknown, says so in words.
type answer struct {
	kind  kind
	units float64
	text  string
}

// judge tells which statuses hold, in the order of Statuses, and why. No number is not the number 0: what is missing is
// compared with nothing.
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
	if len(numbers) > 1 && rounded(slices.Max(numbers)-slices.Min(numbers)) > tolerance {
		holds = append(holds, Differs)
	}
	if slices.ContainsFunc(numbers, func(n float64) bool { return n != 0 }) {
		for _, m := range missing {
			if answers[m.system].kind == none {
				holds = append(holds, m.status)
			}
		}
	}
	if slices.ContainsFunc(answers[:], func(a answer) bool { return a.kind == unknown }) {
		holds = append(holds, Unknown)
	}
	switch {
	case len(holds) > 0:
	case asked == 1:
		holds = []Status{NotCompared}
	default:
		holds = []Status{Agree}
	}
	return holds, reason(answers, holds[0] == Agree)
}

// reason says how far apart the numbers are, and which there are not.
func reason(answers [len(Systems)]answer, agree bool) string {
	var texts []string
	first := slices.IndexFunc(answers[:], func(a answer) bool { return a.kind == number })
	for system, a := range answers {
		switch {
		case a.kind == none || a.kind == unknown:
			texts = append(texts, a.text)
		case a.kind == number && a.units != answers[first].units:
			texts = append(texts, apart(system, a.units, first, answers[first].units))
		}
	}
	text := strings.Join(texts, "; ")
	switch {
	case !agree || text == "":
		return text
	case slices.ContainsFunc(answers[:], func(a answer) bool { return a.kind == none }):
		return "0 units: " + text // or the system without a number would disagree
	}
	return "within the tolerance: " + text
}

func apart(system int, units float64, other int, otherUnits float64) string {
	if units < otherUnits {
		return fmt.Sprintf("%s is %s below %s", Systems[system], Text(otherUnits-units), Systems[other])
	}
	return fmt.Sprintf("%s is %s above %s", Systems[system], Text(units-otherUnits), Systems[other])
}

// Text writes a number of units, with up to four decimals.
func Text(units float64) string { return strconv.FormatFloat(rounded(units), 'f', -1, 64) }
