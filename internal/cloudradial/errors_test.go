// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package cloudradial

import (
	"net/http"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// The text about refused keys begins with what is likeliest, and ends with a new key and what that breaks.
func TestRefusedKeys(t *testing.T) {
	t.Parallel()
	step := NextStep(&rest.Error{Status: http.StatusUnauthorized})
	left := step
	for _, text := range []string{"White space around them was removed", "swapped?", "base_url (environment variable CLOUDRADIAL_BASE_URL) your region", "whole?", "create a new pair"} {
		_, after, found := strings.Cut(left, text)
		if !found {
			t.Errorf("no %q after the text before it in %s", text, step)
		}
		left = after
	}
}
