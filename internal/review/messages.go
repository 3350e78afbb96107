// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package review

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/review/reconcile"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

const cannotCompare = "These numbers cannot be compared"

// diagnoseGates returns an error about the gates that found something or could not be checked.
func diagnoseGates(result reconcile.Result, failOn []string) diag.Diagnostics {
	var found []string
	for _, name := range failOn {
		switch gate := result.Gate(name); {
		case gate.Unchecked != "":
			found = append(found, fmt.Sprintf("%s: cannot be determined: %s.\n", name, gate.Unchecked))
		case len(gate.Found) > 0:
			found = append(found, fmt.Sprintf("%s (%d):\n%s\n", name, len(gate.Found), tfdiag.List(gate.Found)))
		}
	}
	if len(found) == 0 {
		return nil
	}
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("fail_on"), "The review found what fail_on names",
		strings.Join(found, "\n")+"\nFix this, or remove it from fail_on to see the whole review.")}
}
