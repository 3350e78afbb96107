// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package rest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

func TestSystemic(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		err  error
		want bool
	}{
		{"no error", nil, false},
		{"an error of ours", errors.New("two services of one name"), false},
		{"cancelled", fmt.Errorf("creating: %w", context.Canceled), true},
		{"bad request", &rest.Error{Status: 400}, false},
		{"not found", &rest.Error{Status: 404}, false},
		{"conflict", &rest.Error{Status: 409}, false},
		{"unprocessable", &rest.Error{Status: 422}, false},
		{"too large", &rest.Error{Status: 413}, false},
		{"unauthorized", &rest.Error{Status: 401}, true},
		{"payment required", &rest.Error{Status: 402}, true},
		{"forbidden", fmt.Errorf("creating: %w", &rest.Error{Status: 403}), true},
		{"too many requests", &rest.Error{Status: 429}, true},
		{"a server error, not repeated", &rest.Error{Status: 500, Attempts: 1}, false},
		{"a server error to the last attempt", &rest.Error{Status: 500, Attempts: 5}, true},
		{"unavailable", &rest.Error{Status: 503, Attempts: 1}, true},
		{"a page instead of the API's answer", &rest.Error{Status: 200}, true},
		{"a redirect", &rest.Error{Status: 302}, true},
		{"no connection", &rest.Error{}, true},
		{"a cut connection", &rest.Error{Sent: true}, true},
	} {
		if got := rest.Systemic(test.err); got != test.want {
			t.Errorf("%s: systemic %t, want %t", test.name, got, test.want)
		}
	}
}
