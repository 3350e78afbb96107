package publication

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// Summaries of what concerns the whole publication.
const (
	cannotPlan  = "The license publication cannot be planned"
	cannotRead  = "The license publication cannot be read"
	cannotWrite = "The license publication cannot be written"
)

// listed is how many rows a message names at most.
const listed = 20

func subject(name string) string { return fmt.Sprintf("License publication %q: ", name) }

// announce says what the diff of a map shows badly.
func announce(t table, planned model) diag.Diagnostics {
	var diags diag.Diagnostics
	var unknown []string
	for company := range t.unknown {
		unknown = append(unknown, t.accounts[company])
	}
	slices.Sort(unknown)
	if len(unknown) > 0 {
		diags.AddAttributeWarning(path.Root("license_counts"), subject(planned.AssetType.ValueString())+count(len(unknown), "account")+" with unknown counts",
			"Their rows in CloudRadial stay as they are:\n\n"+bullets(unknown))
	}
	if len(t.unmapped) > 0 {
		diags.AddAttributeWarning(path.Root("company_mappings"), subject(planned.AssetType.ValueString())+count(len(t.unmapped), "account")+" without a company",
			"They have license counts, but no company mapping, so nothing is published for them:\n\n"+bullets(t.unmapped))
	}
	return diags
}

func badInput(err error) diag.Diagnostic {
	return shapes.Diagnostic("The licenses cannot be published as they are given", err)
}

func brokenState(err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic("The state of the license publication cannot be read",
		err.Error()+". This is a bug of the provider, or somebody edited the state.")
}

func noCompany(company int64, account string) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("company_mappings"), fmt.Sprintf("CloudRadial has no company %d", company),
		fmt.Sprintf("The account %q is mapped to it. Check its company_id: the data source cloudradial_companies lists all that the keys may see.", account))
}

func cannotUse(name string, err error) diag.Diagnostic {
	var problem *misfit
	if !errors.As(err, &problem) {
		return tfdiag.AttributeError(path.Root("asset_type"), fmt.Sprintf("The flexible asset type %q cannot be used", name), err)
	}
	var lines []string
	for _, missing := range problem.missing {
		lines = append(lines, fmt.Sprintf("it has no field %q", missing))
	}
	return diag.NewAttributeErrorDiagnostic(path.Root("asset_type"), fmt.Sprintf("The flexible asset type %q does not fit", name),
		fmt.Sprintf("CloudRadial's type %q (id %d) cannot hold license tables:\n\n%s\n\n"+
			"CloudRadial can neither change nor delete a field, so nothing was changed. If somebody renamed a field in the portal, name it back. If the "+
			"type is another one, choose another name with asset_type.", name, problem.id, bullets(append(lines, problem.inTheWay...))))
}

func taken(name string, others []string) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("asset_type"), fmt.Sprintf("The flexible asset type %q has rows of another publication", name),
		"Nothing was written, for two publications would undo each other's work. "+whose(name, others))
}

func takenSoon(name string, others []string) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("asset_type"), fmt.Sprintf("The flexible asset type %q has rows of another publication", name),
		"Unless this run removes them first, as a replacement does, the apply will be refused. "+whose(name, others))
}

// takenOver says that rows are there which a run left that was cut short.
func takenOver(name, owner string) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("asset_type"), fmt.Sprintf("The rows of the flexible asset type %q are taken over", name),
		fmt.Sprintf("A publication (%s) began to write them and never came to its end, so no state can know it. It goes on here.", owner))
}

func whose(name string, others []string) string {
	id := name + "/" + others[0]
	if name == defaultAssetType {
		id = others[0]
	}
	return fmt.Sprintf("Its rows have the owner %s. If that is a publication in another state or resource, choose another asset_type here, or destroy "+
		"that one first. If it was this one, before a crash or with a lost state, take it over:\n\n"+
		"import {\n  to = cloudradial_license_publication.this # the address of this resource\n  id = %q\n}\n\n"+
		"If a person wrote something else into the field Owner, empty it in the portal.", quotedList(others, ""), id)
}

func twoInOne(name string) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("asset_type"), fmt.Sprintf("Two publications use the flexible asset type %q", name),
		"They would undo each other's work. Put all companies into one, or give each its own asset_type.")
}

// observed says what a refresh found that the state does not show.
func observed(s *sheet, state model) diag.Diagnostics {
	var diags diag.Diagnostics
	name := state.AssetType.ValueString()
	if len(s.fit.renamed) > 0 {
		diags.AddAttributeWarning(path.Root("asset_type"), subject(name)+"fields were renamed in the portal",
			"They are still the same fields, so the rows are kept up to date under the new names:\n\n"+bullets(s.fit.renamed))
	}
	if others := otherOwners(s.rows, state.ID.ValueString()); len(others) > 0 {
		diags.AddAttributeWarning(path.Root("asset_type"), subject(name)+"there are rows of another publication",
			"As long as they are there, this one writes nothing. "+whose(name, others))
	}
	return diags
}

func typeGone(name string) diag.Diagnostic {
	return diag.NewWarningDiagnostic(subject(name)+"the flexible asset type is gone",
		"CloudRadial has no flexible asset type of this name any more, nor rows of it. As long as the publication is in the configuration, the plan creates it again.")
}

func typeRenamed(name string, id int64, rows int) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("asset_type"), subject(name)+"the flexible asset type was renamed",
		fmt.Sprintf("CloudRadial has no type of this name any more, but the type of id %d still holds %s. Name it back in the portal. To give it another "+
			"name, name it back first, then change asset_type: the publication moves there.", id, count(rows, "row")))
}

func stalePlan(name string) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("asset_type"), subject(name)+"the flexible asset type changed since the plan",
		"Nothing was written. Plan again.")
}

// unfinished says what a write left undone.
func unfinished(name string, err error, refused []refusal) diag.Diagnostics {
	var diags diag.Diagnostics
	if err != nil {
		diags.Append(tfdiag.Error(subject(name)+"not all rows are written", err))
	}
	if len(refused) > 0 {
		lines := make([]string, len(refused))
		for i, r := range refused {
			lines[i] = "to " + r.what + ": " + r.err.Error()
		}
		diags.AddError(subject(name)+"CloudRadial refused "+count(len(refused), "row"),
			"The others are written. The next apply tries these again:\n\n"+bullets(lines))
	}
	return diags
}

func halfDone() diag.Diagnostic {
	return diag.NewWarningDiagnostic("The license publication is created in part",
		"The state has the rows that are written. Terraform marks the resource as tainted, so the next apply would remove them and begin anew; "+
			"terraform untaint with the address of the resource keeps them, and the next apply writes the rest.")
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

func bullets(lines []string) string {
	more := ""
	if len(lines) > listed {
		more = fmt.Sprintf("\n  … and %d more", len(lines)-listed)
		lines = lines[:listed]
	}
	return "  - " + strings.Join(lines, "\n  - ") + more
}

func quotedList(names []string, none string) string {
	if len(names) == 0 {
		return none
	}
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = strconv.Quote(name)
	}
	return strings.Join(quoted, ", ")
}
