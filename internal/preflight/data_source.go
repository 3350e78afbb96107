// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Package preflight has the data source cloudradial_preflight, which checks what the rest of the provider will need.
package preflight

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/preflight/check"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfbase"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

var _ datasource.DataSourceWithConfigure = (*preflight)(nil)

// clients gives what the preflight makes clients of its own from.
type clients interface {
	Systems() check.Systems
}

type preflight struct{ tfbase.DataSource[clients] }

// NewDataSource returns the data source cloudradial_preflight.
func NewDataSource() datasource.DataSource { return &preflight{} }

type model struct {
	Tenants          types.Map     `tfsdk:"tenants"`
	SharedDomains    types.Map     `tfsdk:"shared_domains"`
	PartnerTenantIDs types.Set     `tfsdk:"partner_tenant_ids"`
	Ready            types.Bool    `tfsdk:"ready"`
	Problems         []problemItem `tfsdk:"problems"`
	Facts            types.Map     `tfsdk:"facts"`
	SandboxFlags     types.String  `tfsdk:"sandbox_flags"`
	ReportMarkdown   types.String  `tfsdk:"report_markdown"`
}

type problemItem struct {
	Severity string `tfsdk:"severity"`
	System   string `tfsdk:"system"`
	Subject  string `tfsdk:"subject"`
	Summary  string `tfsdk:"summary"`
	Detail   string `tfsdk:"detail"`
	Remedy   string `tfsdk:"remedy"`
}

func (d *preflight) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_preflight"
}

func (d *preflight) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	computed := func(text string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: text}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Checks with real keys what the rest of the provider will need, before anything is created or pushed. It sends nothing but GETs " +
			"and sign-ins: its transport refuses every other request. A key that does not work is a problem in the list and not an error of the plan, " +
			"and the other systems are checked all the same. Only a setting that cannot be read is an error.",
		Attributes: map[string]schema.Attribute{
			"tenants": schema.MapAttribute{
				MarkdownDescription: "The customers' tenants to sign in to, as `cloudradial_license_counts` takes them: any key to a tenant id (GUID) or domain. " +
					"A few are enough at first. Empty ones and the word `none` are left out.",
				ElementType: types.StringType,
				Optional:    true,
				Validators: []validator.Map{
					mapvalidator.KeysAre(shapes.TenantKey),
					mapvalidator.ValueStringsAre(stringvalidator.RegexMatches(shapes.TenantForm,
						"must be a tenant id (a GUID) or a domain of the tenant, the word none, or empty")),
				},
			},
			"shared_domains": schema.MapAttribute{
				MarkdownDescription: "The tenants that several companies share: key of `tenants` to the domains of the companies, all of `domains_by_account` of " +
					"`cloudradial_license_counts`. The permission to read their users is tried, and the domains are compared with those of the tenant.",
				ElementType: types.ListType{ElemType: types.StringType},
				Optional:    true,
			},
			"partner_tenant_ids": schema.SetAttribute{
				MarkdownDescription: "Tenant ids (GUIDs) of your own tenant and of the distributors that you buy from, as for `cloudradial_license_counts`. " +
					"They are compared with the owners of the seats, and the customers of your own tenant are listed.",
				ElementType: types.StringType,
				Optional:    true,
				Validators: []validator.Set{
					setvalidator.NoNullValues(),
					setvalidator.ValueStringsAre(stringvalidator.RegexMatches(shapes.GUIDForm, "must be a tenant id (a GUID)")),
				},
			},
			"ready": schema.BoolAttribute{
				Computed:            true,
				MarkdownDescription: "Whether no problem stops a license sync: none has the severity `error`.",
			},
			"problems": schema.ListNestedAttribute{
				Computed:            true,
				MarkdownDescription: "What differs from what the provider needs or expects, the worst first.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"severity": computed("`error` stops a license sync, `warning` may bill wrongly or stops something else, `notice` is worth knowing."),
					"system":   computed("`gradient`, `cloudradial`, `microsoft`, or `machine`, which is the one that the provider runs on, with its network."),
					"subject":  computed("The setting, tenant, list or service that it is about."),
					"summary":  computed("The problem in a few words."),
					"detail":   computed("What was asked and answered, and what it means."),
					"remedy":   computed("What to do. It may be empty for a notice."),
				}},
			},
			"facts": schema.MapAttribute{
				MarkdownDescription: "What the answers look like where no public source says it: the name of the unknown to what was seen. Nothing in it " +
					"identifies the account. What did not show begins with `not seen`, and the reason.",
				ElementType: types.StringType,
				Computed:    true,
			},
			"sandbox_flags": computed("Arguments for `go run ./cmd/sandbox` with which the sandbox of this repository answers as these systems do, as far as " +
				"`facts` tell. Give them in an issue: a test can then do the same. They name every switch that was seen, also those with their default."),
			"report_markdown": computed("All of this as one page of Markdown, for an issue or a pull request. It names settings, tenants and services, so read " +
				"it before you publish it. It has no time in it, so it changes only when the answers do."),
		},
	}
}

