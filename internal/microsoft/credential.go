// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package microsoft

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	azlog "github.com/Azure/azure-sdk-for-go/sdk/azcore/log"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// newCredential returns the credential of one tenant. A credential for all tenants would sign in to one at a time
// (microsoft.md §6.3).
type newCredential func(tenant string) (azcore.TokenCredential, error)

// AZURE_SDK_GO_LOGGING would print headers that no masker has seen.
func init() { azlog.SetListener(nil) }

// regionVariables move the sign-in to another host than the configured one. azidentity and MSAL read them and have no option against it
// (microsoft.md §6.3).
var regionVariables = []string{"AZURE_REGIONAL_AUTHORITY_NAME", "MSAL_FORCE_REGION"}

// chooseCredential returns the way to sign in that is configured. It tries no other, because a chain hides which one failed
// (microsoft.md §3.3).
func chooseCredential(options Options, env environment, timeouts timeouts) (newCredential, error) {
	if options.usesApplication() && options.ClientID == "" {
		return nil, fmt.Errorf("%s is not set", options.name("client_id"))
	}
	for _, name := range regionVariables {
		if err := os.Unsetenv(name); err != nil {
			return nil, err
		}
	}
	client := newPipelineOptions(options, env, timeouts)
	switch {
	case options.ClientCertificate != "" || options.ClientCertificatePath != "":
		cert, err := loadCertificate(options)
		if err != nil {
			return nil, err
		}
		return func(tenant string) (azcore.TokenCredential, error) {
			return azidentity.NewClientCertificateCredential(tenant, options.ClientID, cert.chain, cert.key,
				&azidentity.ClientCertificateCredentialOptions{ClientOptions: client, DisableInstanceDiscovery: env.overridden})
		}, nil
	case options.ClientSecret != "":
		return func(tenant string) (azcore.TokenCredential, error) {
			return azidentity.NewClientSecretCredential(tenant, options.ClientID, options.ClientSecret,
				&azidentity.ClientSecretCredentialOptions{ClientOptions: client, DisableInstanceDiscovery: env.overridden})
		}, nil
	case options.UseOIDC && options.ADOPipelineServiceConnectionID != "":
		return newAzureDevOpsCredential(options, env, client)
	case options.UseOIDC:
		source, err := newAssertionSource(options, env.audience, timeouts)
		if err != nil {
			return nil, err
		}
		return newAssertionCredential(options, env, client, source), nil
	case options.UseAKSWorkloadIdentity:
		return newAKSCredential(options, env, client)
	case options.UseMSI:
		return newManagedIdentityCredential(options, env, client)
	case options.UseCLI:
		return func(tenant string) (azcore.TokenCredential, error) {
			return &cliCredential{tenant: tenant, timeout: timeouts.tenant}, nil
		}, nil
	}
	return nil, errors.New("no way to sign in is configured: set client_id with client_secret, client_certificate, " +
		"client_certificate_path or use_oidc, or set use_cli to sign in as the user of the Azure CLI")
}

// usesApplication reports whether the client signs in as an application. If not, it is the Azure CLI's user or a managed identity.
func (o Options) usesApplication() bool {
	return o.ClientCertificate != "" || o.ClientCertificatePath != "" || o.ClientSecret != "" || o.UseOIDC || o.UseAKSWorkloadIdentity ||
		o.UseMSI && o.MSIClientID != ""
}

// usesCLI reports whether the client signs in with the Azure CLI.
func (o Options) usesCLI() bool { return !o.usesApplication() && !o.UseMSI }

func newAssertionCredential(options Options, env environment, client policy.ClientOptions, source assertionSource) newCredential {
	return func(tenant string) (azcore.TokenCredential, error) {
		return azidentity.NewClientAssertionCredential(tenant, options.ClientID, source.getRecorded,
			&azidentity.ClientAssertionCredentialOptions{ClientOptions: client, DisableInstanceDiscovery: env.overridden})
	}
}

// azureDevOpsURL is the environment variable in which azidentity looks for the address of Azure DevOps (microsoft.md §3.3).
const azureDevOpsURL = "SYSTEM_OIDCREQUESTURI"

