// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

const reads = `
data "cloudradial_companies" "all" {}
data "cloudradial_gradient_accounts" "all" {}
`

func seed() sandbox.Seed {
	return sandbox.Seed{
		Companies: []sandbox.Company{{ID: 1, Name: "One"}},
		Tenants: []sandbox.Tenant{{ID: "7974253d-4007-51da-8c59-273e77aab15e", Name: "One", Domains: []string{"one.example"},
			SKUs: []sandbox.SKU{{PartNumber: "SPB", SKUID: "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46", Enabled: 3}}}},
	}
}

// TestEverythingFromTheEnvironment changes the environment, so it cannot run beside other tests.
func TestEverythingFromTheEnvironment(t *testing.T) {
	s := providertest.Start(t, seed(), sandbox.Options{})
	for name, value := range s.Env() {
		t.Setenv(name, value)
	}
	// CI sets ARM_* for the state backend, so our own names win.
	t.Setenv("CLOUDRADIAL_MICROSOFT_CLIENT_SECRET", s.Credentials().MicrosoftClientSecret)
	t.Setenv("ARM_CLIENT_SECRET", "of the state backend")
	t.Setenv("TF_APPEND_USER_AGENT", "nightly/7")
	w := providertest.NewWorkspace(t, `provider "cloudradial" {}`+reads+`
data "cloudradial_license_counts" "all" {
  tenants = { one = "one.example" }
}
output "seats" { value = data.cloudradial_license_counts.all.counts["one"]["SPB"].purchased }
`)
	w.Apply().Expect(t, 0, "seats = 3")
	agent := regexp.MustCompile(`^terraform-provider-cloudradial/test \(\w+; \w+\) terraform/\d+\.\d+\.\d+\S* go/\d\S* nightly/7$`)
	for _, r := range s.Requests() {
		if r.System != sandbox.Microsoft && !agent.MatchString(r.Header.Get("User-Agent")) {
			t.Errorf("%s %s: user agent %q", r.Method, r.Path, r.Header.Get("User-Agent"))
		}
	}
}

func TestWrongSettingsFromTheEnvironment(t *testing.T) {
	s := providertest.Start(t, seed(), sandbox.Options{})
	t.Setenv("GRADIENT_BASE_URL", "http://app.usegradient.com")
	block := providertest.BlockWith(s, map[string]string{"gradient.base_url": ""})
	providertest.NewWorkspace(t, block+reads).Run("plan").
		Expect(t, 1, "Error: Invalid address", "environment variable GRADIENT_BASE_URL", "https")
}

func TestWrongSettings(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, seed(), sandbox.Options{})
	tests := []struct{ attribute, expression, want string }{
		{"base_url", `"http://api.us.cloudradial.com"`, `base_url = "http://api.us`},
		{"base_url", `"https://api.us.cloudradial.com/?region=us"`, `base_url = "https://api.us.cloudradial.com/?region=us"`},
		{"base_url", `"https://api.us.cloudradial.com:port"`, "The value of base_url cannot be used as a base URL: is not a URL."},
		{"gradient.base_url", `"//app.usegradient.com"`, "The value of gradient.base_url cannot be used"},
		{"gradient.base_url", `"http://app.usegradient.com"`, "The value of gradient.base_url cannot be used as a base URL: must begin with https://; http is allowed only for loopback addresses."},
		{"gradient.base_url", `"https://app.usegradient.com?x=1"`, "The value of gradient.base_url cannot be used as a base URL: must not have a query."},
		{"gradient.requests_per_second", "0", "gradient.requests_per_second value must be between 1 and 100"},
		{"gradient.requests_per_second", "101", "gradient.requests_per_second value must be between 1 and 100"},
		{"microsoft.max_concurrent_tenants", "33", "microsoft.max_concurrent_tenants value must be between 1 and 32"},
		{"microsoft.environment", `"germany"`, "microsoft.environment value must be one of"},
		{"microsoft.authority_host", `"http://127.0.0.1"`, "The value of microsoft.authority_host must begin with https://"},
		{"ca_certificate_file", `"no-such-file.pem"`, `ca_certificate_file = "no-such-file.pem" The file that ca_certificate_file names cannot be read`},
	}
	for _, test := range tests {
		t.Run(test.attribute, func(t *testing.T) {
			t.Parallel()
			block := providertest.BlockWith(s, map[string]string{test.attribute: test.expression})
			out := providertest.NewWorkspace(t, block+reads).Run("plan")
			out.Expect(t, 1, test.want)
			for _, secret := range s.Secrets() {
				if strings.Contains(out.Raw, secret) {
					t.Errorf("a secret is shown:\n%s", out.Raw)
				}
			}
		})
	}
}

