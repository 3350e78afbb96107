// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/microsoft"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

func from(env map[string]string) reader {
	return reader{
		getenv:   func(name string) string { return env[name] },
		lookPath: func(string) (string, error) { return "", os.ErrNotExist },
	}
}

// fields returns every setting by its attribute.
func fields(s settings) map[string]setting {
	all := map[string]setting{}
	for _, f := range append([]setting{
		s.baseURL, s.publicKey, s.privateKey, s.gradientBaseURL, s.vendorKey, s.partnerKey, s.requestsPerSecond, s.clientID,
		s.clientSecret, s.clientCertificate, s.clientCertificatePath, s.clientCertificatePassword, s.useOIDC, s.oidcToken,
		s.oidcTokenFilePath, s.oidcRequestURL, s.oidcRequestToken, s.useCLI, s.environment, s.authorityHost, s.graphEndpoint,
		s.maxConcurrentTenants, s.caCertificateFile, s.adoServiceConnection, s.useAKS, s.useMSI, s.msiClientID,
	}, s.psa.all()...) {
		all[f.attribute.String()] = f
	}
	return all
}

// variables lists the environment variables of every attribute, in their order: the public interface.
var variables = map[string][]string{
	"base_url":                              {"CLOUDRADIAL_BASE_URL"},
	"public_key":                            {"CLOUDRADIAL_PUBLIC_KEY"},
	"private_key":                           {"CLOUDRADIAL_PRIVATE_KEY"},
	"ca_certificate_file":                   {"CLOUDRADIAL_CA_CERTIFICATE_FILE"},
	"gradient.base_url":                     {"GRADIENT_BASE_URL"},
	"gradient.vendor_api_key":               {"GRADIENT_VENDOR_API_KEY"},
	"gradient.partner_api_key":              {"GRADIENT_PARTNER_API_KEY"},
	"gradient.requests_per_second":          {"GRADIENT_REQUESTS_PER_SECOND"},
	"microsoft.client_id":                   {"CLOUDRADIAL_MICROSOFT_CLIENT_ID", "ARM_CLIENT_ID"},
	"microsoft.client_secret":               {"CLOUDRADIAL_MICROSOFT_CLIENT_SECRET", "ARM_CLIENT_SECRET"},
	"microsoft.client_certificate":          {"CLOUDRADIAL_MICROSOFT_CLIENT_CERTIFICATE", "ARM_CLIENT_CERTIFICATE"},
	"microsoft.client_certificate_path":     {"CLOUDRADIAL_MICROSOFT_CLIENT_CERTIFICATE_PATH", "ARM_CLIENT_CERTIFICATE_PATH"},
	"microsoft.client_certificate_password": {"CLOUDRADIAL_MICROSOFT_CLIENT_CERTIFICATE_PASSWORD", "ARM_CLIENT_CERTIFICATE_PASSWORD"},
	"microsoft.use_oidc":                    {"CLOUDRADIAL_MICROSOFT_USE_OIDC", "ARM_USE_OIDC"},
	"microsoft.oidc_token":                  {"CLOUDRADIAL_MICROSOFT_OIDC_TOKEN", "ARM_OIDC_TOKEN"},
	"microsoft.oidc_token_file_path":        {"CLOUDRADIAL_MICROSOFT_OIDC_TOKEN_FILE_PATH", "ARM_OIDC_TOKEN_FILE_PATH", "AZURE_FEDERATED_TOKEN_FILE"},
	"microsoft.oidc_request_url":            {"CLOUDRADIAL_MICROSOFT_OIDC_REQUEST_URL", "ARM_OIDC_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_URL", "SYSTEM_OIDCREQUESTURI"},
	"microsoft.oidc_request_token":          {"CLOUDRADIAL_MICROSOFT_OIDC_REQUEST_TOKEN", "ARM_OIDC_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "SYSTEM_ACCESSTOKEN"},
	"microsoft.ado_pipeline_service_connection_id": {"CLOUDRADIAL_MICROSOFT_ADO_PIPELINE_SERVICE_CONNECTION_ID", "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID",
		"ARM_OIDC_AZURE_SERVICE_CONNECTION_ID"},
	"microsoft.use_aks_workload_identity": {"CLOUDRADIAL_MICROSOFT_USE_AKS_WORKLOAD_IDENTITY", "ARM_USE_AKS_WORKLOAD_IDENTITY"},
	"microsoft.use_msi":                   {"CLOUDRADIAL_MICROSOFT_USE_MSI", "ARM_USE_MSI"},
	"microsoft.msi_client_id":             {"CLOUDRADIAL_MICROSOFT_MSI_CLIENT_ID"},
	"microsoft.use_cli":                   {"CLOUDRADIAL_MICROSOFT_USE_CLI", "ARM_USE_CLI"},
	"microsoft.environment":               {"CLOUDRADIAL_MICROSOFT_ENVIRONMENT", "ARM_ENVIRONMENT"},
	"microsoft.authority_host":            {"CLOUDRADIAL_MICROSOFT_ACTIVE_DIRECTORY_AUTHORITY_HOST", "ARM_ACTIVE_DIRECTORY_AUTHORITY_HOST"},
	"microsoft.msgraph_endpoint":          {"CLOUDRADIAL_MICROSOFT_MSGRAPH_ENDPOINT", "ARM_MSGRAPH_ENDPOINT"},
	"microsoft.max_concurrent_tenants":    nil,
	"autotask.base_url":                   {"AUTOTASK_BASE_URL"},
	"autotask.username":                   {"AUTOTASK_USERNAME"},
	"autotask.secret":                     {"AUTOTASK_SECRET"},
	"autotask.integration_code":           {"AUTOTASK_INTEGRATION_CODE"},
	"connectwise.base_url":                {"CONNECTWISE_BASE_URL"},
	"connectwise.company":                 {"CONNECTWISE_COMPANY"},
	"connectwise.public_key":              {"CONNECTWISE_PUBLIC_KEY"},
	"connectwise.private_key":             {"CONNECTWISE_PRIVATE_KEY"},
	"connectwise.client_id":               {"CONNECTWISE_CLIENT_ID"},
	"halopsa.base_url":                    {"HALOPSA_BASE_URL"},
	"halopsa.tenant":                      {"HALOPSA_TENANT"},
	"halopsa.client_id":                   {"HALOPSA_CLIENT_ID"},
	"halopsa.client_secret":               {"HALOPSA_CLIENT_SECRET"},
}

func TestEnvironmentVariables(t *testing.T) {
	t.Parallel()
	if got := len(fields(settings{})); got != 1 {
		t.Fatalf("%d attributes of no settings", got)
	}
	for attribute, names := range variables {
		env := map[string]string{}
		for _, name := range slices.Backward(names) { // an earlier variable wins over a later one
			env[name] = "from " + name
			got := fields(from(env).read(model{}, gradientModel{}, microsoftModel{}, psaBlocks{}))[attribute]
			if got.value != "from "+name || got.variable != name {
				t.Errorf("%s is %q from %q, want %q", attribute, got.value, got.variable, "from "+name)
			}
		}
		if got := fields(from(nil).read(model{}, gradientModel{}, microsoftModel{}, psaBlocks{}))[attribute]; got.given() || !slices.Equal(got.env, names) {
			t.Errorf("%s falls back to %q, want %q", attribute, got.env, names)
		}
	}
}

func TestTheBlockWinsOverTheEnvironment(t *testing.T) {
	t.Parallel()
	env := from(map[string]string{"CLOUDRADIAL_PUBLIC_KEY": "env", "CLOUDRADIAL_PRIVATE_KEY": "env", "GRADIENT_REQUESTS_PER_SECOND": "7", "ARM_USE_OIDC": "true"})
	got := env.read(
		model{PublicKey: types.StringValue("block"), PrivateKey: types.StringValue("")},
		gradientModel{RequestsPerSecond: types.Int64Value(9)}, microsoftModel{UseOIDC: types.BoolValue(false)}, psaBlocks{})
	if got.publicKey.value != "block" || got.requestsPerSecond.number() != 9 || got.useOIDC.flag(true) {
		t.Errorf("the environment won: %+v", got)
	}
	if got.privateKey.value != "env" {
		t.Errorf("an empty string in the block is %q, want the environment's", got.privateKey.value)
	}
	unknown := env.read(model{PublicKey: types.StringUnknown()}, unknownGradient(), unknownMicrosoft(), psaBlocks{})
	if !unknown.publicKey.unknown || unknown.publicKey.value != "" || !unknown.requestsPerSecond.unknown || !unknown.useOIDC.unknown {
		t.Errorf("unknown values fell back to the environment: %+v", unknown)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	noPEM := filepath.Join(dir, "no.pem")
	if err := os.WriteFile(noPEM, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		env       map[string]string
		attribute string
		want      string
	}{
		{map[string]string{"CLOUDRADIAL_BASE_URL": "http://api.example.com"}, "base_url", "environment variable CLOUDRADIAL_BASE_URL"},
		{map[string]string{"CLOUDRADIAL_BASE_URL": "https://api.example.com?x=1"}, "base_url", "base URL"},
		{map[string]string{"GRADIENT_BASE_URL": "app.usegradient.com"}, "gradient.base_url", "environment variable GRADIENT_BASE_URL"},
		{map[string]string{"GRADIENT_BASE_URL": "https://exa mple"}, "gradient.base_url", "has a space inside"},
		{map[string]string{"ARM_MSGRAPH_ENDPOINT": "http://127.0.0.1:80"}, "microsoft.msgraph_endpoint", "https://"},
		{map[string]string{"CLOUDRADIAL_MICROSOFT_ACTIVE_DIRECTORY_AUTHORITY_HOST": "http://localhost"}, "microsoft.authority_host", "https://"},
		{map[string]string{"GRADIENT_REQUESTS_PER_SECOND": "101"}, "gradient.requests_per_second", "from 1 to 100"},
		{map[string]string{"GRADIENT_REQUESTS_PER_SECOND": "0"}, "gradient.requests_per_second", "from 1 to 100"},
		{map[string]string{"GRADIENT_REQUESTS_PER_SECOND": "many"}, "gradient.requests_per_second", "environment variable GRADIENT_REQUESTS_PER_SECOND"},
		{map[string]string{"ARM_USE_OIDC": "yes"}, "microsoft.use_oidc", "true or false"},
		{map[string]string{"ARM_USE_CLI": "no"}, "microsoft.use_cli", "environment variable ARM_USE_CLI"},
		{map[string]string{"ARM_ENVIRONMENT": "germany"}, "microsoft.environment", "usgovernmentl4"},
		{map[string]string{"CLOUDRADIAL_CA_CERTIFICATE_FILE": filepath.Join(dir, "none.pem")}, "ca_certificate_file", "cannot be read"},
		{map[string]string{"CLOUDRADIAL_CA_CERTIFICATE_FILE": noPEM}, "ca_certificate_file", "no certificate in PEM format"},
	}
	for _, test := range tests {
		var diags diag.Diagnostics
		from(test.env).read(model{}, gradientModel{}, microsoftModel{}, psaBlocks{}).check(&diags)
		if len(diags) != 1 {
			t.Errorf("%v: %v, want one error", test.env, diags)
			continue
		}
		place := path.Empty()
		if at, ok := diags[0].(diag.DiagnosticWithPath); ok {
			place = at.Path()
		}
		atAttribute := place.String() == test.attribute || len(place.Steps()) == 0 && strings.Contains(test.attribute, ".")
		if !atAttribute || !strings.Contains(diags[0].Detail(), test.want) {
			t.Errorf("%v: %v, want %q at %s", test.env, diags[0], test.want, test.attribute)
		}
	}
	var diags diag.Diagnostics
	good := map[string]string{
		"CLOUDRADIAL_BASE_URL": "http://127.0.0.1:8080", "GRADIENT_BASE_URL": "https://app.usegradient.com/", "ARM_ENVIRONMENT": "USGovernmentL4",
		"GRADIENT_REQUESTS_PER_SECOND": "100", "ARM_USE_CLI": "false", "ARM_MSGRAPH_ENDPOINT": "https://graph.microsoft.us",
	}
	if from(good).read(model{}, gradientModel{}, microsoftModel{}, psaBlocks{}).check(&diags); diags.HasError() {
		t.Errorf("good values are refused: %v", diags)
	}
}

// TestClientsNeedWhatTheyUse also checks that each client is made once.
func TestClientsNeedWhatTheyUse(t *testing.T) {
	t.Parallel()
	gradientKeys := map[string]string{"GRADIENT_VENDOR_API_KEY": "v", "GRADIENT_PARTNER_API_KEY": "p"}
	none := from(nil).read(model{}, gradientModel{}, microsoftModel{}, psaBlocks{})
	for name, ask := range map[string]func(*Clients) error{
		"gradient.vendor_api_key gradient.partner_api_key": func(c *Clients) error { _, err := c.Gradient(); return err },
		"public_key private_key":                           func(c *Clients) error { _, err := c.CloudRadial(); return err },
	} {
		var missing *tfdiag.MissingError
		if err := ask(newClients(none, nil, "test")); !errors.As(err, &missing) || attributes(missing) != name {
			t.Errorf("without settings: %v, want %s to be missing", err, name)
		}
	}

	c := newClients(from(gradientKeys).read(model{}, gradientModel{}, microsoftModel{}, psaBlocks{}), nil, "test")
	one, err := c.Gradient()
	if err != nil {
		t.Fatal(err)
	}
	if two, _ := c.Gradient(); one != two {
		t.Error("a second client was made")
	}

	unknown := from(gradientKeys).read(model{CACertificateFile: types.StringUnknown()}, gradientModel{}, microsoftModel{}, psaBlocks{})
	if _, err := newClients(unknown, nil, "test").Gradient(); !errors.Is(err, tfdiag.ErrUnknown) || !strings.Contains(err.Error(), "ca_certificate_file") {
		t.Errorf("an unknown CA file gives %v", err)
	}
}

func TestSignInSettings(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		env     map[string]string
		missing string
	}{
		{"secret", map[string]string{"ARM_CLIENT_ID": "id", "ARM_CLIENT_SECRET": "s"}, ""},
		{"secret alone", map[string]string{"ARM_CLIENT_SECRET": "s"}, "microsoft.client_id"},
		{"certificate alone", map[string]string{"ARM_CLIENT_CERTIFICATE_PATH": "c.pem"}, "microsoft.client_id"},
		{"OIDC alone", map[string]string{"ARM_USE_OIDC": "true"}, "microsoft.client_id"},
		{"id alone", map[string]string{"ARM_CLIENT_ID": "id"}, "microsoft.client_secret"},
		{"nothing, so the Azure CLI", map[string]string{"PATH": "with az"}, ""},
		{"nothing, and no Azure CLI", nil, "microsoft.client_id microsoft.client_secret"},
		{"the Azure CLI although there is an id", map[string]string{"ARM_CLIENT_ID": "id", "ARM_USE_CLI": "true"}, ""},
		{"no Azure CLI either", map[string]string{"ARM_USE_CLI": "false"}, "microsoft.client_id microsoft.client_secret"},
	}
	for _, test := range tests {
		r := from(test.env)
		if test.env["PATH"] != "" {
			r.lookPath = func(name string) (string, error) { return "/bin/" + name, nil }
		}
		s := r.read(model{}, gradientModel{}, microsoftModel{}, psaBlocks{})
		way, err := s.chooseSignIn()
		if err == nil {
			err = checkGiven("Microsoft Graph", way.required, nil)
		}
		var missing *tfdiag.MissingError
		if errors.As(err, &missing); attributes(missing) != test.missing {
			t.Errorf("%s: %q is missing, want %q", test.name, attributes(missing), test.missing)
		}
	}
}

// Each way to sign in is chosen as a whole. want is how the client signs in, or what the error says.
func TestWhichSignIn(t *testing.T) {
	t.Parallel()
	const block, own, arm = "block.", "CLOUDRADIAL_MICROSOFT_", "ARM_"
	tests := []struct {
		name string
		env  map[string]string // names that begin with block. are in the provider block
		want string
	}{
		{"the backend's certificate", map[string]string{block + "client_id": "ours", block + "client_secret": "s", arm + "CLIENT_CERTIFICATE_PATH": "backend.pfx"}, "ours secret s"},
		{"our variables before the backend's", map[string]string{own + "CLIENT_ID": "ours", own + "CLIENT_SECRET": "s", arm + "CLIENT_ID": "theirs", arm + "USE_OIDC": "true"}, "ours secret s"},
		{"the block before our variables", map[string]string{block + "use_oidc": "true", block + "client_id": "id", own + "CLIENT_SECRET": "s", arm + "OIDC_TOKEN": "t"}, "id oidc token t"},
		{"the block's Azure CLI", map[string]string{block + "use_cli": "true", arm + "CLIENT_ID": "theirs", arm + "CLIENT_SECRET": "s"}, "cli"},
		{"the backend's Azure CLI", map[string]string{block + "client_secret": "s", block + "client_id": "id", arm + "USE_CLI": "true"}, "id secret s"},
		{"use_cli beside a secret only allows it", map[string]string{arm + "USE_CLI": "true", arm + "CLIENT_ID": "id", arm + "CLIENT_SECRET": "s"}, "id secret s"},
		{"the id in the block, the secret in the environment", map[string]string{block + "client_id": "id", arm + "CLIENT_SECRET": "s"}, "id secret s"},
		{"off in the block", map[string]string{block + "use_oidc": "false", arm + "USE_OIDC": "true", arm + "CLIENT_ID": "id", arm + "CLIENT_SECRET": "s"}, "id secret s"},

		{"GitLab on a runner in AKS", map[string]string{arm + "USE_OIDC": "true", arm + "CLIENT_ID": "id", arm + "OIDC_TOKEN": "t", "AZURE_FEDERATED_TOKEN_FILE": "/var/run/aks"}, "id oidc token t"},
		{"GitHub on a runner in AKS", map[string]string{arm + "USE_OIDC": "true", arm + "CLIENT_ID": "id", "ACTIONS_ID_TOKEN_REQUEST_URL": "https://gh", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "r",
			"AZURE_FEDERATED_TOKEN_FILE": "/var/run/aks", "AZURE_CLIENT_ID": "aks"}, "id oidc url https://gh r"},
		{"a file before the platform's address", map[string]string{arm + "USE_OIDC": "true", arm + "CLIENT_ID": "id", own + "OIDC_TOKEN_FILE_PATH": "file", "ACTIONS_ID_TOKEN_REQUEST_URL": "https://gh"}, "id oidc file file"},
		{"an address before a token at the same place", map[string]string{arm + "USE_OIDC": "true", arm + "CLIENT_ID": "id", arm + "OIDC_TOKEN": "t", arm + "OIDC_REQUEST_URL": "https://ci", arm + "OIDC_REQUEST_TOKEN": "r"}, "id oidc url https://ci r"},
		{"OIDC with what AKS injects", map[string]string{arm + "USE_OIDC": "true", arm + "CLIENT_ID": "id", "AZURE_FEDERATED_TOKEN_FILE": "/var/run/aks"}, "id oidc file /var/run/aks"},
		{"OIDC does not take the id of AKS", map[string]string{arm + "USE_OIDC": "true", "AZURE_CLIENT_ID": "aks", "AZURE_FEDERATED_TOKEN_FILE": "/var/run/aks"}, "missing microsoft.client_id"},

		{"Azure DevOps", map[string]string{arm + "USE_OIDC": "true", arm + "CLIENT_ID": "id", "SYSTEM_OIDCREQUESTURI": "https://ado", "SYSTEM_ACCESSTOKEN": "r", arm + "ADO_PIPELINE_SERVICE_CONNECTION_ID": "c"},
			"id oidc url https://ado r c"},
		{"Azure DevOps, as azapi names it", map[string]string{arm + "USE_OIDC": "true", arm + "CLIENT_ID": "id", "SYSTEM_OIDCREQUESTURI": "https://ado", "SYSTEM_ACCESSTOKEN": "r", arm + "OIDC_AZURE_SERVICE_CONNECTION_ID": "c"},
			"id oidc url https://ado r c"},
		{"Azure DevOps without its connection", map[string]string{arm + "USE_OIDC": "true", arm + "CLIENT_ID": "id", "SYSTEM_OIDCREQUESTURI": "https://ado", "SYSTEM_ACCESSTOKEN": "r"},
			"missing microsoft.ado_pipeline_service_connection_id"},
		{"Azure DevOps without its token", map[string]string{arm + "USE_OIDC": "true", arm + "CLIENT_ID": "id", "SYSTEM_OIDCREQUESTURI": "https://ado", arm + "ADO_PIPELINE_SERVICE_CONNECTION_ID": "c"},
			"missing microsoft.oidc_request_token"},

		{"AKS", map[string]string{arm + "USE_AKS_WORKLOAD_IDENTITY": "true", "AZURE_CLIENT_ID": "aks", "AZURE_FEDERATED_TOKEN_FILE": "/var/run/aks"}, "aks in AKS /var/run/aks"},
		{"AKS with an id that somebody set", map[string]string{block + "use_aks_workload_identity": "true", arm + "CLIENT_ID": "id", "AZURE_CLIENT_ID": "aks", "AZURE_FEDERATED_TOKEN_FILE": "f"}, "id in AKS f"},
		{"not in AKS", map[string]string{arm + "USE_AKS_WORKLOAD_IDENTITY": "true", arm + "CLIENT_ID": "id"}, "missing microsoft.oidc_token_file_path"},
		{"managed identity", map[string]string{arm + "USE_MSI": "true"}, " identity"},
		{"managed identity with an id", map[string]string{arm + "USE_MSI": "true", arm + "CLIENT_ID": "id"}, "id identity"},
		{"managed identity as the credential of an application", map[string]string{block + "use_msi": "true", own + "MSI_CLIENT_ID": "mi", arm + "CLIENT_ID": "id"}, "id identity mi"},
		{"managed identity without the application", map[string]string{block + "use_msi": "true", own + "MSI_CLIENT_ID": "mi"}, "missing microsoft.client_id"},

		{"two ways of the backend", map[string]string{arm + "CLIENT_ID": "id", arm + "CLIENT_SECRET": "s", arm + "CLIENT_CERTIFICATE_PATH": "c.pem"},
			"a certificate with microsoft.client_certificate_path (environment variable ARM_CLIENT_CERTIFICATE_PATH); " +
				"a client secret with microsoft.client_secret (environment variable ARM_CLIENT_SECRET)"},
		{"two ways in the block", map[string]string{block + "client_id": "id", block + "client_secret": "s", block + "use_oidc": "true", arm + "USE_MSI": "true"},
			"a client secret with microsoft.client_secret; OpenID Connect with microsoft.use_oidc"},
		{"two ways, settled by the block", map[string]string{arm + "CLIENT_ID": "id", arm + "USE_MSI": "true", arm + "USE_OIDC": "true", block + "client_secret": "s"}, "id secret s"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			value := func(name string) types.String {
				if text := test.env[block+name]; text != "" {
					return types.StringValue(text)
				}
				return types.StringNull()
			}
			flag := func(name string) types.Bool {
				if text := test.env[block+name]; text != "" {
					return types.BoolValue(text == "true")
				}
				return types.BoolNull()
			}
			s := from(test.env).read(model{}, gradientModel{}, microsoftModel{ClientID: value("client_id"), ClientSecret: value("client_secret"),
				UseOIDC: flag("use_oidc"), UseCLI: flag("use_cli"), UseMSI: flag("use_msi"), UseAKSWorkloadIdentity: flag("use_aks_workload_identity")}, psaBlocks{})
			if got := describeSignIn(s); !strings.Contains(got, test.want) || test.want == "" {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func describeSignIn(s settings) string {
	way, err := s.chooseSignIn()
	if err != nil {
		return err.Error()
	}
	var missing *tfdiag.MissingError
	if errors.As(checkGiven("", way.required, nil), &missing) {
		return "missing " + attributes(missing)
	}
	var o microsoft.Options
	way.configure(&o)
	switch {
	case o.UseCLI:
		return "cli"
	case o.UseMSI:
		return strings.TrimSpace(fmt.Sprintf("%s identity %s", o.ClientID, o.MSIClientID)) + " identity"
	case o.UseAKSWorkloadIdentity:
		return o.ClientID + " in AKS " + o.OIDCTokenFilePath
	case o.UseOIDC && o.OIDCRequestURL != "":
		return fmt.Sprintf("%s oidc url %s %s %s", o.ClientID, o.OIDCRequestURL, o.OIDCRequestToken, o.ADOPipelineServiceConnectionID)
	case o.UseOIDC && o.OIDCTokenFilePath != "":
		return o.ClientID + " oidc file " + o.OIDCTokenFilePath
	case o.UseOIDC:
		return o.ClientID + " oidc token " + o.OIDCToken
	}
	return strings.TrimSpace(fmt.Sprintf("%s secret %s%s%s", o.ClientID, o.ClientSecret, o.ClientCertificate, o.ClientCertificatePath))
}

// White space around keys and addresses is removed, wherever they are from.
func TestWhiteSpaceAroundValuesIsRemoved(t *testing.T) {
	t.Parallel()
	const around = "\ufeff \t%s\u00a0\u200b\r\n"
	env := map[string]string{}
	for attribute, names := range variables {
		for _, name := range names[:min(len(names), 1)] {
			env[name] = fmt.Sprintf(around, "value-of-"+attribute)
		}
	}
	s := from(env).read(model{PrivateKey: types.StringValue("\ufeffprivate\n")}, gradientModel{}, microsoftModel{}, psaBlocks{})
	for attribute, got := range fields(s) {
		want := "value-of-" + attribute
		switch attribute {
		case "private_key":
			want = "private"
		case "microsoft.client_certificate_password": // may begin or end with a space
			want = " \tvalue-of-" + attribute + "\u00a0\u200b"
		case "microsoft.max_concurrent_tenants":
			want = ""
		}
		if got.value != want {
			t.Errorf("%s is %q, want %q", attribute, got.value, want)
		}
	}
	for _, name := range []string{"private_key", "gradient.vendor_api_key (environment variable GRADIENT_VENDOR_API_KEY)", "microsoft.environment (environment variable CLOUDRADIAL_MICROSOFT_ENVIRONMENT)"} {
		if !slices.Contains(s.trimmedNames(), name) {
			t.Errorf("%s is not among what was trimmed: %q", name, s.trimmedNames())
		}
	}
	if clean := from(map[string]string{"GRADIENT_VENDOR_API_KEY": "key"}).read(model{}, gradientModel{}, microsoftModel{}, psaBlocks{}); len(clean.trimmedNames()) > 0 {
		t.Errorf("%q were not trimmed", clean.trimmedNames())
	}
}

// What is wrong inside a key is said before anything is sent, with the attribute and the variable and without the value.
func TestWhiteSpaceInsideValuesIsRefused(t *testing.T) {
	t.Parallel()
	for name, attribute := range map[string]string{
		"CLOUDRADIAL_PUBLIC_KEY": "public_key", "CLOUDRADIAL_PRIVATE_KEY": "private_key", "CLOUDRADIAL_BASE_URL": "base_url",
		"GRADIENT_VENDOR_API_KEY": "gradient.vendor_api_key", "GRADIENT_PARTNER_API_KEY": "gradient.partner_api_key",
		"GRADIENT_BASE_URL": "gradient.base_url", "ARM_CLIENT_SECRET": "microsoft.client_secret", "ARM_CLIENT_ID": "microsoft.client_id",
		"AUTOTASK_SECRET": "autotask.secret", "CONNECTWISE_PRIVATE_KEY": "connectwise.private_key", "HALOPSA_BASE_URL": "halopsa.base_url",
	} {
		for inside, problem := range map[string]string{" ": "a space", "\n": "a line break", "\t": "a tab", "\x07": "an invisible character", "\u200b": "an invisible character"} {
			env := map[string]string{"ARM_CLIENT_ID": "id", "ARM_CLIENT_SECRET": "secret"}
			env[name] = "abcdef" + inside + "ghijkl"
			expectRefused(t, env, "The value of "+attribute+" (environment variable "+name+") has "+problem+" inside", "Nothing was sent")
		}
		env := map[string]string{"ARM_CLIENT_ID": "id", "ARM_CLIENT_SECRET": "secret"}
		env[name] = `"abcdefghijkl"`
		expectRefused(t, env, "The value of "+attribute+" (environment variable "+name+") has quotation marks around it")
	}
	// What only the state backend uses is not our business.
	var diags diag.Diagnostics
	env := map[string]string{"ARM_CLIENT_ID": "id", "CLOUDRADIAL_MICROSOFT_CLIENT_SECRET": "secret", "ARM_OIDC_TOKEN": "a b"}
	if from(env).read(model{}, gradientModel{}, microsoftModel{}, psaBlocks{}).check(&diags); diags.HasError() {
		t.Errorf("a token that is not used is refused: %v", diags)
	}
}

func expectRefused(t *testing.T, env map[string]string, texts ...string) {
	t.Helper()
	var diags diag.Diagnostics
	from(env).read(model{}, gradientModel{}, microsoftModel{}, psaBlocks{}).check(&diags)
	if len(diags) != 1 {
		t.Errorf("%q: %v, want one error", env, diags)
		return
	}
	for _, text := range texts {
		if !strings.Contains(diags[0].Detail(), text) {
			t.Errorf("no %q in %q", text, diags[0].Detail())
		}
	}
	if strings.Contains(diags[0].Summary()+diags[0].Detail(), "abcdef") {
		t.Errorf("the value is in %q", diags[0].Detail())
	}
}

// Every client masks every secret, also those of other systems and those that are not used.
func TestEveryClientMasksEverySecret(t *testing.T) {
	t.Parallel()
	env := map[string]string{
		"CLOUDRADIAL_PUBLIC_KEY": "public-key-0123", "CLOUDRADIAL_PRIVATE_KEY": "private-key-0123",
		"GRADIENT_VENDOR_API_KEY": "vendor-key-0123", "GRADIENT_PARTNER_API_KEY": "partner-key-0123",
		"CLOUDRADIAL_MICROSOFT_CLIENT_SECRET": "our-secret-0123", "ARM_CLIENT_SECRET": "backend-secret-0123", "ARM_CLIENT_CERTIFICATE": "backend-certificate",
		"ARM_CLIENT_CERTIFICATE_PASSWORD": "backend-password", "ARM_OIDC_TOKEN": "oidc-token-0123", "SYSTEM_ACCESSTOKEN": "access-token-0123",
		"ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request-token-0123",
		"AUTOTASK_SECRET":                "autotask-secret-0123", "AUTOTASK_INTEGRATION_CODE": "autotask-code-0123", "CONNECTWISE_COMPANY": "acme",
		"CONNECTWISE_PUBLIC_KEY": "cw-public-0123", "CONNECTWISE_PRIVATE_KEY": "cw-private-0123", "CONNECTWISE_CLIENT_ID": "cw-client-0123",
		"HALOPSA_CLIENT_SECRET": "halo-secret-0123",
	}
	masker := from(env).read(model{PrivateKey: types.StringValue("block-key-0123")}, gradientModel{}, microsoftModel{}, psaBlocks{}).masker
	secrets := []string{
		"block-key-0123", base64.StdEncoding.EncodeToString([]byte("vendor-key-0123:partner-key-0123")),
		base64.StdEncoding.EncodeToString([]byte("public-key-0123:block-key-0123")),
		base64.StdEncoding.EncodeToString([]byte("acme+cw-public-0123:cw-private-0123")),
	}
	for name, secret := range env {
		if name != "CLOUDRADIAL_PUBLIC_KEY" && name != "CONNECTWISE_COMPANY" && name != "CONNECTWISE_PUBLIC_KEY" {
			secrets = append(secrets, secret)
		}
	}
	for _, secret := range secrets {
		if got := masker.Readable("it is "+secret+".", 100); strings.Contains(got, secret) {
			t.Errorf("not masked: %q", got)
		}
	}
}

func attributes(missing *tfdiag.MissingError) string {
	if missing == nil {
		return ""
	}
	var names []string
	for _, setting := range missing.Missing {
		names = append(names, setting.Attribute)
	}
	return strings.Join(names, " ")
}

func TestClaim(t *testing.T) {
	t.Parallel()
	c := newClients(settings{}, nil, "test")
	if _, ok := c.Claim("account", "x", "first"); !ok || !c.Claimed("account", "x") || c.Claimed("service", "x") {
		t.Error("the first claim is refused")
	}
	if other, ok := c.Claim("account", "x", "second"); ok || other != "first" {
		t.Errorf("the second claim gives %q, %t", other, ok)
	}
}

func TestReported(t *testing.T) {
	t.Parallel()
	c := newClients(settings{}, nil, "test")
	if c.Reported("a") || !c.Reported("a") || c.Reported("b") {
		t.Error("a reported text is not remembered, or one that was not reported is")
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }

// A system that repeats the keys of another one in its error shows none of them.
func TestErrorsShowNoKeyOfAnotherSystem(t *testing.T) {
	t.Parallel()
	secrets := map[string]string{
		"CLOUDRADIAL_PRIVATE_KEY": "private-key-0123456789", "GRADIENT_VENDOR_API_KEY": "vendor-key-0123456789", "GRADIENT_PARTNER_API_KEY": "partner-key-0123456789",
		"CLOUDRADIAL_MICROSOFT_CLIENT_SECRET": "our-secret-0123456789", "ARM_CLIENT_SECRET": "backend-secret-0123456789",
	}
	env := maps.Clone(secrets)
	env["CLOUDRADIAL_PUBLIC_KEY"], env["ARM_CLIENT_ID"] = "public", "id"
	s := from(env).read(model{}, gradientModel{}, microsoftModel{}, psaBlocks{})
	for name, secret := range secrets {
		echo := roundTripper(func(request *http.Request) (*http.Response, error) {
			body := fmt.Sprintf(`{"error":"invalid_request","message":"it is %[1]s","error_description":"it is %[1]s"}`, secret)
			return &http.Response{StatusCode: 400, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: request}, nil
		})
		var texts []string
		clients := newClients(s, newTransports(nil, echo), "test")
		gradient, err := clients.Gradient()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := gradient.Integration(t.Context()); err != nil {
			texts = append(texts, err.Error())
		}
		cloudRadial, err := clients.CloudRadial()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := cloudRadial.Companies(t.Context()); err != nil {
			texts = append(texts, err.Error())
		}
		graph, err := clients.Microsoft()
		if err != nil {
			t.Fatal(err)
		}
		if failed := graph.ReadLicenses(t.Context(), []string{"contoso.example"}, 0)["contoso.example"].Err; failed != nil {
			texts = append(texts, failed.Message)
		}
		if len(texts) != 3 {
			t.Fatalf("%d errors, want 3: %q", len(texts), texts)
		}
		for _, text := range texts {
			if strings.Contains(text, secret) || !strings.Contains(text, "it is ***") {
				t.Errorf("%s: %s", name, text)
			}
		}
	}
}
