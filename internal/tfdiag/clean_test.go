// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package tfdiag_test

import (
	"context"
	"strings"
	"testing"
	"unicode"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

const hostile = "MSP\x1b]0;owned\x07\x1b[2J\u202egnp\u2066\n::error::all is well\r\n##[add-mask]x\u2028##vso[task.complete]\u0085Apply complete! ::stop-commands::t"

func TestLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Alder & Finch":  "Alder & Finch",
		"  a\tb\nc ":     "a b c",
		"\x1b[2Jx\x07":   "[2Jx",
		"a\u202eb\u2069": "a b",
		"نام\u200cها \u2764\u200d\U0001f525": "نام\u200cها \u2764\u200d\U0001f525", // joiners belong to names
		"a\u2028b\u2029c\u0085d\u00a0e":      "a b c d e",
		"\xff":                               "\ufffd",
		"":                                   "",
	} {
		if got := tfdiag.Line(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
	if list := tfdiag.List([]string{hostile, "b"}); strings.Count(list, "\n") != 1 || !strings.HasPrefix(list, "  - MSP") {
		t.Errorf("the list is %q", list)
	}
}

// hostileProvider puts a hostile name into every diagnostic.
type hostileProvider struct{ provider.Provider }

func (hostileProvider) Metadata(context.Context, provider.MetadataRequest, *provider.MetadataResponse) {
}
func (hostileProvider) Schema(context.Context, provider.SchemaRequest, *provider.SchemaResponse) {}
func (hostileProvider) Resources(context.Context) []func() resource.Resource                     { return nil }
func (hostileProvider) DataSources(context.Context) []func() datasource.DataSource               { return nil }
func (hostileProvider) Configure(_ context.Context, _ provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	resp.Diagnostics.AddError(hostile, "First.\n\n  - "+hostile)
}

// Functions returns a function that fails.
func (hostileProvider) Functions(context.Context) []func() function.Function {
	return []func() function.Function{func() function.Function { return hostileFunction{} }}
}

type hostileFunction struct{}

func (hostileFunction) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "fail"
}

func (hostileFunction) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{Return: function.StringReturn{}}
}

func (hostileFunction) Run(_ context.Context, _ function.RunRequest, resp *function.RunResponse) {
	resp.Error = function.NewFuncError(hostile)
}

// A name that somebody else chose must neither control the terminal nor the CI runner that shows a diagnostic, wherever a CLI breaks the
// lines.
func TestDiagnosticsAreClean(t *testing.T) {
	t.Parallel()
	server := tfdiag.NewServer(providerserver.NewProtocol6(hostileProvider{})())
	empty, err := tfprotov6.NewDynamicValue(tftypes.Object{}, tftypes.NewValue(tftypes.Object{}, map[string]tftypes.Value{}))
	if err != nil {
		t.Fatal(err)
	}
	configured, err := server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{Config: &empty})
	if err != nil || len(configured.Diagnostics) != 1 {
		t.Fatal(configured, err)
	}
	called, err := server.CallFunction(t.Context(), &tfprotov6.CallFunctionRequest{Name: "fail"})
	if err != nil || called.Error == nil {
		t.Fatal(called, err)
	}
	d := configured.Diagnostics[0]
	if strings.Contains(d.Summary, "\n") || !strings.HasPrefix(d.Detail, "First.\n\n  - MSP") {
		t.Errorf("%q, %q", d.Summary, d.Detail)
	}
	for _, text := range []string{d.Summary, d.Detail, called.Error.Text} {
		if !strings.Contains(text, "Apply complete!") {
			t.Errorf("something is lost: %q", text)
		}
		for _, r := range text {
			if r != '\n' && (unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp)) {
				t.Errorf("%q has %q", text, r)
			}
		}
		for _, word := range strings.Fields(text) { // a CLI breaks lines between words
			if strings.HasPrefix(word, "::") || strings.Contains(word, "##[") || strings.Contains(word, "##vso[") {
				t.Errorf("%q is a command, in %q", word, text)
			}
		}
	}
}
