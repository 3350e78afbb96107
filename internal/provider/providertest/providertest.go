// Package providertest starts the provider against the sandbox, for the acceptance tests of every room.
package providertest

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// Factories is the ProtoV6ProviderFactories of a test case. It also settles which CLI the tests run, and takes the
// credentials of whoever runs them out of the environment.
func Factories() map[string]func() (tfprotov6.ProviderServer, error) {
	prepare()
	return map[string]func() (tfprotov6.ProviderServer, error){
		"cloudradial": providerserver.NewProtocol6WithError(provider.New("test")()),
	}
}

// Start starts a sandbox that ends with the test.
func Start(t testing.TB, seed sandbox.Seed, options sandbox.Options) *sandbox.Server {
	t.Helper()
	prepare()
	server, err := sandbox.New(seed, options)
	if err != nil {
		t.Fatalf("sandbox: %s", err)
	}
	t.Cleanup(server.Close)
	return server
}

// Block is a provider block with every setting that the sandbox needs.
func Block(s *sandbox.Server) string { return BlockWith(s, nil) }

// BlockWith is Block with other values: attribute (gradient.partner_api_key) → HCL expression. An empty expression
// leaves the attribute out.
func BlockWith(s *sandbox.Server, changes map[string]string) string {
	values := expressions(s)
	maps.Copy(values, changes)
	nested := map[string]map[string]string{}
	var text strings.Builder
	text.WriteString("provider \"cloudradial\" {\n")
	for _, attribute := range slices.Sorted(maps.Keys(values)) {
		expression := values[attribute]
		if expression == "" {
			continue
		}
		block, name, isNested := strings.Cut(attribute, ".")
		if !isNested {
			fmt.Fprintf(&text, "  %s = %s\n", attribute, expression)
			continue
		}
		if nested[block] == nil {
			nested[block] = map[string]string{}
		}
		nested[block][name] = expression
	}
	for _, block := range slices.Sorted(maps.Keys(nested)) {
		fmt.Fprintf(&text, "  %s = {\n", block)
		for _, name := range slices.Sorted(maps.Keys(nested[block])) {
			fmt.Fprintf(&text, "    %s = %s\n", name, nested[block][name])
		}
		text.WriteString("  }\n")
	}
	text.WriteString("}\n")
	return text.String()
}

func expressions(s *sandbox.Server) map[string]string {
	env, keys := s.Env(), s.Credentials()
	quoted := map[string]string{
		"base_url":                   env["CLOUDRADIAL_BASE_URL"],
		"public_key":                 keys.CloudRadialPublicKey,
		"private_key":                keys.CloudRadialPrivateKey,
		"ca_certificate_file":        s.CAFile(),
		"gradient.base_url":          env["GRADIENT_BASE_URL"],
		"gradient.vendor_api_key":    keys.GradientVendorKey,
		"gradient.partner_api_key":   keys.GradientPartnerKey,
		"microsoft.client_id":        keys.MicrosoftClientID,
		"microsoft.client_secret":    keys.MicrosoftClientSecret,
		"microsoft.authority_host":   microsoftEnv(env, "ACTIVE_DIRECTORY_AUTHORITY_HOST"),
		"microsoft.msgraph_endpoint": microsoftEnv(env, "MSGRAPH_ENDPOINT"),
	}
	values := map[string]string{"gradient.requests_per_second": "100"}
	for attribute, value := range quoted {
		values[attribute] = strconv.Quote(value)
	}
	return values
}

func microsoftEnv(env map[string]string, name string) string {
	return cmp.Or(env["CLOUDRADIAL_MICROSOFT_"+name], env["ARM_"+name])
}

// prepare runs once a process, before the first CLI starts.
var prepare = sync.OnceFunc(func() {
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if isOurs(name) {
			unset(name)
		}
	}
	set("CHECKPOINT_DISABLE", "1")
	if os.Getenv("TF_LOG") == "" {
		set("TF_LOG_SDK_FRAMEWORK", "off") // as main does, or large estates take minutes
	}
	set("TF_ACC_TERRAFORM_PATH", cli())
	if strings.HasPrefix(filepath.Base(os.Getenv("TF_ACC_TERRAFORM_PATH")), "tofu") {
		set("TF_ACC_PROVIDER_HOST", "registry.opentofu.org")
	}
})

// isOurs reports whether the provider reads the environment variable: real keys must never reach a test.
func isOurs(name string) bool {
	for _, prefix := range []string{"CLOUDRADIAL_", "GRADIENT_", "ARM_"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return slices.Contains([]string{
		"ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
		"AZURE_FEDERATED_TOKEN_FILE", "TF_APPEND_USER_AGENT",
	}, name)
}

// cli is the CLI of the tests. Without TF_ACC_TERRAFORM_PATH the test framework would download one.
func cli() string {
	if path := os.Getenv("TF_ACC_TERRAFORM_PATH"); path != "" {
		return path
	}
	for _, name := range []string{"terraform", "tofu"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	panic("neither terraform nor tofu is on the PATH: run make test, which installs one, or set TF_ACC_TERRAFORM_PATH")
}

func set(name, value string) {
	if err := os.Setenv(name, value); err != nil {
		panic(err)
	}
}

func unset(name string) {
	if err := os.Unsetenv(name); err != nil {
		panic(err)
	}
}
