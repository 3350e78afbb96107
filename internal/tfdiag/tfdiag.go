// Package tfdiag is what the Terraform rooms share: the one way from an error to a diagnostic.
package tfdiag

import "errors"

// ErrUnknown says that a provider setting is not known yet, so no client can be made: resources defer then.
var ErrUnknown = errors.New("the provider configuration is not known yet")

// Setting is a provider attribute and the environment variables that it falls back to.
type Setting struct {
	Attribute string   // gradient.partner_api_key
	Env       []string // GRADIENT_PARTNER_API_KEY
}

// MissingError says which settings somebody has to give before a system can be used.
type MissingError struct {
	System  string
	Missing []Setting
}

func (e *MissingError) Error() string { return e.System + " is not configured" }
