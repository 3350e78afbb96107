// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Package provider turns the provider block into clients and registers every resource, data source and function.
package provider

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/companymapping"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/companytoken"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/counts"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradientintegration"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/licensemapping"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/licensesync"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/lists"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/mappingfiles"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/matching"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/preflight"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/psacounts"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/publication"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/review"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/reviewpage"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tenants"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/transcript"
)

var (
	_ provider.Provider              = (*cloudRadialProvider)(nil)
	_ provider.ProviderWithFunctions = (*cloudRadialProvider)(nil)

	_ provider.ProviderWithListResources = (*cloudRadialProvider)(nil)
	_ provider.ProviderWithActions       = (*cloudRadialProvider)(nil)
)

type cloudRadialProvider struct {
	version string
	// transport sends all requests. Nil means a new one that trusts ca_certificate_file.
	transport http.RoundTripper
}

// Option changes how the provider works, for tests.
type Option func(*cloudRadialProvider)

// WithTransport sends all requests through transport. ca_certificate_file then has no effect.
func WithTransport(transport http.RoundTripper) Option {
	return func(p *cloudRadialProvider) { p.transport = transport }
}

// New returns the factory of the provider for the plugin server.
func New(version string, options ...Option) func() provider.Provider {
	return func() provider.Provider {
		p := &cloudRadialProvider{version: version}
		for _, option := range options {
			option(p)
		}
		return p
	}
}

// NewServer returns the factory of the server that answers the CLI.
func NewServer(version string, options ...Option) func() tfprotov6.ProviderServer {
	factory := New(version, options...)
	return func() tfprotov6.ProviderServer { return tfdiag.NewServer(providerserver.NewProtocol6(factory())()) }
}

func (p *cloudRadialProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "cloudradial"
	resp.Version = p.version
}

func (p *cloudRadialProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = providerSchema()
}

// Configure sends no request, because Terraform also runs it where none is needed, for example in a plan without refresh.
func (p *cloudRadialProvider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var config model
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	gradient, microsoft := unknownGradient(), unknownMicrosoft()
	resp.Diagnostics.Append(block(ctx, config.Gradient, &gradient)...)
	resp.Diagnostics.Append(block(ctx, config.Microsoft, &microsoft)...)

	psas := readPSABlocks(ctx, config, &resp.Diagnostics)

	settings := reader{getenv: os.Getenv, lookPath: exec.LookPath}.read(config, gradient, microsoft, psas)
	roots := settings.check(&resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	transport := p.transport
	if transport == nil {
		transport = rest.NewTransport(roots)
	}
	recorder := startTranscript(os.Getenv(transcript.Variable), settings, p.version, req.TerraformVersion, &resp.Diagnostics)
	clients := newClients(settings, newTransports(recorder, transport), userAgent(p.version, req.TerraformVersion))
	resp.ResourceData = clients
	resp.DataSourceData = clients
	resp.ListResourceData = clients
	resp.ActionData = clients
}

// block reads a nested object into target. It leaves target as it is when the object is unknown, and sets it to all null when the object
// is null.
func block[T any](ctx context.Context, object types.Object, target *T) diag.Diagnostics {
	switch {
	case object.IsUnknown():
		return nil
	case object.IsNull():
		var null T
		*target = null
		return nil
	}
	return object.As(ctx, target, basetypes.ObjectAsOptions{})
}

// userAgent names the provider, the platform and the CLI, and ends with TF_APPEND_USER_AGENT.
func userAgent(version, terraformVersion string) string {
	agent := fmt.Sprintf("terraform-provider-cloudradial/%s (%s; %s) terraform/%s go/%s",
		version, runtime.GOOS, runtime.GOARCH, terraformVersion, strings.TrimPrefix(runtime.Version(), "go"))
	// A line break in a header would fail every request.
	if more := strings.Fields(os.Getenv("TF_APPEND_USER_AGENT")); len(more) > 0 {
		agent += " " + strings.Join(more, " ")
	}
	return agent
}

func (p *cloudRadialProvider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{
		companytoken.NewResource,
		gradientintegration.NewResource,
		licensesync.NewResource,
		companymapping.NewResource,
		licensemapping.NewResource,
		companymapping.NewTableResource,
		licensemapping.NewTableResource,
		publication.NewResource,
	}
}

// ListResources are what `terraform query` asks, in Terraform 1.14 and newer. Other CLIs do not see them.
func (p *cloudRadialProvider) ListResources(context.Context) []func() list.ListResource {
	return []func() list.ListResource{
		companymapping.NewListResource,
		companytoken.NewListResource,
		licensemapping.NewListResource,
	}
}

// Actions are for Terraform 1.14 and newer. Other CLIs do not see them.
func (p *cloudRadialProvider) Actions(context.Context) []func() action.Action {
	return []func() action.Action{licensesync.NewPushAction}
}

func (p *cloudRadialProvider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{
		counts.NewDataSource,
		gradientintegration.NewDataSource,
		lists.NewAccountsDataSource,
		lists.NewCompaniesDataSource,
		lists.NewServicesDataSource,
		matching.NewDataSource,
		preflight.NewDataSource,
		psacounts.NewDataSource,
		review.NewDataSource,
		tenants.NewDataSource,
	}
}

func (p *cloudRadialProvider) Functions(context.Context) []func() function.Function {
	return []func() function.Function{
		counts.NewUnitCountsFunction,
		counts.NewUncountedSeatsFunction,
		mappingfiles.NewCompaniesFunction,
		mappingfiles.NewLicensesFunction,
		mappingfiles.NewPSACountsFunction,
		reviewpage.NewFunction,
	}
}
