package licensemapping

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// noServices is the summary of an error that concerns every service.
const noServices = "Gradient services cannot be read"

// form is the resource that a mapping is written in. Messages point there.
type form struct {
	resourceType string
	// at returns the path of an attribute of the service's mapping.
	at func(service, attribute string) path.Path
}

var item = form{itemType, func(_, attribute string) path.Path { return path.Root(attribute) }}

var table = form{tableType, func(service, attribute string) path.Path {
	row := tablePath.AtMapKey(service)
	if attribute == "service" {
		return row
	}
	return row.AtName(attribute)
}}

// nowhere is for messages about mappings that may not be in the configuration.
var nowhere = form{at: func(_, _ string) path.Path { return path.Empty() }}

var tablePath = path.Root("services")

// foldEach returns the same problem of each service, as one diagnostic.
func foldEach(names []string, problem func(name string) tfdiag.RowProblem) diag.Diagnostics {
	var problems tfdiag.Rows
	for _, name := range names {
		problems.Add(problem(name))
	}
	return problems.Diagnostics(tablePath)
}

// problem returns a problem of a service. one follows the service's name, many follows "Services": "has free SKUs", "have free SKUs".
func (f form) problem(severity diag.Severity, name, attribute, one, many, detail, short string) tfdiag.RowProblem {
	return tfdiag.RowProblem{
		Severity: severity,
		Kind:     "Services " + many,
		Path:     f.at(name, attribute),
		Row:      fmt.Sprintf("%q", name),
		Summary:  fmt.Sprintf("Service %q %s", name, one),
		Detail:   detail,
		Short:    short,
	}
}

func (f form) noSKUs(name string) tfdiag.RowProblem {
	return f.problem(diag.SeverityError, name, "skus", "has no SKUs", "have no SKUs",
		"The argument skus is required. Give the Microsoft 365 products that count towards the service.", "")
}

func (f form) createdForGood(name string) tfdiag.RowProblem {
	return f.problem(diag.SeverityWarning, name, "service", "will be in Gradient for good", "will be in Gradient for good",
		"Gradient has no service of this name, so applying creates it. Gradient's API can neither rename nor delete a service: make sure that the "+
			"name is the PSA product's, character for character.", "")
}

func (f form) inBothTypes(name string) tfdiag.RowProblem {
	return f.problem(diag.SeverityWarning, name, "service", "is in two license mappings", "are in two license mappings",
		fmt.Sprintf("A %s and a %s both have this service. Keep each service in one of the two, because the function unit_counts refuses a service that "+
			"is in both.", itemType, tableType), "")
}

// inTwo refuses the second of two mappings of one service, because Gradient would have two services of that name for good.
func (f form) inTwo(name, other, owner string) tfdiag.RowProblem {
	return f.problem(diag.SeverityError, name, "service", "is in two license mappings", "are in two license mappings",
		fmt.Sprintf("The service %q is in two license mappings: %s, and %s. Put the SKUs into one.", name, other, owner), "also in "+other)
}

// owner names the mapping in messages about another one.
func (f form) owner(e *entry) string {
	return fmt.Sprintf("a %s with skus = %s", f.resourceType, e.SKUs)
}

func (f form) notCreated(name string, err error) tfdiag.RowProblem {
	return f.problem(diag.SeverityError, name, "service", "is not created", "are not created", tfdiag.Detail(err), tfdiag.Cause(err))
}

func (f form) differs(name string, differences []string) tfdiag.RowProblem {
	return f.problem(diag.SeverityWarning, name, "service", "differs from the configuration", "differ from the configuration",
		"Gradient's API takes these values only when a service is created and cannot change them afterwards:\n\n"+tfdiag.List(differences)+
			"\n\nGive Gradient's values in the configuration, or none.", strings.Join(differences, "; "))
}

func (f form) severalOfOneName(name string, count int, used string) tfdiag.RowProblem {
	problem := f.problem(diag.SeverityWarning, name, "service", "", "have the same name in Gradient",
		fmt.Sprintf("Unit counts go to the first of them, %s. Ask Gradient to remove the others, or exclude them there, so that the wrong one is never "+
			"mapped.", used), fmt.Sprintf("%s, unit counts go to %s", tfdiag.Count(count, "service"), used))
	problem.Summary = fmt.Sprintf("Gradient has %d services named %q", count, name)
	return problem
}

func (f form) unknownSKUs(name string, skus []string) tfdiag.RowProblem {
	slices.Sort(skus)
	var texts []string
	for _, sku := range skus {
		if near := billing.NearestSKUs(sku, 3); len(near) > 0 {
			sku += " (nearest: " + strings.Join(near, ", ") + ")"
		}
		texts = append(texts, sku)
	}
	return f.problem(diag.SeverityWarning, name, "skus", "has SKUs that Microsoft's table does not list", "have SKUs that Microsoft's table does not list",
		"Microsoft's table of "+billing.SKUTableDate+" does not have these. They count all the same if a tenant has them, but a misspelled one counts "+
			"nothing:\n\n"+tfdiag.List(texts), strings.Join(texts, ", "))
}

func (f form) freeSKUs(name string, skus []string) tfdiag.RowProblem {
	slices.Sort(skus)
	return f.problem(diag.SeverityWarning, name, "skus", "has free SKUs", "have free SKUs",
		"Users get these for themselves at no price, often from pools of 10,000 seats and more. Their seats are left out of the counts unless "+
			"cloudradial_license_counts has include_free = true. Then the whole pool is billed on the basis purchased:\n\n"+tfdiag.List(skus),
		strings.Join(skus, ", "))
}

func gone(name string) tfdiag.RowProblem {
	return nowhere.problem(diag.SeverityWarning, name, "", "is gone from Gradient", "are gone from Gradient",
		"Gradient's catalogue of this vendor has no service of this name. Its API can neither rename nor delete one, so check in Gradient what "+
			"happened to it, and whether the keys are those of the same integration. The plan creates again whatever is still in the configuration.", "")
}

func stays(name string) tfdiag.RowProblem {
	return nowhere.problem(diag.SeverityWarning, name, "", "stays in Gradient", "stay in Gradient",
		"Gradient's API cannot delete a service, so Terraform only forgets it. The license sync sets its unit counts to 0 when it leaves unit_counts. "+
			"Once that is approved, exclude the service in Gradient.", "")
}
