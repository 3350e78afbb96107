// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"maps"
	"math/big"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
)

// Each value of the environment is valid or an error at its setting, and no message shows a secret.
func FuzzSettings(f *testing.F) {
	f.Add("https://api.example", "https://login.example", "https://graph.example", "20", "true", "public")
	f.Add("http://localhost:1/x", "http://localhost:1", "https://h/path", "0", "T", "CHINA")
	f.Add("https://u:pass@h", "//h", "https://h:", "1e2", "yes", "mars")
	f.Add("https://h/%zz", "https://[::1%25en0]", "HTTPS://H", "9223372036854775808", "0", "İ")
	f.Add("https://h?", "\x00", "https://h#", "+5", "\xff", " public")
	f.Add("", "", "", "٣", "1_0", "dod")
	const secret = "s3cret-of-the-keys"
	f.Fuzz(func(t *testing.T, base, authority, graph, number, flag, environment string) {
		s := from(map[string]string{
			"CLOUDRADIAL_BASE_URL": base, "GRADIENT_BASE_URL": base, "GRADIENT_REQUESTS_PER_SECOND": number,
			"CLOUDRADIAL_PUBLIC_KEY": "pub", "CLOUDRADIAL_PRIVATE_KEY": secret, "GRADIENT_VENDOR_API_KEY": secret, "GRADIENT_PARTNER_API_KEY": secret,
			"ARM_CLIENT_ID": "id", "ARM_CLIENT_SECRET": secret, "ARM_USE_CLI": flag, "ARM_ENVIRONMENT": environment,
			"ARM_ACTIVE_DIRECTORY_AUTHORITY_HOST": authority, "ARM_MSGRAPH_ENDPOINT": graph,
		}).read(model{}, gradientModel{}, microsoftModel{}, psaBlocks{})
		var diags diag.Diagnostics
		s.check(&diags)
		var said []string
		for _, d := range diags {
			said = append(said, d.Summary(), d.Detail())
		}
		if !diags.HasError() {
			said = append(said, makeAll(t, s, authority, graph)...)
		}
		for _, text := range said {
			if strings.Contains(text, secret) || strings.Contains(base, ":pass@") && strings.Contains(text, base) {
				t.Errorf("%q shows a secret", text)
			}
		}
	})
}

// makeAll makes every client from valid settings, and returns the errors of those that cannot be made.
func makeAll(t *testing.T, s settings, authority, graph string) (said []string) {
	t.Helper()
	if n := s.requestsPerSecond.number(); s.requestsPerSecond.value != "" && (n < 1 || n > gradient.RequestsPerSecondLimit) {
		t.Errorf("%d requests per second", n)
	}
	clients := newClients(s, nil, "test")
	if _, err := clients.Gradient(); err != nil {
		t.Errorf("valid settings make no client: %v", err)
	}
	if _, err := clients.CloudRadial(); err != nil {
		t.Errorf("valid settings make no client: %v", err)
	}
	if _, err := clients.Microsoft(); err != nil {
		said = append(said, err.Error())
		for _, raw := range []string{authority, graph} {
			if address, parseErr := url.Parse(raw); parseErr == nil && address.Host != "" && strings.Trim(address.Path, "/") != "" {
				return said // only the client checks for a path
			}
		}
		t.Errorf("valid settings make no client: %v", err)
	}
	return said
}

// Each resource parses every import id completely, or returns an error.
func FuzzImportIDs(f *testing.F) {
	server, types := configured(f)
	for _, id := range []string{
		"", "42", "42/contoso", "0/Phone", "-1", "-1/contoso", "+7/x", "007", "9223372036854775808", "1e3", "42/", "/", "42/a/b", "42/..", "42/.", "a\x00b", "42/é", "42/\u202e",
		"\xff", " 42", "42\n", "٤٢", "0x2a", "Microsoft 365 Business Premium", "tf-abcdefghijklmnopqrstuvwxyz",
	} {
		for i := range len(types) {
			f.Add(byte(i), id)
		}
	}
	names := slices.Sorted(maps.Keys(types))
	account := regexp.MustCompile(`^[A-Za-z0-9._-]+$`)
	f.Fuzz(func(t *testing.T, which byte, id string) {
		name := names[int(which)%len(names)]
		response, err := server.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{TypeName: name, ID: id})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range response.Diagnostics {
			if d.Severity == tfprotov6.DiagnosticSeverityError {
				if d.Summary == "" || d.Detail == "" {
					t.Errorf("%s %q: %+v", name, id, d)
				}
				return
			}
		}
		if len(response.ImportedResources) != 1 {
			t.Fatalf("%s %q makes %d resources", name, id, len(response.ImportedResources))
		}
		state, err := response.ImportedResources[0].State.Unmarshal(types[name])
		if err != nil {
			t.Fatalf("%s %q: %v", name, id, err)
		}
		values := map[string]tftypes.Value{}
		if err := state.As(&values); err != nil {
			t.Fatal(err)
		}
		switch name {
		case "cloudradial_company_mapping":
			company, accountID := wholeNumber(t, values["company_id"]), text(t, values["account_id"])
			if company <= 0 || !account.MatchString(accountID) || !strings.HasSuffix(id, accountID) {
				t.Errorf("%q is company %d and account %q", id, company, accountID)
			}
		case "cloudradial_company_token":
			company, token := wholeNumber(t, values["company_id"]), text(t, values["name"])
			if company < 0 || token == "" || !strings.HasSuffix(id, "/"+token) {
				t.Errorf("%q is company %d and token %q", id, company, token)
			}
		case "cloudradial_license_mapping":
			if service := text(t, values["service"]); service != id {
				t.Errorf("%q is the service %q", id, service)
			}
		}
	})
}

// configured returns a provider without any key, and the types of its resources.
func configured(f *testing.F) (tfprotov6.ProviderServer, map[string]tftypes.Type) {
	f.Helper()
	for _, names := range variables {
		for _, name := range names {
			f.Setenv(name, "")
		}
	}
	server, err := providerserver.NewProtocol6WithError(New("test")())()
	if err != nil {
		f.Fatal(err)
	}
	schemas, err := server.GetProviderSchema(context.Background(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		f.Fatal(err)
	}
	block := schemas.Provider.ValueType()
	config, err := tfprotov6.NewDynamicValue(block, tftypes.NewValue(block, nothingOf(block)))
	if err != nil {
		f.Fatal(err)
	}
	response, err := server.ConfigureProvider(context.Background(), &tfprotov6.ConfigureProviderRequest{Config: &config})
	if err != nil || len(response.Diagnostics) > 0 {
		f.Fatal(err, response)
	}
	types := map[string]tftypes.Type{}
	for name, schema := range schemas.ResourceSchemas {
		types[name] = schema.ValueType()
	}
	return server, types
}

// nothingOf returns a block in which nothing is set.
func nothingOf(block tftypes.Type) map[string]tftypes.Value {
	values := map[string]tftypes.Value{}
	for name, attribute := range block.(tftypes.Object).AttributeTypes {
		values[name] = tftypes.NewValue(attribute, nil)
	}
	return values
}

func wholeNumber(t *testing.T, value tftypes.Value) int64 {
	t.Helper()
	var number big.Float
	if err := value.As(&number); err != nil {
		t.Fatal(err)
	}
	n, _ := number.Int64()
	return n
}

func text(t *testing.T, value tftypes.Value) string {
	t.Helper()
	var text string
	if err := value.As(&text); err != nil {
		t.Fatal(err)
	}
	return text
}
