// Package review is the Terraform room of the review: the data source cloudradial_reconciliation, which puts Microsoft,
// CloudRadial, Gradient and the PSA side by side.
package review

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cloudradial"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/review/reconcile"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
)

var _ datasource.DataSourceWithConfigure = (*reconciliation)(nil)

// clients is what this room needs of the provider.
type clients interface {
	CloudRadial() (*cloudradial.Client, error)
	Gradient() (*gradient.Client, error)
}

type reconciliation struct{ tfbase.DataSource[clients] }

// NewDataSource makes the data source cloudradial_reconciliation.
func NewDataSource() datasource.DataSource { return &reconciliation{} }

func (d *reconciliation) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_reconciliation"
}

func (d *reconciliation) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var data model
	resp.Diagnostics.Append(req.Config.Get(ctx, &data)...)
	if resp.Diagnostics.HasError() {
		return
	}
	input := data.input(ctx, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	d.readCloudRadial(ctx, data.AssetType.ValueString(), &input, &resp.Diagnostics)
	d.readGradient(ctx, &input, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	result, err := reconcile.Reconcile(input)
	if err != nil {
		resp.Diagnostics.Append(inputDiagnostic(err))
		return
	}
	resp.Diagnostics.Append(failures(result, data.failOn(ctx, &resp.Diagnostics))...)
	data.fill(result)
	resp.Diagnostics.Append(resp.State.Set(ctx, &data)...)
}

// inputDiagnostic puts what billing says about its input at the argument.
func inputDiagnostic(err error) diag.Diagnostic {
	const summary = "These numbers cannot be compared"
	var input *billing.InputError
	if !errors.As(err, &input) {
		return diag.NewErrorDiagnostic(summary, err.Error()+".")
	}
	argument := map[billing.Argument]string{
		billing.ArgumentLicenseCounts:   "license_counts",
		billing.ArgumentCompanyMappings: "company_mappings",
		billing.ArgumentLicenseMappings: "license_mappings",
	}[input.Argument]
	return diag.NewAttributeErrorDiagnostic(path.Root(argument), summary, strings.ToUpper(input.Text[:1])+input.Text[1:]+".")
}

// shown is how many lines of each gate an error lists.
const shown = 20

// failures is the error of whoever gates on the review, or nothing.
func failures(result reconcile.Result, failOn []string) diag.Diagnostics {
	var text strings.Builder
	for _, name := range failOn {
		gate := result.Gate(name)
		if gate.Unchecked != "" {
			fmt.Fprintf(&text, "\n%s: nobody can tell, for %s.\n", name, gate.Unchecked)
			continue
		}
		if len(gate.Found) == 0 {
			continue
		}
		fmt.Fprintf(&text, "\n%s (%d):\n", name, len(gate.Found))
		for i, line := range gate.Found {
			if i == shown {
				fmt.Fprintf(&text, "  - and %d more\n", len(gate.Found)-shown)
				break
			}
			fmt.Fprintf(&text, "  - %s\n", line)
		}
	}
	if text.Len() == 0 {
		return nil
	}
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("fail_on"), "The review found what fail_on names",
		strings.TrimPrefix(text.String(), "\n")+"\nSet that right, or take it out of fail_on to see the whole review.")}
}
