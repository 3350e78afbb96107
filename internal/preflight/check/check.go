// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Package check asks Gradient, CloudRadial and Microsoft for what the rest of the provider will need, and judges the answers.
//
// [Run] makes clients of its own on a transport that carries nothing but GETs and sign-ins. What the systems answer becomes
// [Problem]s and facts; no failure ends the check, because the other systems can be checked all the same. A [Result] depends on
// the answers alone: it has no time, no request id and no secret, so it stays the same while nothing changes.
package check

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"sync"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cloudradial"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/microsoft"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// Systems says how to reach the three systems. Each function returns the options of a client, or why there are none: a
// [tfdiag.MissingError], an error that wraps [tfdiag.ErrUnknown], or what is wrong with the settings.
type Systems struct {
	Gradient    func() (gradient.Options, error)
	CloudRadial func() (cloudradial.Options, error)
	Microsoft   func() (microsoft.Options, error)
	// Trimmed names the settings that were given with white space around them. The options are without.
	Trimmed []string
}

// Request says what to check beside the keys.
type Request struct {
	Tenants []Tenant // sorted by key
	// PartnerTenantIDs are the owners whose seats count, in lower case.
	PartnerTenantIDs []string
	// Shared are the tenants that several companies share, sorted by key.
	Shared []SharedTenant
}

// Tenant is a customer's tenant: its key, and its GUID or domain in lower case.
type Tenant struct{ Key, Name string }

// The names of the systems in problems.
const (
	systemGradient    = "gradient"
	systemCloudRadial = "cloudradial"
	systemMicrosoft   = "microsoft"
	systemMachine     = "machine" // the one that the provider runs on, with its network
)

// Severity says what a problem means for a license sync.
type Severity string

// The severities, worst first.
const (
	Error   Severity = "error"   // stops a sync
	Warning Severity = "warning" // may bill wrongly, or stops something else
	Notice  Severity = "notice"  // worth knowing
)

var severities = []Severity{Error, Warning, Notice}

// Problem is one thing that differs from what the provider needs or expects.
type Problem struct {
	Severity Severity
	System   string
	Subject  string // the setting, tenant, list or service that it is about
	Summary  string // a clause without a full stop
	Detail   string
	Remedy   string // may be empty for a notice
}

// Result is what was found out.
type Result struct {
	Problems []Problem // worst first
	// Facts say what the answers look like, without anything that identifies the account. Those about an unknown of a contract that is a
	// switch of the sandbox have its name.
	Facts map[string]string

	summaries [3]string // of the three systems, for the report
}

// Ready reports that no problem stops a license sync.
func (r Result) Ready() bool {
	return !slices.ContainsFunc(r.Problems, func(p Problem) bool { return p.Severity == Error })
}

// findings is what was found out about one system. It is filled by one goroutine.
type findings struct {
	system   string
	summary  string
	problems []Problem
	facts    map[string]string
}

func newFindings(system string) *findings {
	return &findings{system: system, facts: map[string]string{}}
}

func (f *findings) add(severity Severity, subject, summary, detail, remedy string) {
	f.problems = append(f.problems, Problem{severity, f.system, subject, summary, withoutIDs(detail), withoutIDs(remedy)})
}

// failed adds the problem of a request or of settings that cannot be used.
func (f *findings) failed(severity Severity, subject, summary string, err error) {
	detail, remedy := explain(err)
	f.add(severity, subject, summary, detail, remedy)
}

func (f *findings) fact(name, value string) { f.facts[name] = value }

// Run checks the three systems at the same time. It ends early only when ctx does; the result is then incomplete.
func Run(ctx context.Context, systems Systems, request Request) Result {
	air := &network{}
	all := []*findings{newFindings(systemGradient), newFindings(systemCloudRadial), newFindings(systemMicrosoft)}
	var group sync.WaitGroup
	group.Go(func() { checkGradient(ctx, systems.Gradient, air, all[0]) })
	group.Go(func() { checkCloudRadial(ctx, systems.CloudRadial, air, all[1]) })
	group.Go(func() { checkMicrosoft(ctx, systems.Microsoft, request, air, all[2]) })
	group.Wait()

	machine := newFindings(systemMachine)
	air.judge(machine)
	judgeTrimmed(systems.Trimmed, machine)
	return merge(append(all, machine))
}

// merge orders the problems: worst first, and within a severity by system in the order of the checks.
func merge(all []*findings) Result {
	result := Result{Facts: map[string]string{}}
	for i, found := range all {
		result.Problems = append(result.Problems, found.problems...)
		maps.Copy(result.Facts, found.facts)
		if i < len(result.summaries) {
			result.summaries[i] = found.summary
		}
	}
	slices.SortStableFunc(result.Problems, func(a, b Problem) int {
		return cmp.Compare(slices.Index(severities, a.Severity), slices.Index(severities, b.Severity))
	})
	return result
}

// judgeTrimmed says which settings have white space around them.
func judgeTrimmed(settings []string, found *findings) {
	for _, setting := range settings {
		found.add(Notice, setting, "there is white space around the value of "+setting,
			"The provider removes it, so this value works here. Another program that reads the same variable or file may send it as it is, and "+
				"then the key is refused.",
			"Store the value again without the space or line break at its ends.")
	}
}

// watched returns the transport for a client of a system.
func watched(next http.RoundTripper, air *network, system string, look func(answer)) *readOnly {
	if next == nil {
		next = rest.NewTransport(nil)
	}
	return &readOnly{next: next, look: func(got answer) {
		air.look(system, got)
		if look != nil {
			look(got)
		}
	}}
}
