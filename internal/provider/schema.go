// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cloudradial"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/microsoft"
)

type model struct {
	BaseURL           types.String `tfsdk:"base_url"`
	PublicKey         types.String `tfsdk:"public_key"`
	PrivateKey        types.String `tfsdk:"private_key"`
	Gradient          types.Object `tfsdk:"gradient"`
	Microsoft         types.Object `tfsdk:"microsoft"`
	Autotask          types.Object `tfsdk:"autotask"`
	ConnectWise       types.Object `tfsdk:"connectwise"`
	HaloPSA           types.Object `tfsdk:"halopsa"`
	CACertificateFile types.String `tfsdk:"ca_certificate_file"`
}

type gradientModel struct {
	BaseURL           types.String `tfsdk:"base_url"`
	VendorAPIKey      types.String `tfsdk:"vendor_api_key"`
	PartnerAPIKey     types.String `tfsdk:"partner_api_key"`
	RequestsPerSecond types.Int64  `tfsdk:"requests_per_second"`
}

type microsoftModel struct {
	ClientID                  types.String `tfsdk:"client_id"`
	ClientSecret              types.String `tfsdk:"client_secret"`
	ClientCertificate         types.String `tfsdk:"client_certificate"`
	ClientCertificatePath     types.String `tfsdk:"client_certificate_path"`
	ClientCertificatePassword types.String `tfsdk:"client_certificate_password"`
	UseOIDC                   types.Bool   `tfsdk:"use_oidc"`
	OIDCToken                 types.String `tfsdk:"oidc_token"`
	OIDCTokenFilePath         types.String `tfsdk:"oidc_token_file_path"`
	OIDCRequestURL            types.String `tfsdk:"oidc_request_url"`
	OIDCRequestToken          types.String `tfsdk:"oidc_request_token"`
	UseCLI                    types.Bool   `tfsdk:"use_cli"`
	Environment               types.String `tfsdk:"environment"`
	AuthorityHost             types.String `tfsdk:"authority_host"`
	MSGraphEndpoint           types.String `tfsdk:"msgraph_endpoint"`
	MaxConcurrentTenants      types.Int64  `tfsdk:"max_concurrent_tenants"`
	UseMSI                    types.Bool   `tfsdk:"use_msi"`
	MSIClientID               types.String `tfsdk:"msi_client_id"`
	UseAKSWorkloadIdentity    types.Bool   `tfsdk:"use_aks_workload_identity"`

	ADOPipelineServiceConnectionID types.String `tfsdk:"ado_pipeline_service_connection_id"`
}

// unknownGradient returns a gradient object with every setting unknown.
func unknownGradient() gradientModel {
	text := types.StringUnknown()
	return gradientModel{BaseURL: text, VendorAPIKey: text, PartnerAPIKey: text, RequestsPerSecond: types.Int64Unknown()}
}

// unknownMicrosoft returns a microsoft object with every setting unknown.
func unknownMicrosoft() microsoftModel {
	text, flag := types.StringUnknown(), types.BoolUnknown()
	return microsoftModel{
		ClientID: text, ClientSecret: text, ClientCertificate: text, ClientCertificatePath: text, ClientCertificatePassword: text,
		UseOIDC: flag, OIDCToken: text, OIDCTokenFilePath: text, OIDCRequestURL: text, OIDCRequestToken: text, UseCLI: flag,
		UseMSI: flag, MSIClientID: text, UseAKSWorkloadIdentity: flag, ADOPipelineServiceConnectionID: text,
		Environment: text, AuthorityHost: text, MSGraphEndpoint: text, MaxConcurrentTenants: types.Int64Unknown(),
	}
}

