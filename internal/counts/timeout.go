// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package counts

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// The limits of tenant_timeout. A read that many resources share ends after five minutes in any case.
const (
	shortestTimeout = 5 * time.Second
	longestTimeout  = 4 * time.Minute
)

var onlyDigits = regexp.MustCompile(`^[0-9]+$`)

// parseTimeout parses a duration, or a number of seconds. An empty text is 0.
func parseTimeout(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	if onlyDigits.MatchString(text) {
		text += "s"
	}
	timeout, err := time.ParseDuration(text)
	if err != nil {
		return 0, errors.New("it is neither a duration, such as 90s or 2m, nor a number of seconds")
	}
	if timeout < shortestTimeout || timeout > longestTimeout {
		return 0, fmt.Errorf("it is not within %s to %s", shortestTimeout, longestTimeout)
	}
	return timeout, nil
}

// timeoutValidator refuses what parseTimeout does not take.
type timeoutValidator struct{}

func (timeoutValidator) Description(context.Context) string {
	return fmt.Sprintf("must be a duration of %s to %s, such as 90s", shortestTimeout, longestTimeout)
}

func (v timeoutValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v timeoutValidator) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	text := req.ConfigValue.ValueString()
	if _, err := parseTimeout(text); err != nil || text == "" {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid tenant_timeout", fmt.Sprintf("%q cannot be used: it %s.", text, v.Description(ctx)))
	}
}
