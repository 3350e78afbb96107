// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package licensemapping

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
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

// createdForGood has the same summary for each service, because the CLI folds warnings of equal summary into one.
func (f form) createdForGood(name string) tfdiag.RowProblem {
	problem := f.problem(diag.SeverityWarning, name, "service", "will be in Gradient for good", "will be in Gradient for good",
		"Gradient has no service of this name, so applying creates it, with the category "+defaultCategory+", the subcategory "+defaultSubcategory+
			" and its name as description unless the configuration says otherwise. Gradient's API can neither rename nor delete a service: make sure "+
			"that the name is the PSA product's, character for character.", "")
	problem.Summary = "Service will be in Gradient for good"
	return problem
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

// severalOfOneName is about a service that is in the state, so it is a warning.
func (f form) severalOfOneName(name string, ids []string, used string) tfdiag.RowProblem {
	problem := f.problem(diag.SeverityWarning, name, "service", "", "have the same name in Gradient",
		fmt.Sprintf("They have the ids %s. Unit counts go to %s, as before. Ask Gradient to remove the others, or exclude them there, so that the "+
			"wrong one is never mapped.", strings.Join(ids, ", "), used), fmt.Sprintf("%s, unit counts go to %s", tfdiag.Count(len(ids), "service"), used))
	problem.Summary = fmt.Sprintf("Gradient has %d services named %q", len(ids), name)
	return problem
}

// duplicate refuses a new mapping of a name that several services have.
func (f form) duplicate(name string, ids []string) tfdiag.RowProblem {
	problem := f.problem(diag.SeverityError, name, "service", "", "have the same name in Gradient",
		fmt.Sprintf("They have the ids %s, and only one of them may be mapped to the PSA's product. Ask Gradient to remove the others. Or import the one that "+
			"is mapped by its id:\n\nimport {\n  to = %s.this # the address of this resource\n  id = %q\n}", strings.Join(ids, ", "), itemType, ids[0]),
		strings.Join(ids, ", "))
	problem.Summary = fmt.Sprintf("Gradient has %d services named %q", len(ids), name)
	return problem
}

func (f form) anotherID(name, before string, ids []string) tfdiag.RowProblem {
	return f.problem(diag.SeverityWarning, name, "service", "is another one than before", "are others than before",
		fmt.Sprintf("It had the id %s, and Gradient now has %s under this name: the service was made again. Unit counts go to %s from now on, and the license "+
			"sync pushes all of them again. Check in Gradient that it is mapped, and that the old one is not billed any more.", before, strings.Join(ids, " and "), ids[0]),
		fmt.Sprintf("%s before, %s now", before, ids[0]))
}

func (f form) renamed(name, now string) tfdiag.RowProblem {
	return f.problem(diag.SeverityWarning, name, "service", "has another name in Gradient", "have another name in Gradient",
		fmt.Sprintf("Gradient has the service as %q. Unit counts find a service by its name, so give this one in the configuration and in the PSA, or have "+
			"Gradient's support change it back.", now), fmt.Sprintf("%q in Gradient", now))
}

// storedAs is about a service that Gradient made of the name.
func (f form) storedAs(name string, stored gradient.Service) tfdiag.RowProblem {
	return f.problem(diag.SeverityError, name, "service", "has another name in Gradient", "have another name in Gradient",
		fmt.Sprintf("Gradient stored it as %q, with the id %s. Gradient's API can neither rename nor delete a service, so no other one is created. Give "+
			"that name in the configuration, which adopts the service, and map it in Gradient to the PSA's product. If it is another product, choose a "+
			"name that is not taken for it.", stored.Name, stored.ID), fmt.Sprintf("Gradient stored it as %q", stored.Name))
}

func (f form) almostNamed(name string, other gradient.Service) tfdiag.RowProblem {
	return f.problem(diag.SeverityWarning, name, "service", "differs from another one in case only", "differ from others in case only",
		fmt.Sprintf("Gradient has a service %q. Gradient compares names with the PSA character for character.", other.Name), fmt.Sprintf("%q in Gradient", other.Name))
}

func (f form) blank(severity diag.Severity, name, clean string) tfdiag.RowProblem {
	return f.problem(severity, name, "service", "has white space at an end", "have white space at an end",
		fmt.Sprintf("The name is %+q, with characters at an end that cannot be seen: without them it is %q. It would never match the product in the PSA, and "+
			"Gradient's API cannot rename a service. In a CSV file, trim the column.", name, clean), fmt.Sprintf("%+q instead of %q", name, clean))
}

func (f form) control(name string) tfdiag.RowProblem {
	return f.problem(diag.SeverityError, name, "service", "has control characters", "have control characters",
		"A name of a service must be one line of visible characters, because Gradient's API cannot rename it.", "")
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

func (f form) twoSKUs(name string, skus []string) tfdiag.RowProblem {
	slices.Sort(skus)
	return f.problem(diag.SeverityWarning, name, "skus", "has SKUs with the part number of another one", "have SKUs with the part number of another one",
		"The part number before the slash is that of one product, and the id behind it that of another one. The id counts. Correct the one that is wrong:\n\n"+
			tfdiag.List(skus), strings.Join(skus, ", "))
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
