// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/transcript"
)

func TestATranscriptThatCannotBeWrittenIsAWarning(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(path, []byte("something else\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var diags diag.Diagnostics
	recorder := startTranscript(path, settings{}, "test", "1.9.0", &diags)
	if recorder != nil || diags.HasError() || diags.WarningsCount() != 1 {
		t.Fatalf("the recorder is %v, with %v", recorder, diags)
	}
	for _, part := range []string{path, transcript.Variable, "no transcript of this provider"} {
		if !strings.Contains(diags[0].Detail(), part) {
			t.Errorf("%q is missing in %q", part, diags[0].Detail())
		}
	}
	if text, _ := os.ReadFile(path); string(text) != "something else\n" {
		t.Errorf("the file is now %q", text)
	}
	if through := newTransports(recorder, http.DefaultTransport); through[transcript.Gradient] != http.DefaultTransport {
		t.Error("the clients do not send through the ordinary transport")
	}
}

func TestATranscriptSeesEverySystem(t *testing.T) {
	t.Parallel()
	if recorder := startTranscript("", settings{}, "test", "1.9.0", nil); recorder != nil {
		t.Error("there is a transcript without a path")
	}
	var diags diag.Diagnostics
	recorder := startTranscript(filepath.Join(t.TempDir(), "run.har"), settings{}, "test", "1.9.0", &diags)
	if recorder == nil || len(diags) > 0 {
		t.Fatal(diags)
	}
	through := newTransports(recorder, http.DefaultTransport)
	for _, system := range []string{transcript.Gradient, transcript.CloudRadial, transcript.Microsoft} {
		if through[system] == http.DefaultTransport || through[system] == nil {
			t.Errorf("the requests to %s are not recorded", system)
		}
	}
}
