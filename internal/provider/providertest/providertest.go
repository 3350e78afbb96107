// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Package providertest starts the provider against the sandbox, for the acceptance tests of every package.
package providertest

import (
	"cmp"
	"encoding/binary"
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
	"unicode/utf16"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cli"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// Factories returns the ProtoV6ProviderFactories of a test case. It skips the test where there is no CLI, see [CLI].
func Factories(t testing.TB) map[string]func() (tfprotov6.ProviderServer, error) {
	t.Helper()
	CLI(t)
	return map[string]func() (tfprotov6.ProviderServer, error){
		"cloudradial": func() (tfprotov6.ProviderServer, error) { return provider.NewServer("test")(), nil },
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
	t.Cleanup(func() {
		server.Close()
		if written := server.Violations(); len(written) > 0 {
			t.Errorf("the provider only reads a PSA, and sent %q", written)
		}
	})
	return server
}

// Block returns a provider block with every setting that the sandbox needs.
func Block(s *sandbox.Server) string { return BlockWith(s, nil) }

// BlockWith is [Block] with changes: attribute (gradient.partner_api_key) → HCL expression. An empty expression leaves the attribute
// out.
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

// PSA returns the changes of [BlockWith] that add the settings of a PSA, one of [psa.Names].
func PSA(s *sandbox.Server, name string) map[string]string {
	changes := map[string]string{}
	for variable, value := range s.PSAEnv(name) {
		attribute := strings.TrimPrefix(variable, strings.ToUpper(name)+"_")
		changes[name+"."+strings.ToLower(attribute)] = strconv.Quote(value)
	}
	return changes
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

// prepare runs once in a process, before the first CLI starts: it removes the credentials of whoever runs the tests from the
// environment, and settles which CLI the tests run.
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
	if path, err := cli.Find(); err == nil {
		set(cli.PathVariable, path) // without it the test framework would download a CLI
	}
	if strings.HasPrefix(filepath.Base(os.Getenv(cli.PathVariable)), "tofu") {
		set("TF_ACC_PROVIDER_HOST", "registry.opentofu.org")
	}
})

// CLI returns the path of the Terraform or OpenTofu that the tests run. Where there is none it skips the test and says so; with
// TF_ACC set, as `make test` and CI do, that fails the test instead.
func CLI(t testing.TB) string {
	t.Helper()
	prepare()
	path, err := cli.Find()
	switch {
	case err == nil:
		return path
	case os.Getenv("TF_ACC") != "":
		t.Fatal(err)
	}
	t.Skip(err)
	return ""
}

// isOurs reports whether the provider reads the environment variable: real keys must never reach a test.
func isOurs(name string) bool {
	for _, prefix := range []string{"CLOUDRADIAL_", "GRADIENT_", "ARM_", "AUTOTASK_", "CONNECTWISE_", "HALOPSA_"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return slices.Contains([]string{
		"ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
		"AZURE_FEDERATED_TOKEN_FILE", "TF_APPEND_USER_AGENT",
	}, name)
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

// never is the minor version of a CLI that will not have a feature.
const never = 1000

// RequireTerraform skips the test unless the CLI is Terraform 1.<minor> or newer, for what OpenTofu does not have.
func RequireTerraform(t testing.TB, minor int, what string) {
	t.Helper()
	RequireCLI(t, minor, never, what)
}

// RequireCLI skips the test unless the CLI is at least Terraform 1.<terraform> or OpenTofu 1.<tofu>, the first ones that have what the test
// needs. `make test-clis` counts these skips by the words "needs another CLI", and fails when there are too many.
func RequireCLI(t testing.TB, terraform, tofu int, what string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), CLI(t), "version")
	cmd.Env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+os.DevNull) // a warning about the user's file would stand before the version
	text, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	var minor int
	oldest := terraform
	if _, err := fmt.Sscanf(first, "Terraform v1.%d.", &minor); err != nil {
		oldest = tofu
		if _, err := fmt.Sscanf(first, "OpenTofu v1.%d.", &minor); err != nil {
			t.Fatalf("the CLI tells no version: %q", first)
		}
	}
	if minor < oldest {
		t.Skipf("needs another CLI: %s has no %s", first, what)
	}
}

// UTF16 returns a text as a spreadsheet saves it as "Unicode text": UTF-16 with a byte-order mark.
func UTF16(text string) string {
	saved := []byte{0xff, 0xfe}
	for _, unit := range utf16.Encode([]rune(text)) {
		saved = binary.LittleEndian.AppendUint16(saved, unit)
	}
	return string(saved)
}