func providerSchema() schema.Schema {
	return schema.Schema{
		MarkdownDescription: "Keeps the Microsoft 365 units that an MSP bills equal to the licences that its customers hold. The provider reads licence " +
			"counts from Microsoft and companies from the CloudRadial client portal, and pushes unit counts to the PSA through Gradient MSP. It can read " +
			"back from the PSA what will be billed. " +
			"Every setting is optional: set those of the systems that you use.",
		Attributes: map[string]schema.Attribute{
			"base_url": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Address of the CloudRadial API in your region, for example `https://api.eu.cloudradial.com`. " +
					env("CLOUDRADIAL_BASE_URL") + " Default: `" + cloudradial.DefaultBaseURL + "`.",
			},
			"public_key": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Public key of a CloudRadial API v2 key pair, which you create in the portal's settings under API. " +
					env("CLOUDRADIAL_PUBLIC_KEY"),
			},
			"private_key": schema.StringAttribute{
				Optional:            true,
				Sensitive:           true,
				MarkdownDescription: "Private key of the key pair. CloudRadial shows it once. " + env("CLOUDRADIAL_PRIVATE_KEY"),
			},
			"gradient":    gradientSchema(),
			"microsoft":   microsoftSchema(),
			"autotask":    autotaskSchema(),
			"connectwise": connectWiseSchema(),
			"halopsa":     haloPSASchema(),
			"ca_certificate_file": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Path of a PEM file with certificate authorities to trust in addition to the system's, for example " +
					"the one of a proxy that inspects the traffic. " + env("CLOUDRADIAL_CA_CERTIFICATE_FILE"),
			},
		},
	}
}

func gradientSchema() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "Connection to Gradient MSP, which receives the unit counts. The two keys belong to a *Custom integration* of the kind " +
			"*Billing only*, which you create in Gradient.",
		Attributes: map[string]schema.Attribute{
			"base_url": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Address of Gradient; `/api/vendor-api` is added to it. " + env("GRADIENT_BASE_URL") +
					" Default: `" + gradient.DefaultBaseURL + "`.",
			},
			"vendor_api_key": schema.StringAttribute{
				Optional:            true,
				Sensitive:           true,
				MarkdownDescription: "Vendor API key of the custom integration. " + env("GRADIENT_VENDOR_API_KEY"),
			},
			"partner_api_key": schema.StringAttribute{
				Optional:            true,
				Sensitive:           true,
				MarkdownDescription: "Partner API key of the custom integration. Gradient shows it once. " + env("GRADIENT_PARTNER_API_KEY"),
			},
			"requests_per_second": schema.Int64Attribute{
				Optional:   true,
				Validators: []validator.Int64{int64validator.Between(1, gradient.RequestsPerSecondLimit)},
				MarkdownDescription: fmt.Sprintf("Most requests that are sent to Gradient within any second, retries included: 1 to %d, the limit that Gradient "+
					"documents. At most %d of them wait for an answer at the same time at the default, and more at a higher value (%d at %[1]d). After an answer of "+
					"429 the provider sends fewer for a while. The default is low because Gradient may block keys with unusual traffic. Raise it once your "+
					"counts are accepted, if a push takes too long. %[4]s Default: `%[5]d`.",
					gradient.RequestsPerSecondLimit, gradient.MaxInFlight(gradient.DefaultRequestsPerSecond),
					gradient.MaxInFlight(gradient.RequestsPerSecondLimit), env("GRADIENT_REQUESTS_PER_SECOND"), gradient.DefaultRequestsPerSecond),
			},
		},
	}
}

