// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package psa

import (
	"fmt"
	"net/http"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// IncompleteError is returned for a list that may lack rows. It is not used, because a sum over it would be too small.
type IncompleteError struct {
	System string
	Doing  string // in the infinitive: "read the agreements"
	Reason string
}

func (e *IncompleteError) Error() string {
	return fmt.Sprintf("could not %s: the list that %s gives may lack rows, so it is not used: %s", e.Doing, e.System, e.Reason)
}

// ConcernsAll reports whether an error about one agreement would come for the others as well: the credentials are refused, a limit is reached, the
// PSA cannot be reached. A 403 need not, because a role may be limited to some agreements, and neither need an answer that cannot be used.
func ConcernsAll(err error) bool {
	status := rest.Status(err)
	return err != nil && rest.Systemic(err) && status != http.StatusForbidden && (status < 200 || status > 299)
}
