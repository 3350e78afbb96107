// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"crypto/x509"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cloudradial"
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
	spaced    bool // there was white space around the value
}

func (s setting) given() bool { return s.unknown || s.value != "" }

// level says who gave the value of a setting. What stands first counts.
type level int

const (
	inBlock    level = iota // the provider block
	inOwn                   // a variable that only this provider reads
	inShared                // ARM_*, which in CI often belongs to the state backend
	inPlatform              // what GitHub, Azure DevOps or AKS puts into every job
	notGiven
)

// ownPrefixes begin the variables that only this provider reads.
var ownPrefixes = []string{"CLOUDRADIAL_", "GRADIENT_", "AUTOTASK_", "CONNECTWISE_", "HALOPSA_"}

func (s setting) level() level {
	switch {
	case !s.given():
		return notGiven
	case s.variable == "":
		return inBlock
	case slices.ContainsFunc(ownPrefixes, func(own string) bool { return strings.HasPrefix(s.variable, own) }):
		return inOwn
	case strings.HasPrefix(s.variable, "ARM_"):
		return inShared
	}
	return inPlatform
}

// name is what messages call the setting: its attribute, and the environment variable that the value is from.
func (s setting) name() string {
	if s.variable != "" {
		return s.attribute.String() + " (environment variable " + s.variable + ")"
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
	adoServiceConnection, useAKS, aksClientID, useMSI, msiClientID                              setting
	useCLI, environment, authorityHost, graphEndpoint, maxConcurrentTenants                     setting

	caCertificateFile setting

	psa psaSettings

	hasAzureCLI bool
	secrets     []string     // of the block and of the environment, also of settings that are not used
	masker      *rest.Masker // of the secrets
}

// reader reads settings from the provider block and the environment.
type reader struct {
	getenv   func(string) string
	lookPath func(string) (string, error)
}

// text reads an attribute, without the white space around the value, which files and CI systems add. An empty string counts as not given,
// so that a Terraform variable may default to "".
func (r reader) text(attribute path.Path, value types.String, env ...string) setting {
	return r.value(attribute, value, trimmed, env)
}

// password reads an attribute of which only line breaks are removed, because a password may begin or end with a space.
func (r reader) password(attribute path.Path, value types.String, env ...string) setting {
	return r.value(attribute, value, func(text string) string { return strings.Trim(text, "\r\n\ufeff") }, env)
}

func (r reader) value(attribute path.Path, value types.String, trim func(string) string, env []string) setting {
	given := value.ValueString()
	s := setting{attribute: attribute, env: env, value: trim(given), unknown: value.IsUnknown()}
	if s.given() {
		s.spaced = s.value != given
		return s
	}
	for _, name := range env {
		given := r.getenv(name)
		if found := trim(given); found != "" {
			s.value, s.variable, s.spaced = found, name, found != given
			break
		}
	}
	return s
}

// trimmedNames names the settings that were given with white space around them.
func (s settings) trimmedNames() []string {
	var names []string
	for _, given := range append([]setting{s.gradientBaseURL, s.vendorKey, s.partnerKey, s.baseURL, s.publicKey, s.privateKey, s.caCertificateFile},
		append(s.ofMicrosoft(), s.psa.all()...)...) {
		if given.spaced {
			names = append(names, given.name())
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// trimmed returns text without white space, control and invisible characters at its ends. A byte-order mark is one of them.
func trimmed(text string) string { return strings.TrimFunc(text, isBlank) }

func isBlank(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
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
func (r reader) read(m model, g gradientModel, ms microsoftModel, psas psaBlocks) settings {
	_, noCLI := r.lookPath("az")
	root, gradient, microsoft := path.Root, path.Root("gradient").AtName, path.Root("microsoft").AtName
	s := settings{
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
		clientCertificatePassword: r.password(microsoft("client_certificate_password"), ms.ClientCertificatePassword, arm("CLIENT_CERTIFICATE_PASSWORD")...),
		useOIDC:                   r.flag(microsoft("use_oidc"), ms.UseOIDC, arm("USE_OIDC")...),
		oidcToken:                 r.text(microsoft("oidc_token"), ms.OIDCToken, arm("OIDC_TOKEN")...),
		oidcTokenFilePath:         r.text(microsoft("oidc_token_file_path"), ms.OIDCTokenFilePath, arm("OIDC_TOKEN_FILE_PATH", "AZURE_FEDERATED_TOKEN_FILE")...),
		oidcRequestURL:            r.text(microsoft("oidc_request_url"), ms.OIDCRequestURL, oidcRequestURLVariables...),
		oidcRequestToken:          r.text(microsoft("oidc_request_token"), ms.OIDCRequestToken, oidcRequestTokenVariables...),
		adoServiceConnection:      r.text(microsoft("ado_pipeline_service_connection_id"), ms.ADOPipelineServiceConnectionID, adoVariables...),
		useAKS:                    r.flag(microsoft("use_aks_workload_identity"), ms.UseAKSWorkloadIdentity, arm("USE_AKS_WORKLOAD_IDENTITY")...),
		aksClientID:               r.text(microsoft("client_id"), types.StringNull(), "AZURE_CLIENT_ID"),
		useMSI:                    r.flag(microsoft("use_msi"), ms.UseMSI, arm("USE_MSI")...),
		msiClientID:               r.text(microsoft("msi_client_id"), ms.MSIClientID, "CLOUDRADIAL_MICROSOFT_MSI_CLIENT_ID"),
		useCLI:                    r.flag(microsoft("use_cli"), ms.UseCLI, arm("USE_CLI")...),
		environment:               r.text(microsoft("environment"), ms.Environment, arm("ENVIRONMENT")...),
		authorityHost:             r.text(microsoft("authority_host"), ms.AuthorityHost, arm("ACTIVE_DIRECTORY_AUTHORITY_HOST")...),
		graphEndpoint:             r.text(microsoft("msgraph_endpoint"), ms.MSGraphEndpoint, arm("MSGRAPH_ENDPOINT")...),
		maxConcurrentTenants:      r.number(microsoft("max_concurrent_tenants"), ms.MaxConcurrentTenants),
	}
	s.psa = r.readPSA(psas)
	s.secrets = r.secretsOf(s)
	s.masker = rest.NewMasker(s.secrets)
	return s
}

// arm returns the variables of a Microsoft setting. In CI, ARM_* often belong to the state backend, so our own names come first.
func arm(name string, more ...string) []string {
	return append([]string{"CLOUDRADIAL_MICROSOFT_" + name, "ARM_" + name}, more...)
}

// The variables of the OIDC settings, with those of GitHub Actions and of Azure DevOps last (microsoft.md §3.3).
var (
	oidcRequestURLVariables   = arm("OIDC_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_URL", azureDevOpsURL)
	oidcRequestTokenVariables = arm("OIDC_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "SYSTEM_ACCESSTOKEN")
	adoVariables              = arm("ADO_PIPELINE_SERVICE_CONNECTION_ID", "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID")
)

// azureDevOpsURL is where an agent of Azure DevOps gives out tokens.
const azureDevOpsURL = "SYSTEM_OIDCREQUESTURI"

// secretsOf returns every secret of the provider block and of the environment, also of settings that are not used, because the Azure
// CLI and the upstreams may repeat them.
func (r reader) secretsOf(s settings) []string {
	var secrets []string
	for _, secret := range append([]setting{s.privateKey, s.vendorKey, s.partnerKey, s.clientSecret, s.clientCertificate, s.clientCertificatePassword,
		s.oidcToken, s.oidcRequestToken}, s.psa.secrets()...) {
		secrets = append(secrets, secret.value)
		for _, name := range secret.env {
			secrets = append(secrets, trimmed(r.getenv(name)))
		}
	}
	if s.vendorKey.value != "" && s.partnerKey.value != "" {
		secrets = append(secrets, gradient.Credentials(s.vendorKey.value, s.partnerKey.value)...)
	}
	if s.publicKey.value != "" && s.privateKey.value != "" {
		secrets = append(secrets, cloudradial.Credentials(s.publicKey.value, s.privateKey.value)...)
	}
	secrets = append(secrets, s.psa.credentials()...)
	slices.Sort(secrets)
	return slices.DeleteFunc(slices.Compact(secrets), func(secret string) bool { return secret == "" })
}

// check validates every known value without a request, and returns the certificates to trust, or nil for the system's.
func (s settings) check(diags *diag.Diagnostics) *x509.CertPool {
	for _, key := range []setting{s.publicKey, s.privateKey, s.vendorKey, s.partnerKey} {
		checkWhole(key, diags)
	}
	for _, address := range []setting{s.baseURL, s.gradientBaseURL, s.authorityHost, s.graphEndpoint} {
		if checkWhole(address, diags) {
			checkBaseURL(address, diags)
		}
	}
	for _, address := range []setting{s.authorityHost, s.graphEndpoint} {
		checkHTTPS(address, diags)
	}
	if way, err := s.chooseSignIn(); err == nil { // what the state backend has set and we do not use is not checked
		for _, key := range way.keys {
			checkWhole(key, diags)
		}
	}
	checkNumber(s.requestsPerSecond, gradient.RequestsPerSecondLimit, diags)
	checkNumber(s.maxConcurrentTenants, microsoft.ConcurrentTenantsLimit, diags)
	for _, flag := range []setting{s.useOIDC, s.useAKS, s.useMSI, s.useCLI} {
		checkFlag(flag, diags)
	}
	checkEnvironment(s.environment, diags)
	s.psa.check(diags)
	return s.roots(diags)
}

// checkWhole refuses a key or an address with white space inside or quotation marks around it: it was copied wrong, and the upstream would
// only say that it is invalid. It never shows the value. It reports whether there is nothing to refuse.
func checkWhole(s setting, diags *diag.Diagnostics) bool {
	problem := ""
	if at := strings.IndexFunc(s.value, isBlank); at >= 0 {
		problem = "has " + describeBlank(s.value[at:]) + " inside. A key or an address has none; what was around the value is already removed. " +
			"Copy it again, on one line"
	} else if n := len(s.value); n > 1 && s.value[0] == s.value[n-1] && strings.ContainsAny(s.value[:1], "\"'`") {
		problem = "has quotation marks around it, which became a part of the value. Remove them"
	}
	if problem == "" {
		return true
	}
	diags.AddAttributeError(s.place(), "Value with white space or quotation marks",
		fmt.Sprintf("The value of %s %s. Nothing was sent.", s.name(), problem))
	return false
}

func describeBlank(text string) string {
	switch r := []rune(text)[0]; {
	case r == '\n' || r == '\r':
		return "a line break"
	case r == '\t':
		return "a tab"
	case unicode.IsSpace(r):
		return "a space"
	}
	return "an invisible character"
}

func checkBaseURL(s setting, diags *diag.Diagnostics) {
	if s.value == "" {
		return
	}
	if err := rest.CheckBaseURL(s.value); err != nil {
		diags.AddAttributeError(s.place(), "Invalid address",
			fmt.Sprintf("The value of %s cannot be used as a base URL: %s.", s.name(), err))
	}
}

func checkHTTPS(s setting, diags *diag.Diagnostics) {
	if strings.HasPrefix(strings.ToLower(s.value), "http://") {
		diags.AddAttributeError(s.place(), "Invalid address",
			fmt.Sprintf("The value of %s must begin with https://, because Microsoft's sign-in accepts nothing else.", s.name()))
	}
}

func checkNumber(s setting, highest int, diags *diag.Diagnostics) {
	if s.value == "" {
		return
	}
	if n, err := strconv.Atoi(s.value); err != nil || n < 1 || n > highest {
		diags.AddAttributeError(s.place(), "Number out of range",
			fmt.Sprintf("The value of %s must be a whole number from 1 to %d, not %q.", s.name(), highest, s.value))
	}
}

func checkFlag(s setting, diags *diag.Diagnostics) {
	if s.value == "" {
		return
	}
	if _, err := strconv.ParseBool(s.value); err != nil {
		diags.AddAttributeError(s.place(), "Invalid boolean",
			fmt.Sprintf("The value of %s must be true or false, not %q.", s.name(), s.value))
	}
}

func checkEnvironment(s setting, diags *diag.Diagnostics) {
	if s.value == "" || slices.Contains(microsoft.Environments, strings.ToLower(s.value)) {
		return
	}
	diags.AddAttributeError(s.place(), "Unknown Microsoft cloud",
		fmt.Sprintf("The value of %s must be one of %s, not %q.", s.name(), strings.Join(microsoft.Environments, ", "), s.value))
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
			fmt.Sprintf("The file that %s names cannot be read: %s.", file.name(), err))
		return nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool() // not every system has a pool
	}
	if !pool.AppendCertsFromPEM(pem) {
		diags.AddAttributeError(file.place(), "CA certificate file without a certificate",
			fmt.Sprintf("The file that %s names, %s, has no certificate in PEM format (-----BEGIN CERTIFICATE-----).", file.name(), file.value))
	}
	return pool
}
