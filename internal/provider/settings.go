package provider

import (
	"crypto/x509"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/microsoft"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

// setting is the value of an attribute of the provider block, or of one of its environment variables.
type setting struct {
	attribute path.Path
	env       []string
	value     string // empty when none is given
	variable  string // the environment variable that the value is from, empty for the provider block
	unknown   bool
}

func (s setting) given() bool { return s.unknown || s.value != "" }

// origin says for messages where the value is from.
func (s setting) origin() string {
	if s.variable != "" {
		return "the environment variable " + s.variable
	}
	return s.attribute.String()
}

// place returns the path of messages about the value. For a nested attribute it is the whole provider block: the CLI shows a wrong line
// for the attribute's path, and at the path of the nested object it would print the secrets next to it.
func (s setting) place() path.Path {
	if len(s.attribute.Steps()) > 1 {
		return path.Empty()
	}
	return s.attribute
}

func (s setting) missing() tfdiag.Setting {
	return tfdiag.Setting{Attribute: s.attribute.String(), Env: s.env}
}

// settings is the provider block, completed from the environment.
type settings struct {
	baseURL, publicKey, privateKey setting

	gradientBaseURL, vendorKey, partnerKey setting
	requestsPerSecond                      setting

	clientID, clientSecret, clientCertificate, clientCertificatePath, clientCertificatePassword setting
	useOIDC, oidcToken, oidcTokenFilePath, oidcRequestURL, oidcRequestToken                     setting
	useCLI, environment, authorityHost, graphEndpoint, maxConcurrentTenants                     setting

	caCertificateFile setting

	hasAzureCLI bool
}

// reader reads settings from the provider block and the environment.
type reader struct {
	getenv   func(string) string
	lookPath func(string) (string, error)
}

// text reads an attribute. An empty string counts as not given, so that a Terraform variable may default to "".
func (r reader) text(attribute path.Path, value types.String, env ...string) setting {
	s := setting{attribute: attribute, env: env, value: value.ValueString(), unknown: value.IsUnknown()}
	if s.given() {
		return s
	}
	for _, name := range env {
		if found := r.getenv(name); found != "" {
			s.value, s.variable = found, name
			break
		}
	}
	return s
}

func (r reader) number(attribute path.Path, value types.Int64, env ...string) setting {
	return r.text(attribute, asText(value, strconv.FormatInt(value.ValueInt64(), 10)), env...)
}

func (r reader) flag(attribute path.Path, value types.Bool, env ...string) setting {
	return r.text(attribute, asText(value, strconv.FormatBool(value.ValueBool())), env...)
}

func asText(value interface {
	IsNull() bool
	IsUnknown() bool
}, text string) types.String {
	switch {
	case value.IsUnknown():
		return types.StringUnknown()
	case value.IsNull():
		return types.StringNull()
	}
	return types.StringValue(text)
}

// read reads every setting.
func (r reader) read(m model, g gradientModel, ms microsoftModel) settings {
	_, noCLI := r.lookPath("az")
	root, gradient, microsoft := path.Root, path.Root("gradient").AtName, path.Root("microsoft").AtName
	return settings{
		hasAzureCLI: noCLI == nil,

		baseURL:           r.text(root("base_url"), m.BaseURL, "CLOUDRADIAL_BASE_URL"),
		publicKey:         r.text(root("public_key"), m.PublicKey, "CLOUDRADIAL_PUBLIC_KEY"),
		privateKey:        r.text(root("private_key"), m.PrivateKey, "CLOUDRADIAL_PRIVATE_KEY"),
		caCertificateFile: r.text(root("ca_certificate_file"), m.CACertificateFile, "CLOUDRADIAL_CA_CERTIFICATE_FILE"),

		gradientBaseURL:   r.text(gradient("base_url"), g.BaseURL, "GRADIENT_BASE_URL"),
		vendorKey:         r.text(gradient("vendor_api_key"), g.VendorAPIKey, "GRADIENT_VENDOR_API_KEY"),
		partnerKey:        r.text(gradient("partner_api_key"), g.PartnerAPIKey, "GRADIENT_PARTNER_API_KEY"),
		requestsPerSecond: r.number(gradient("requests_per_second"), g.RequestsPerSecond, "GRADIENT_REQUESTS_PER_SECOND"),

		clientID:                  r.text(microsoft("client_id"), ms.ClientID, arm("CLIENT_ID")...),
		clientSecret:              r.text(microsoft("client_secret"), ms.ClientSecret, arm("CLIENT_SECRET")...),
		clientCertificate:         r.text(microsoft("client_certificate"), ms.ClientCertificate, arm("CLIENT_CERTIFICATE")...),
		clientCertificatePath:     r.text(microsoft("client_certificate_path"), ms.ClientCertificatePath, arm("CLIENT_CERTIFICATE_PATH")...),
		clientCertificatePassword: r.text(microsoft("client_certificate_password"), ms.ClientCertificatePassword, arm("CLIENT_CERTIFICATE_PASSWORD")...),
		useOIDC:                   r.flag(microsoft("use_oidc"), ms.UseOIDC, arm("USE_OIDC")...),
		oidcToken:                 r.text(microsoft("oidc_token"), ms.OIDCToken, arm("OIDC_TOKEN")...),
		oidcTokenFilePath:         r.text(microsoft("oidc_token_file_path"), ms.OIDCTokenFilePath, arm("OIDC_TOKEN_FILE_PATH", "AZURE_FEDERATED_TOKEN_FILE")...),
		oidcRequestURL:            r.text(microsoft("oidc_request_url"), ms.OIDCRequestURL, arm("OIDC_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_URL")...),
		oidcRequestToken:          r.text(microsoft("oidc_request_token"), ms.OIDCRequestToken, arm("OIDC_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN")...),
		useCLI:                    r.flag(microsoft("use_cli"), ms.UseCLI, arm("USE_CLI")...),
		environment:               r.text(microsoft("environment"), ms.Environment, arm("ENVIRONMENT")...),
		authorityHost:             r.text(microsoft("authority_host"), ms.AuthorityHost, arm("ACTIVE_DIRECTORY_AUTHORITY_HOST")...),
		graphEndpoint:             r.text(microsoft("msgraph_endpoint"), ms.MSGraphEndpoint, arm("MSGRAPH_ENDPOINT")...),
		maxConcurrentTenants:      r.number(microsoft("max_concurrent_tenants"), ms.MaxConcurrentTenants),
	}
}

// arm returns the variables of a Microsoft setting. In CI, ARM_* often belong to the state backend, so our own names come first.
func arm(name string, more ...string) []string {
	return append([]string{"CLOUDRADIAL_MICROSOFT_" + name, "ARM_" + name}, more...)
}

// check validates every known value without a request, and returns the certificates to trust, or nil for the system's.
func (s settings) check(diags *diag.Diagnostics) *x509.CertPool {
	for _, address := range []setting{s.baseURL, s.gradientBaseURL, s.authorityHost, s.graphEndpoint} {
		checkBaseURL(address, diags)
	}
	for _, address := range []setting{s.authorityHost, s.graphEndpoint} {
		checkHTTPS(address, diags)
	}
	checkNumber(s.requestsPerSecond, gradient.RequestsPerSecondLimit, diags)
	checkNumber(s.maxConcurrentTenants, microsoft.ConcurrentTenantsLimit, diags)
	checkFlag(s.useOIDC, diags)
	checkFlag(s.useCLI, diags)
	checkEnvironment(s.environment, diags)
	return s.roots(diags)
}

func checkBaseURL(s setting, diags *diag.Diagnostics) {
	if s.value == "" {
		return
	}
	if err := rest.CheckBaseURL(s.value); err != nil {
		diags.AddAttributeError(s.place(), "Invalid address",
			fmt.Sprintf("The value of %s cannot be used as a base URL: %s.", s.origin(), err))
	}
}

func checkHTTPS(s setting, diags *diag.Diagnostics) {
	if strings.HasPrefix(strings.ToLower(s.value), "http://") {
		diags.AddAttributeError(s.place(), "Invalid address",
			fmt.Sprintf("The value of %s must begin with https://, because Microsoft's sign-in accepts nothing else.", s.origin()))
	}
}

func checkNumber(s setting, highest int, diags *diag.Diagnostics) {
	if s.value == "" {
		return
	}
	if n, err := strconv.Atoi(s.value); err != nil || n < 1 || n > highest {
		diags.AddAttributeError(s.place(), "Number out of range",
			fmt.Sprintf("The value of %s must be a whole number from 1 to %d, not %q.", s.origin(), highest, s.value))
	}
}

func checkFlag(s setting, diags *diag.Diagnostics) {
	if s.value == "" {
		return
	}
	if _, err := strconv.ParseBool(s.value); err != nil {
		diags.AddAttributeError(s.place(), "Invalid boolean",
			fmt.Sprintf("The value of %s must be true or false, not %q.", s.origin(), s.value))
	}
}

func checkEnvironment(s setting, diags *diag.Diagnostics) {
	if s.value == "" || slices.Contains(microsoft.Environments, strings.ToLower(s.value)) {
		return
	}
	diags.AddAttributeError(s.place(), "Unknown Microsoft cloud",
		fmt.Sprintf("The value of %s must be one of %s, not %q.", s.origin(), strings.Join(microsoft.Environments, ", "), s.value))
}

// roots returns the system's certificates and those of the CA file, or nil when no file is given.
func (s settings) roots(diags *diag.Diagnostics) *x509.CertPool {
	file := s.caCertificateFile
	if file.value == "" {
		return nil
	}
	pem, err := os.ReadFile(file.value)
	if err != nil {
		diags.AddAttributeError(file.place(), "CA certificate file cannot be read",
			fmt.Sprintf("The file that %s names cannot be read: %s.", file.origin(), err))
		return nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool() // not every system has a pool
	}
	if !pool.AppendCertsFromPEM(pem) {
		diags.AddAttributeError(file.place(), "CA certificate file without a certificate",
			fmt.Sprintf("The file that %s names, %s, has no certificate in PEM format (-----BEGIN CERTIFICATE-----).", file.origin(), file.value))
	}
	return pool
}
