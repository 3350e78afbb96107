// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"fmt"
	"slices"
	"strings"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/microsoft"
)

// signIn is a way to sign in to Microsoft.
type signIn struct {
	name      string
	chosenBy  []setting // any of them chooses this way
	required  []setting
	keys      []setting // what it uses that has no white space inside
	configure func(*microsoft.Options)
}

func (w signIn) level() level { return highest(w.chosenBy...) }

// highest returns the level of the setting that counts most.
func highest(settings ...setting) level {
	found := notGiven
	for _, s := range settings {
		found = min(found, s.level())
	}
	return found
}

// chooseSignIn returns the way to sign in that is chosen at the highest level. A way is chosen as a whole: a certificate of the state backend
// does not replace the secret of the provider block. What the way needs beside is taken from the highest level that has it. The Azure CLI
// is used when nothing else is chosen, or when use_cli is true at a higher level than every other choice.
func (s settings) chooseSignIn() (signIn, error) {
	var chosen []signIn
	found := notGiven
	for _, way := range s.signIns() {
		switch level := way.level(); {
		case level == notGiven || level > found:
			continue
		case level < found:
			found, chosen = level, nil
		}
		chosen = append(chosen, way)
	}
	cli := signIn{name: "the Azure CLI", configure: func(o *microsoft.Options) { o.UseCLI = true }}
	switch {
	case s.useCLI.flag(false) && s.useCLI.level() < found:
		return cli, nil
	case len(chosen) > 1:
		return signIn{}, ambiguous(chosen)
	case len(chosen) == 1:
		return chosen[0], nil
	case s.useCLI.flag(s.hasAzureCLI && !s.clientID.given()): // with a client_id and no secret, the error must name the secret
		return cli, nil
	}
	return signIn{required: []setting{s.clientID, s.clientSecret}}, nil
}

// ambiguous is the error for ways that are chosen at the same level.
func ambiguous(ways []signIn) error {
	var names []string
	for _, way := range ways {
		for _, s := range way.chosenBy {
			if s.level() == way.level() {
				names = append(names, way.name+" with "+s.name())
			}
		}
	}
	return fmt.Errorf("several ways to sign in to Microsoft are configured, and it is not clear which one to use: %s. Remove all but one. If "+
		"some of them belong to another program, for example to the state backend, set the one for this provider in its block, or with "+
		"environment variables that begin with CLOUDRADIAL_MICROSOFT_: the block comes first, then these, then ARM_*", strings.Join(names, "; "))
}

// signIns returns every way but the Azure CLI.
func (s settings) signIns() []signIn {
	certificate, certificatePath := higher(s.clientCertificate, s.clientCertificatePath)
	return []signIn{
		{
			name:     "a certificate",
			chosenBy: []setting{certificate, certificatePath},
			required: []setting{s.clientID},
			keys:     []setting{s.clientID},
			configure: func(o *microsoft.Options) {
				o.ClientID = s.clientID.value
				o.ClientCertificate, o.ClientCertificatePath = certificate.value, certificatePath.value
				o.ClientCertificatePassword = s.clientCertificatePassword.value
			},
		},
		{
			name:      "a client secret",
			chosenBy:  []setting{s.clientSecret},
			required:  []setting{s.clientID},
			keys:      []setting{s.clientID, s.clientSecret},
			configure: func(o *microsoft.Options) { o.ClientID, o.ClientSecret = s.clientID.value, s.clientSecret.value },
		},
		s.signInWithOIDC(),
		s.signInWithAKS(),
		s.signInWithManagedIdentity(),
	}
}

// higher returns both settings without the one of a lower level.
func higher(a, b setting) (setting, setting) {
	switch {
	case a.level() < b.level():
		b.value = ""
	case b.level() < a.level():
		a.value = ""
	}
	return a, b
}

// ifTrue returns a flag, or one that is not given when it is false.
func (s setting) ifTrue() setting {
	if !s.unknown && !s.flag(false) {
		s.value = ""
	}
	return s
}