// newAzureDevOpsCredential signs in with the token that Azure DevOps issues for a service connection.
func newAzureDevOpsCredential(options Options, env environment, client policy.ClientOptions) (newCredential, error) {
	switch address := os.Getenv(azureDevOpsURL); {
	case address == "":
		return nil, fmt.Errorf("%s is set, but the environment variable %s is not: an agent of Azure DevOps sets it, and in a container it must be passed on",
			options.name("ado_pipeline_service_connection_id"), azureDevOpsURL)
	case strings.TrimSpace(address) != options.OIDCRequestURL:
		return nil, fmt.Errorf("%s is set, so the address for tokens is that of the environment variable %s, and %s has another: remove the latter, or "+
			"the service connection", options.name("ado_pipeline_service_connection_id"), azureDevOpsURL, options.name("oidc_request_url"))
	case checkRequestURL(options) != nil:
		return nil, checkRequestURL(options)
	}
	return func(tenant string) (azcore.TokenCredential, error) {
		return azidentity.NewAzurePipelinesCredential(tenant, options.ClientID, options.ADOPipelineServiceConnectionID, options.OIDCRequestToken,
			&azidentity.AzurePipelinesCredentialOptions{ClientOptions: client, DisableInstanceDiscovery: env.overridden})
	}, nil
}

// newAKSCredential signs in with the token that AKS puts into the pod.
func newAKSCredential(options Options, env environment, client policy.ClientOptions) (newCredential, error) {
	if _, err := readTokenFile(options); err != nil {
		return nil, err
	}
	return func(tenant string) (azcore.TokenCredential, error) {
		return azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{ClientOptions: client, TenantID: tenant,
			ClientID: options.ClientID, TokenFilePath: options.OIDCTokenFilePath, DisableInstanceDiscovery: env.overridden})
	}, nil
}

// newManagedIdentityCredential signs in as a managed identity, which works in its own tenant only, or as the application of which the identity
// is a federated credential (microsoft.md §3.1).
func newManagedIdentityCredential(options Options, env environment, client policy.ClientOptions) (newCredential, error) {
	own := azidentity.ManagedIdentityCredentialOptions{ClientOptions: policy.ClientOptions{
		Telemetry: client.Telemetry,
		Transport: &http.Client{Transport: options.Transport, CheckRedirect: keepRedirect}, // the identity's endpoint is not the authority
		Retry:     policy.RetryOptions{MaxRetries: signInAttempts - 1, TryTimeout: client.Retry.TryTimeout, RetryDelay: client.Retry.RetryDelay, MaxRetryDelay: client.Retry.MaxRetryDelay},
	}}
	id := options.ClientID
	if options.MSIClientID != "" {
		id = options.MSIClientID
	}
	if id != "" {
		own.ID = azidentity.ClientID(id)
	}
	identity, err := azidentity.NewManagedIdentityCredential(&own)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", options.name("use_msi"), err)
	}
	if options.MSIClientID == "" {
		return func(string) (azcore.TokenCredential, error) { return identity, nil }, nil
	}
	return newAssertionCredential(options, env, client, func(ctx context.Context) (string, error) {
		token, err := identity.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{env.audience + "/.default"}})
		if err != nil {
			return "", describeIdentityError(err)
		}
		return token.Token, nil
	}), nil
}

// describeIdentityError says what the endpoint of managed identities answered. azidentity's own text prints its whole body.
func describeIdentityError(err error) error {
	var failed *azidentity.AuthenticationFailedError
	if !errors.As(err, &failed) || failed.RawResponse == nil {
		return fmt.Errorf("the endpoint of Azure's managed identities gave no answer, so this machine may not be one of Azure with an identity: %w", err)
	}
	text := fmt.Sprintf("the endpoint of Azure's managed identities answered %d", failed.RawResponse.StatusCode)
	if body, err := runtime.Payload(failed.RawResponse); err == nil {
		if refusal := decodeOAuthError(body); refusal.Description != "" {
			text += ": " + cutToSentence(refusal.Description)
		}
	}
	return errors.New(text)
}