// TestConfigureSendsNothing plans without a refresh, so that no resource needs an upstream.
func TestConfigureSendsNothing(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, seed(), sandbox.Options{})
	w := providertest.NewWorkspace(t, providertest.Block(s)+`resource "cloudradial_gradient_integration" "this" {}`)
	w.Apply()
	s.ClearRequests()
	w.Must("plan", "-refresh=false", "-detailed-exitcode")
	if got := s.Requests(); len(got) > 0 {
		t.Errorf("configuring made requests: %v", got)
	}
}

// TestEachSystemIsOptional reads from one system while another is not configured, or not known yet.
func TestEachSystemIsOptional(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, seed(), sandbox.Options{})
	companies := `data "cloudradial_companies" "all" {}`
	noGradient := map[string]string{
		"gradient.base_url": "", "gradient.vendor_api_key": "", "gradient.partner_api_key": "", "gradient.requests_per_second": "",
	}
	providertest.NewWorkspace(t, providertest.BlockWith(s, noGradient)+companies).Must("plan")

	noGradient["gradient"] = "terraform_data.later.output"
	later := `resource "terraform_data" "later" { input = { partner_api_key = "k" } }` + "\n"
	w := providertest.NewWorkspace(t, later+providertest.BlockWith(s, noGradient)+companies)
	w.Must("plan")
	w.Write("main.tf", later+providertest.BlockWith(s, noGradient)+`data "cloudradial_gradient_accounts" "all" {}`)
	w.Run("plan").Expect(t, 1, "not known yet: gradient.vendor_api_key, gradient.partner_api_key")
}

func TestPlainHTTPOnLoopback(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, seed(), sandbox.Options{})
	plain := `"` + s.HTTPURL() + `"`
	block := providertest.BlockWith(s, map[string]string{"base_url": plain, "gradient.base_url": plain, "ca_certificate_file": ""})
	w := providertest.NewWorkspace(t, block+reads)
	w.Must("plan")

	// Without the CA file the HTTPS address is not trusted, and the message names the setting.
	w.Write("main.tf", providertest.BlockWith(s, map[string]string{"ca_certificate_file": ""})+`data "cloudradial_companies" "all" {}`)
	w.Run("plan").Expect(t, 1, "CLOUDRADIAL_CA_CERTIFICATE_FILE")
}

// TestNoSecretIsShown lets the systems send their secrets back in errors, and searches the output for them.
func TestNoSecretIsShown(t *testing.T) {
	t.Parallel()
	s := providertest.Start(t, seed(), sandbox.Options{})
	keys := s.Credentials()
	echo := keys.CloudRadialPrivateKey + " " + keys.GradientPartnerKey + " " + keys.GradientVendorKey
	s.Inject(sandbox.Fault{System: sandbox.Gradient, Status: http.StatusBadRequest, Body: `{"statusCode":400,"message":"bad token ` + echo + `"}`})
	s.Inject(sandbox.Fault{System: sandbox.CloudRadial, Status: http.StatusBadRequest, Body: "bad key " + echo})
	out := providertest.NewWorkspace(t, providertest.Block(s)+reads).Run("plan")
	out.Expect(t, 1, "bad token", "bad key")
	for _, secret := range []struct{ system, value string }{
		{"Gradient", keys.GradientPartnerKey}, {"Gradient", keys.GradientVendorKey}, {"CloudRadial", keys.CloudRadialPrivateKey},
	} {
		for _, message := range strings.Split(out.Text, "Error: ") {
			if strings.HasPrefix(message, secret.system) && strings.Contains(message, secret.value) {
				t.Errorf("a secret of %s is shown:\n%s", secret.system, message)
			}
		}
	}
}

func TestServesProtocol6(t *testing.T) {
	t.Parallel()
	server, err := providerserver.NewProtocol6WithError(provider.New("test")())()
	if err != nil {
		t.Fatal(err)
	}
	schema, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil || len(schema.Diagnostics) > 0 {
		t.Errorf("schema: %v %v", err, schema.Diagnostics)
	}
}
