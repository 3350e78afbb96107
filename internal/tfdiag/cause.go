// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package tfdiag

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// Cause returns an error in a few words, for [RowProblem.Short]: "400 Bad Request: name is too long".
func Cause(err error) string {
	var failed *rest.Error
	switch {
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case !errors.As(err, &failed):
		return err.Error()
	case failed.Status == 0:
		return "no answer from " + failed.System
	case failed.Message == "":
		return fmt.Sprintf("%d %s", failed.Status, http.StatusText(failed.Status))
	}
	return fmt.Sprintf("%d %s: %s", failed.Status, http.StatusText(failed.Status), failed.Message)
}
