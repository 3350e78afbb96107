// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package companymapping

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cloudradial"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// portal looks up the companies of a plan in CloudRadial. The first look-up opens it.
type portal struct {
	clients clients

	opened    bool
	client    *cloudradial.Client  // nil when companies cannot be looked up
	noKeys    *tfdiag.MissingError // set when the provider block has no key of CloudRadial
	problem   diag.Diagnostic      // why CloudRadial cannot be asked, which concerns every mapping
	required  bool                 // whether that is an error
	suggested int                  // how many names were suggested
}

// company returns the company of that id. It reports !ok when companies cannot be looked up: the keys are missing or not known yet,
// or CloudRadial does not answer. Without an answer, [portal.report] adds an error if any look-up had that severity.
func (p *portal) company(ctx context.Context, id int64, severity diag.Severity) (company cloudradial.Company, found, ok bool) {
	if !p.opened {
		p.open()
	}
	p.required = p.required || severity == diag.SeverityError
	if p.client == nil {
		return cloudradial.Company{}, false, false
	}
	company, found, err := p.client.Company(ctx, id)
	if err != nil {
		p.client, p.problem = nil, tfdiag.Error(noCompanies, err)
	}
	return company, found, err == nil
}

func (p *portal) open() {
	p.opened = true
	_, err := p.clients.CloudRadial()
	var missing *tfdiag.MissingError
	switch {
	case errors.Is(err, tfdiag.ErrUnknown): // the plan goes on without
	case errors.As(err, &missing) && len(missing.Missing) > 1: // one key without the other is a mistake
		p.noKeys = missing
	default:
		var diags diag.Diagnostics
		if client, ok := tfbase.CloudRadial(p.clients, &diags); ok {
			p.client = client
		} else {
			p.problem = diags[0]
		}
	}
}

// report adds the problem that concerns every mapping: an error once per provider block, or a warning when only companies that were
// managed before were looked up.
func (p *portal) report(at path.Path, diags *diag.Diagnostics) {
	switch {
	case p.problem == nil:
	case p.required:
		tfdiag.AddOnce(diags, p.clients, diag.NewAttributeErrorDiagnostic(at, p.problem.Summary(), p.problem.Detail()))
	default:
		diags.AddAttributeWarning(at, p.problem.Summary(), p.problem.Detail())
	}
}

// suggestion is what is known about the company that was probably meant.
type suggestion struct {
	only    bool   // company is the only one that the keys see
	listed  int    // how many companies CloudRadial lists
	wanted  string // the name that was looked for; empty without a suggestion
	company cloudradial.Company
}

// mostSuggestions is how many rows of a table get a suggestion: as many as a diagnostic lists. Each compares all names.
const mostSuggestions = 10

// suggest returns the company whose name is spelled most like name, ignoring case.
func (p *portal) suggest(ctx context.Context, name string) suggestion {
	if only, isOnly := p.client.OnlyCompany(ctx); isOnly {
		return suggestion{only: true, listed: 1, company: only}
	}
	if p.suggested == mostSuggestions {
		return suggestion{}
	}
	p.suggested++
	companies, err := p.client.Companies(ctx)
	if err != nil || name == "" || len(companies) == 0 {
		return suggestion{listed: len(companies)}
	}
	distance := func(c cloudradial.Company) int {
		return levenshtein.Distance(strings.ToLower(c.Name), strings.ToLower(name), nil)
	}
	nearest := slices.MinFunc(companies, func(a, b cloudradial.Company) int { return cmp.Compare(distance(a), distance(b)) })
	return suggestion{listed: len(companies), wanted: name, company: nearest}
}