func microsoftSchema() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "Sign-in to Microsoft Graph, as one application that every customer tenant has consented to. The settings have the names " +
			"of the `azuread` and `azurerm` providers. One way to sign in is used. One that is chosen in this block comes before one that is chosen by " +
			"`CLOUDRADIAL_MICROSOFT_*` variables, and that one before one of `ARM_*` variables. Two ways at the same place are an error. Without any, " +
			"the Azure CLI is used.",
		Attributes: map[string]schema.Attribute{
			"client_id": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Application (client) ID of the app registration. " + env(arm("CLIENT_ID")...),
			},
			"client_secret": schema.StringAttribute{
				Optional:            true,
				Sensitive:           true,
				MarkdownDescription: "Client secret of the app registration. " + env(arm("CLIENT_SECRET")...),
			},
			"client_certificate": schema.StringAttribute{
				Optional:            true,
				Sensitive:           true,
				MarkdownDescription: "Client certificate with its key: a PKCS#12 bundle in Base64. " + env(arm("CLIENT_CERTIFICATE")...),
			},
			"client_certificate_path": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Path of the client certificate with its key, as PKCS#12 or PEM. " + env(arm("CLIENT_CERTIFICATE_PATH")...),
			},
			"client_certificate_password": schema.StringAttribute{
				Optional:            true,
				Sensitive:           true,
				MarkdownDescription: "Password of the client certificate: of the PKCS#12 bundle, or of the key in a PEM file. " + env(arm("CLIENT_CERTIFICATE_PASSWORD")...),
			},
			"use_oidc": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Whether to sign in with OpenID Connect (workload identity federation). " + env(arm("USE_OIDC")...) +
					" Default: `false`.",
			},
			"oidc_token": schema.StringAttribute{
				Optional:  true,
				Sensitive: true,
				MarkdownDescription: "ID token for OpenID Connect. It is valid for minutes only, so prefer `oidc_request_url`. " +
					env(arm("OIDC_TOKEN")...),
			},
			"oidc_token_file_path": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Path of a file with an ID token for OpenID Connect. " + env(arm("OIDC_TOKEN_FILE_PATH", "AZURE_FEDERATED_TOKEN_FILE")...),
			},
			"oidc_request_url": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "URL at which the CI system issues ID tokens for OpenID Connect. GitHub Actions and Azure DevOps set it. " +
					env(oidcRequestURLVariables...),
			},
			"oidc_request_token": schema.StringAttribute{
				Optional:  true,
				Sensitive: true,
				MarkdownDescription: "Bearer token for the request to `oidc_request_url`. " +
					env(oidcRequestTokenVariables...),
			},
			"ado_pipeline_service_connection_id": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "ID of the service connection of Azure DevOps, with `use_oidc`. The step must set `SYSTEM_ACCESSTOKEN` to " +
					"`$(System.AccessToken)`. " + env(adoVariables...),
			},
			"use_aks_workload_identity": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Whether to sign in with the workload identity of a pod in Azure Kubernetes Service. The token is read from the file that " +
					"`AZURE_FEDERATED_TOKEN_FILE` names, and `client_id` defaults to `AZURE_CLIENT_ID`. " + env(arm("USE_AKS_WORKLOAD_IDENTITY")...) +
					" Default: `false`.",
			},
			"use_msi": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Whether to sign in with a managed identity of Azure. Alone it reads the identity's own tenant only, and `client_id` may name " +
					"a user-assigned identity. For customer tenants, set `msi_client_id` to a user-assigned identity that is a federated credential of " +
					"the application `client_id`. " + env(arm("USE_MSI")...) + " Default: `false`.",
			},
			"msi_client_id": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Client ID of the user-assigned managed identity whose token takes the place of a secret of the application `client_id`, " +
					"with `use_msi`. " + env("CLOUDRADIAL_MICROSOFT_MSI_CLIENT_ID"),
			},
			"use_cli": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Whether to sign in with the Azure CLI when nothing else is configured at the same place or before. " + env(arm("USE_CLI")...) +
					" Default: `true`.",
			},
			"environment": schema.StringAttribute{
				Optional:   true,
				Validators: []validator.String{stringvalidator.OneOfCaseInsensitive(microsoft.Environments...)},
				MarkdownDescription: "Microsoft cloud of the tenants: `" + strings.Join(microsoft.Environments, "`, `") + "`. " +
					env(arm("ENVIRONMENT")...) + " Default: `" + microsoft.DefaultEnvironment + "`.",
			},
			"authority_host": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Address of the sign-in service, instead of the one of `environment`. It must be https, and turns instance " +
					"discovery off. " + env(arm("ACTIVE_DIRECTORY_AUTHORITY_HOST")...),
			},
			"msgraph_endpoint": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Address of Microsoft Graph, instead of the one of `environment`. It must be https. " +
					env(arm("MSGRAPH_ENDPOINT")...),
			},
			"max_concurrent_tenants": schema.Int64Attribute{
				Optional:   true,
				Validators: []validator.Int64{int64validator.Between(1, microsoft.ConcurrentTenantsLimit)},
				MarkdownDescription: fmt.Sprintf("Number of tenants that are read at the same time: 1 to %d. Default: `%d`.",
					microsoft.ConcurrentTenantsLimit, microsoft.DefaultConcurrentTenants),
			},
		},
	}
}

// env describes the environment variables of an attribute.
func env(names ...string) string {
	if len(names) == 1 {
		return "Environment variable: `" + names[0] + "`."
	}
	return "Environment variables, of which the first one that is set counts: `" + strings.Join(names, "`, `") + "`."
}
