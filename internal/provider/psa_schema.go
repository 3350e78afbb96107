// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/psa/autotask"
)

type autotaskModel struct {
	BaseURL         types.String `tfsdk:"base_url"`
	Username        types.String `tfsdk:"username"`
	Secret          types.String `tfsdk:"secret"`
	IntegrationCode types.String `tfsdk:"integration_code"`
}

type connectWiseModel struct {
	BaseURL    types.String `tfsdk:"base_url"`
	Company    types.String `tfsdk:"company"`
	PublicKey  types.String `tfsdk:"public_key"`
	PrivateKey types.String `tfsdk:"private_key"`
	ClientID   types.String `tfsdk:"client_id"`
}

type haloPSAModel struct {
	BaseURL      types.String `tfsdk:"base_url"`
	Tenant       types.String `tfsdk:"tenant"`
	ClientID     types.String `tfsdk:"client_id"`
	ClientSecret types.String `tfsdk:"client_secret"`
}

// unknownAutotask returns an autotask object with every setting unknown.
func unknownAutotask() autotaskModel {
	text := types.StringUnknown()
	return autotaskModel{text, text, text, text}
}

// unknownConnectWise returns a connectwise object with every setting unknown.
func unknownConnectWise() connectWiseModel {
	text := types.StringUnknown()
	return connectWiseModel{text, text, text, text, text}
}

// unknownHaloPSA returns a halopsa object with every setting unknown.
func unknownHaloPSA() haloPSAModel {
	text := types.StringUnknown()
	return haloPSAModel{text, text, text, text}
}

const onePSA = " Only one of `autotask`, `connectwise` and `halopsa` can be set. The provider only reads there."

func autotaskSchema() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "Connection to Autotask PSA, to read what it will bill. Use an API user (API-only) whose security level may view " +
			"contracts of all companies." + onePSA,
		Attributes: map[string]schema.Attribute{
			"base_url": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Address that is asked for the zone of the user. The user name and the secret are sent to that zone only when it is this " +
					"host or one of Autotask's own (`webservices`, a number, `.autotask.net`). " + env("AUTOTASK_BASE_URL") +
					" Default: `" + autotask.DefaultBaseURL + "`.",
			},
			"username": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "User name (key) of the API user. " + env("AUTOTASK_USERNAME"),
			},
			"secret": schema.StringAttribute{
				Optional: true, Sensitive: true,
				MarkdownDescription: "Password (secret) of the API user. " + env("AUTOTASK_SECRET"),
			},
			"integration_code": schema.StringAttribute{
				Optional: true, Sensitive: true,
				MarkdownDescription: "API tracking identifier of the API user. " + env("AUTOTASK_INTEGRATION_CODE"),
			},
		},
	}
}

func connectWiseSchema() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "Connection to ConnectWise PSA, to read what it will bill. Use an API member whose security role has Inquire, at the level " +
			"All, for Finance, Agreements and for Procurement, Product Catalog, and no other right." + onePSA,
		Attributes: map[string]schema.Attribute{
			"base_url": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Address of the API, for example `https://api-na.myconnectwise.net`. The host of the cloud begins with `api-`. The code base is " +
					"added when there is no path. " + env("CONNECTWISE_BASE_URL"),
			},
			"company": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Company that people type when they sign in. " + env("CONNECTWISE_COMPANY"),
			},
			"public_key": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Public key of the API member. " + env("CONNECTWISE_PUBLIC_KEY"),
			},
			"private_key": schema.StringAttribute{
				Optional: true, Sensitive: true,
				MarkdownDescription: "Private key of the API member. " + env("CONNECTWISE_PRIVATE_KEY"),
			},
			"client_id": schema.StringAttribute{
				Optional: true, Sensitive: true,
				MarkdownDescription: "The `clientId` of your own integration, from developer.connectwise.com. " + env("CONNECTWISE_CLIENT_ID"),
			},
		},
	}
}

func haloPSASchema() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "Connection to HaloPSA, to read what it will bill. Use an application with the method *Client ID and Secret (Services)*, the login " +
			"type Agent, and the permissions to read contracts, invoices, items and customers." + onePSA,
		Attributes: map[string]schema.Attribute{
			"base_url": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Address of HaloPSA, for example `https://example.halopsa.com`. " + env("HALOPSA_BASE_URL"),
			},
			"tenant": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Tenant of a hosted HaloPSA. By default the one that HaloPSA itself names. " + env("HALOPSA_TENANT"),
			},
			"client_id": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Client ID of the application. " + env("HALOPSA_CLIENT_ID"),
			},
			"client_secret": schema.StringAttribute{
				Optional: true, Sensitive: true,
				MarkdownDescription: "Client secret of the application. " + env("HALOPSA_CLIENT_SECRET"),
			},
		},
	}
}