// signInWithOIDC uses the source of tokens of the highest level: what somebody set comes before what the platform gives to every job. At the same
// level a request address comes before a token or its file, because it gives a new token for every tenant (microsoft.md §3.3).
func (s settings) signInWithOIDC() signIn {
	way := signIn{name: "OpenID Connect", chosenBy: []setting{s.useOIDC.ifTrue()}, required: []setting{s.clientID}}
	if !s.oidcRequestURL.given() || highest(s.oidcToken, s.oidcTokenFilePath) < highest(s.oidcRequestURL, s.adoServiceConnection) {
		token, file := higher(s.oidcToken, s.oidcTokenFilePath)
		way.keys = []setting{s.clientID, token}
		way.configure = func(o *microsoft.Options) {
			o.UseOIDC, o.ClientID = true, s.clientID.value
			o.OIDCToken, o.OIDCTokenFilePath = token.value, file.value
		}
		return way
	}
	way.keys = []setting{s.clientID, s.oidcRequestURL, s.oidcRequestToken, s.adoServiceConnection}
	if s.oidcRequestURL.variable == azureDevOpsURL || s.adoServiceConnection.given() {
		way.required = []setting{s.clientID, s.oidcRequestToken, s.adoServiceConnection}
	}
	way.configure = func(o *microsoft.Options) {
		o.UseOIDC, o.ClientID = true, s.clientID.value
		o.OIDCRequestURL, o.OIDCRequestToken = s.oidcRequestURL.value, s.oidcRequestToken.value
		o.ADOPipelineServiceConnectionID = s.adoServiceConnection.value
	}
	return way
}

// signInWithAKS uses what AKS puts into the pod where nobody has set another value.
func (s settings) signInWithAKS() signIn {
	id := s.clientID
	if !id.given() {
		id = s.aksClientID
		id.env = slices.Concat(s.clientID.env, id.env)
	}
	return signIn{
		name:     "AKS workload identity",
		chosenBy: []setting{s.useAKS.ifTrue()},
		required: []setting{id, s.oidcTokenFilePath},
		keys:     []setting{id},
		configure: func(o *microsoft.Options) {
			o.UseAKSWorkloadIdentity, o.ClientID, o.OIDCTokenFilePath = true, id.value, s.oidcTokenFilePath.value
		},
	}
}

// signInWithManagedIdentity uses the identity itself, or its token as the credential of an application.
func (s settings) signInWithManagedIdentity() signIn {
	way := signIn{
		name:     "a managed identity",
		chosenBy: []setting{s.useMSI.ifTrue()},
		keys:     []setting{s.clientID, s.msiClientID},
		configure: func(o *microsoft.Options) {
			o.UseMSI, o.ClientID, o.MSIClientID = true, s.clientID.value, s.msiClientID.value
		},
	}
	if s.msiClientID.given() {
		way.required = []setting{s.clientID}
	}
	return way
}

// ofMicrosoft returns every setting that the client of Microsoft Graph depends on.
func (s settings) ofMicrosoft() []setting {
	return []setting{
		s.clientID, s.clientSecret, s.clientCertificate, s.clientCertificatePath, s.clientCertificatePassword, s.useOIDC, s.oidcToken,
		s.oidcTokenFilePath, s.oidcRequestURL, s.oidcRequestToken, s.adoServiceConnection, s.useAKS, s.useMSI, s.msiClientID, s.useCLI,
		s.environment, s.authorityHost, s.graphEndpoint, s.maxConcurrentTenants, s.caCertificateFile,
	}
}

// namesFor returns by attribute what messages call the settings of Microsoft.
func (s settings) namesFor(way signIn) map[string]string {
	names := map[string]string{}
	for _, s := range slices.Concat(s.ofMicrosoft(), way.keys) {
		names[strings.TrimPrefix(s.attribute.String(), "microsoft.")] = s.name()
	}
	return names
}
