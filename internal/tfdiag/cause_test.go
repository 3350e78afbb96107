// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package tfdiag_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

func TestCause(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err  error
		want string
	}{
		{fmt.Errorf("creating: %w", &rest.Error{System: "Gradient", Status: 400, Message: "name is too long"}), "400 Bad Request: name is too long"},
		{&rest.Error{System: "Gradient", Status: 402}, "402 Payment Required"},
		{&rest.Error{System: "Gradient", Sent: true, Err: errors.New("EOF")}, "no answer from Gradient"},
		{&rest.Error{System: "Gradient", Err: context.Canceled}, "cancelled"},
		{errors.New("a Gradient account needs an id and a name"), "a Gradient account needs an id and a name"},
	} {
		if got := tfdiag.Cause(test.err); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}
