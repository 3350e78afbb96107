// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"net/http"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/transcript"
)

// startTranscript returns the recorder of the transcript at path, or nil without a path. A file that cannot be used is a warning, because
// billing must not depend on it.
func startTranscript(path string, s settings, version, cliVersion string, diags *diag.Diagnostics) *transcript.Recorder {
	if path == "" {
		return nil
	}
	recorder, err := transcript.Open(transcript.Options{
		Path:       path,
		Version:    version,
		CLIVersion: cliVersion,
		Secrets:    append(given(s.publicKey), s.secrets...),
		Lasting: given(append([]setting{s.privateKey, s.vendorKey, s.partnerKey, s.clientSecret, s.clientCertificate, s.clientCertificatePassword},
			s.psa.secrets()...)...),
	})
	if err != nil {
		diags.AddWarning("No transcript is written", tfdiag.Detail(err)+" The environment variable "+transcript.Variable+" asks for one.")
		return nil
	}
	return recorder
}

// transports are the ways to the systems, by the name that a transcript gives them.
type transports map[string]http.RoundTripper

// newTransports returns one transport for every system, which the recorder, if there is one, watches.
func newTransports(recorder *transcript.Recorder, transport http.RoundTripper) transports {
	through := transports{}
	for _, system := range []string{
		transcript.Gradient, transcript.CloudRadial, transcript.Microsoft, transcript.Autotask, transcript.ConnectWise, transcript.HaloPSA,
	} {
		through[system] = recorder.Transport(system, transport)
	}
	return through
}

// given returns the values of the settings that have one.
func given(settings ...setting) []string {
	var values []string
	for _, s := range settings {
		if s.value != "" {
			values = append(values, s.value)
		}
	}
	return values
}
