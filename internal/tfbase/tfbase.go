// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Package tfbase is what resources, data sources and actions embed: Configure, and the way to the clients of the provider block.
// Embed [Resource], [DataSource] or [Action]; get a client with [Gradient], [CloudRadial], [Microsoft] or [PSA], or, in a refresh or a plan of a
// resource, with [GradientIfKnown] or [CloudRadialIfKnown].
package tfbase

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cloudradial"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/microsoft"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/psa"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// Resource is the base of a resource. C is the interface of what the resource needs from the provider.
type Resource[C any] struct{ Clients C }

// Configure takes the clients that the provider made.
func (r *Resource[C]) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	setClients(req.ProviderData, &r.Clients, &resp.Diagnostics)
}

// DataSource is the base of a data source. C is the interface of what the data source needs from the provider.
type DataSource[C any] struct{ Clients C }

// Configure takes the clients that the provider made.
func (d *DataSource[C]) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	setClients(req.ProviderData, &d.Clients, &resp.Diagnostics)
}

// Action is the base of an action. C is the interface of what the action needs from the provider.
type Action[C any] struct{ Clients C }

// Configure takes the clients that the provider made.
func (a *Action[C]) Configure(_ context.Context, req action.ConfigureRequest, resp *action.ConfigureResponse) {
	setClients(req.ProviderData, &a.Clients, &resp.Diagnostics)
}

func setClients[C any](data any, clients *C, diags *diag.Diagnostics) {
	if data == nil {
		return // Terraform validates before it configures
	}
	given, ok := data.(C)
	if !ok {
		diags.AddError("Bug in the provider", fmt.Sprintf("A resource, data source or action got %T from the provider instead of its clients. Please report this.", data))
		return
	}
	*clients = given
}

// GradientClients gives the client of Gradient.
type GradientClients interface {
	Gradient() (*gradient.Client, error)
}

// CloudRadialClients gives the client of CloudRadial.
type CloudRadialClients interface {
	CloudRadial() (*cloudradial.Client, error)
}

// MicrosoftClients gives the client of Microsoft Graph.
type MicrosoftClients interface {
	Microsoft() (*microsoft.Client, error)
}

// PSAClients gives the client of the PSA that the provider block names.
type PSAClients interface {
	PSA() (psa.Reader, error)
}

// Summaries of the errors about a client that cannot be made.
const (
	noGradient    = "Gradient cannot be used"
	noCloudRadial = "CloudRadial cannot be used"
	noMicrosoft   = "Microsoft Graph cannot be used"
	noPSA         = "The PSA cannot be used"
)

// Gradient returns the client of Gradient. Without one it adds an error and reports false.
func Gradient(clients GradientClients, diags *diag.Diagnostics) (*gradient.Client, bool) {
	return require(clients.Gradient, noGradient, diags)
}

// CloudRadial is [Gradient] for CloudRadial.
func CloudRadial(clients CloudRadialClients, diags *diag.Diagnostics) (*cloudradial.Client, bool) {
	return require(clients.CloudRadial, noCloudRadial, diags)
}

// Microsoft is [Gradient] for Microsoft Graph.
func Microsoft(clients MicrosoftClients, diags *diag.Diagnostics) (*microsoft.Client, bool) {
	return require(clients.Microsoft, noMicrosoft, diags)
}

// PSA is [Gradient] for the PSA.
func PSA(clients PSAClients, diags *diag.Diagnostics) (psa.Reader, bool) {
	return require(clients.PSA, noPSA, diags)
}

func require[T any](client func() (T, error), summary string, diags *diag.Diagnostics) (T, bool) {
	made, err := client()
	if err != nil {
		diags.Append(tfdiag.Error(summary, err))
	}
	return made, err == nil
}

// GradientIfKnown returns the client of Gradient for a refresh or a plan of a resource. It reports false without a diagnostic while
// a setting is unknown, because the resource then defers, and adds every other error once per provider block.
func GradientIfKnown(clients interface {
	GradientClients
	tfdiag.Reporter
}, diags *diag.Diagnostics) (*gradient.Client, bool) {
	return requireIfKnown(clients.Gradient, noGradient, clients, diags)
}

// CloudRadialIfKnown is [GradientIfKnown] for CloudRadial.
func CloudRadialIfKnown(clients interface {
	CloudRadialClients
	tfdiag.Reporter
}, diags *diag.Diagnostics) (*cloudradial.Client, bool) {
	return requireIfKnown(clients.CloudRadial, noCloudRadial, clients, diags)
}

func requireIfKnown[T any](client func() (T, error), summary string, reporter tfdiag.Reporter, diags *diag.Diagnostics) (T, bool) {
	made, err := client()
	if err != nil && !errors.Is(err, tfdiag.ErrUnknown) {
		tfdiag.AddOnce(diags, reporter, tfdiag.Error(summary, err))
	}
	return made, err == nil
}
