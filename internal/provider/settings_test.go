package provider

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

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
	for _, f := range []setting{
		s.baseURL, s.publicKey, s.privateKey, s.gradientBaseURL, s.vendorKey, s.partnerKey, s.requestsPerSecond, s.clientID,
		s.clientSecret, s.clientCertificate, s.clientCertificatePath, s.clientCertificatePassword, s.useOIDC, s.oidcToken,
		s.oidcTokenFilePath, s.oidcRequestURL, s.oidcRequestToken, s.useCLI, s.environment, s.authorityHost, s.graphEndpoint,
		s.maxConcurrentTenants, s.caCertificateFile,
	} {
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
	"microsoft.oidc_request_url":            {"CLOUDRADIAL_MICROSOFT_OIDC_REQUEST_URL", "ARM_OIDC_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_URL"},
	"microsoft.oidc_request_token":          {"CLOUDRADIAL_MICROSOFT_OIDC_REQUEST_TOKEN", "ARM_OIDC_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"},
	"microsoft.use_cli":                     {"CLOUDRADIAL_MICROSOFT_USE_CLI", "ARM_USE_CLI"},
	"microsoft.environment":                 {"CLOUDRADIAL_MICROSOFT_ENVIRONMENT", "ARM_ENVIRONMENT"},
	"microsoft.authority_host":              {"CLOUDRADIAL_MICROSOFT_ACTIVE_DIRECTORY_AUTHORITY_HOST", "ARM_ACTIVE_DIRECTORY_AUTHORITY_HOST"},
	"microsoft.msgraph_endpoint":            {"CLOUDRADIAL_MICROSOFT_MSGRAPH_ENDPOINT", "ARM_MSGRAPH_ENDPOINT"},
	"microsoft.max_concurrent_tenants":      nil,
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
			got := fields(from(env).read(model{}, gradientModel{}, microsoftModel{}))[attribute]
			if got.value != "from "+name || got.variable != name {
				t.Errorf("%s is %q from %q, want %q", attribute, got.value, got.variable, "from "+name)
			}
		}
		if got := fields(from(nil).read(model{}, gradientModel{}, microsoftModel{}))[attribute]; got.given() || !slices.Equal(got.env, names) {
			t.Errorf("%s falls back to %q, want %q", attribute, got.env, names)
		}
	}
}

func TestTheBlockWinsOverTheEnvironment(t *testing.T) {
	t.Parallel()
	env := from(map[string]string{"CLOUDRADIAL_PUBLIC_KEY": "env", "CLOUDRADIAL_PRIVATE_KEY": "env", "GRADIENT_REQUESTS_PER_SECOND": "7", "ARM_USE_OIDC": "true"})
	got := env.read(
		model{PublicKey: types.StringValue("block"), PrivateKey: types.StringValue("")},
		gradientModel{RequestsPerSecond: types.Int64Value(9)}, microsoftModel{UseOIDC: types.BoolValue(false)})
	if got.publicKey.value != "block" || got.requestsPerSecond.number() != 9 || got.useOIDC.flag(true) {
		t.Errorf("the environment won: %+v", got)
	}
	if got.privateKey.value != "env" {
		t.Errorf("an empty string in the block is %q, want the environment's", got.privateKey.value)
	}
	unknown := env.read(model{PublicKey: types.StringUnknown()}, unknownGradient(), unknownMicrosoft())
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
		{map[string]string{"GRADIENT_BASE_URL": "https://exa mple"}, "gradient.base_url", "base URL"},
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
		from(test.env).read(model{}, gradientModel{}, microsoftModel{}).check(&diags)
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
	if from(good).read(model{}, gradientModel{}, microsoftModel{}).check(&diags); diags.HasError() {
		t.Errorf("good values are refused: %v", diags)
	}
}

// TestClientsNeedWhatTheyUse also checks that each client is made once.
func TestClientsNeedWhatTheyUse(t *testing.T) {
	t.Parallel()
	gradientKeys := map[string]string{"GRADIENT_VENDOR_API_KEY": "v", "GRADIENT_PARTNER_API_KEY": "p"}
	none := from(nil).read(model{}, gradientModel{}, microsoftModel{})
	for name, ask := range map[string]func(*Clients) error{
		"gradient.vendor_api_key gradient.partner_api_key": func(c *Clients) error { _, err := c.Gradient(); return err },
		"public_key private_key":                           func(c *Clients) error { _, err := c.CloudRadial(); return err },
	} {
		var missing *tfdiag.MissingError
		if err := ask(newClients(none, nil, "test")); !errors.As(err, &missing) || attributes(missing) != name {
			t.Errorf("without settings: %v, want %s to be missing", err, name)
		}
	}

	c := newClients(from(gradientKeys).read(model{}, gradientModel{}, microsoftModel{}), nil, "test")
	one, err := c.Gradient()
	if err != nil {
		t.Fatal(err)
	}
	if two, _ := c.Gradient(); one != two {
		t.Error("a second client was made")
	}

	unknown := from(gradientKeys).read(model{CACertificateFile: types.StringUnknown()}, gradientModel{}, microsoftModel{})
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
		s := r.read(model{}, gradientModel{}, microsoftModel{})
		err := checkGiven("Microsoft Graph", s.requiredToSignIn(), nil)
		var missing *tfdiag.MissingError
		if errors.As(err, &missing); attributes(missing) != test.missing {
			t.Errorf("%s: %q is missing, want %q", test.name, attributes(missing), test.missing)
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