func (d *preflight) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var data model
	resp.Diagnostics.Append(req.Config.Get(ctx, &data)...)
	if resp.Diagnostics.HasError() {
		return
	}
	request, diags := data.request(ctx)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	result := check.Run(ctx, d.Clients.Systems(), request)
	if err := ctx.Err(); err != nil {
		resp.Diagnostics.Append(tfdiag.Error("The preflight was not finished", err))
		return
	}
	data.set(result)
	resp.Diagnostics.Append(resp.State.Set(ctx, &data)...)
}

// request returns what to check. Tenants that are empty or none are left out.
func (m *model) request(ctx context.Context) (check.Request, diag.Diagnostics) {
	var request check.Request
	diags := m.PartnerTenantIDs.ElementsAs(ctx, &request.PartnerTenantIDs, false)
	for i, id := range request.PartnerTenantIDs {
		request.PartnerTenantIDs[i] = strings.ToLower(id)
	}
	slices.Sort(request.PartnerTenantIDs)
	elements := m.Tenants.Elements()
	for _, key := range slices.Sorted(maps.Keys(elements)) {
		value, _ := elements[key].(types.String) // the schema has no other type
		name := strings.ToLower(strings.TrimSpace(value.ValueString()))
		if name != "" && name != shapes.NoTenant {
			request.Tenants = append(request.Tenants, check.Tenant{Key: key, Name: name})
		}
	}
	domains := map[string][]string{}
	diags.Append(m.SharedDomains.ElementsAs(ctx, &domains, false)...)
	for _, tenant := range request.Tenants {
		if listed, isShared := domains[tenant.Key]; isShared {
			request.Shared = append(request.Shared, check.SharedTenant{Tenant: tenant, Domains: lowered(listed)})
		}
		delete(domains, tenant.Key)
	}
	for _, key := range slices.Sorted(maps.Keys(domains)) {
		diags.AddAttributeError(path.Root("shared_domains").AtMapKey(key), "Shared tenant without a tenant",
			fmt.Sprintf("%q is no key of tenants that has a tenant, so its users cannot be read.", key))
	}
	return request, diags
}

func lowered(texts []string) []string {
	for i, text := range texts {
		texts[i] = strings.ToLower(strings.TrimSpace(text))
	}
	return texts
}

func (m *model) set(result check.Result) {
	m.Ready = types.BoolValue(result.Ready())
	m.Problems = []problemItem{}
	for _, problem := range result.Problems {
		m.Problems = append(m.Problems, problemItem{string(problem.Severity), problem.System, problem.Subject, problem.Summary, problem.Detail, problem.Remedy})
	}
	facts := make(map[string]attr.Value, len(result.Facts))
	for name, value := range result.Facts {
		facts[name] = types.StringValue(value)
	}
	m.Facts = types.MapValueMust(types.StringType, facts)
	m.SandboxFlags = types.StringValue(result.SandboxFlags())
	m.ReportMarkdown = types.StringValue(result.Markdown())
}
