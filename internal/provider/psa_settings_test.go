// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/psa/autotask"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/psa/connectwise"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/psa/halopsa"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

var (
	autotaskKeys = map[string]string{"AUTOTASK_USERNAME": "api@acme.example", "AUTOTASK_SECRET": "secret", "AUTOTASK_INTEGRATION_CODE": "code"}
	connectKeys  = map[string]string{
		"CONNECTWISE_BASE_URL": "https://api-na.myconnectwise.net", "CONNECTWISE_COMPANY": "acme", "CONNECTWISE_PUBLIC_KEY": "public",
		"CONNECTWISE_PRIVATE_KEY": "private", "CONNECTWISE_CLIENT_ID": "client",
	}
	haloKeys = map[string]string{"HALOPSA_BASE_URL": "https://acme.halopsa.com", "HALOPSA_CLIENT_ID": "client", "HALOPSA_CLIENT_SECRET": "secret"}
)

func join(all ...map[string]string) map[string]string {
	joined := map[string]string{}
	for _, some := range all {
		maps.Copy(joined, some)
	}
	return joined
}

func without(env map[string]string, name string) map[string]string {
	rest := maps.Clone(env)
	delete(rest, name)
	return rest
}

// One PSA is read: that of the provider block or, without one there, the one that the environment names.
func TestWhichPSA(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		env    map[string]string
		blocks []string
		want   string // the system, or a text of the error
	}{
		"none":                        {nil, nil, "no PSA is configured"},
		"Autotask":                    {autotaskKeys, nil, autotask.System},
		"ConnectWise":                 {connectKeys, nil, connectwise.System},
		"HaloPSA":                     {haloKeys, nil, halopsa.System},
		"two in the environment":      {join(haloKeys, connectKeys), nil, "several PSAs: ConnectWise PSA, HaloPSA"},
		"part of another":             {join(haloKeys, map[string]string{"AUTOTASK_SECRET": "x"}), nil, "several PSAs: Autotask, HaloPSA"},
		"two, and the block says":     {join(haloKeys, connectKeys), []string{"halopsa"}, halopsa.System},
		"the block has no keys":       {haloKeys, []string{"connectwise"}, "ConnectWise PSA is not configured"},
		"a key is missing":            {without(connectKeys, "CONNECTWISE_CLIENT_ID"), nil, "ConnectWise PSA is not configured"},
		"the address is missing":      {without(haloKeys, "HALOPSA_BASE_URL"), nil, "HaloPSA is not configured"},
		"the user name is missing":    {without(autotaskKeys, "AUTOTASK_USERNAME"), nil, "Autotask is not configured"},
		"Autotask at another address": {join(autotaskKeys, map[string]string{"AUTOTASK_BASE_URL": "https://webservices5.autotask.net"}), nil, autotask.System},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := from(test.env).read(model{}, gradientModel{}, microsoftModel{}, psaBlocks{given: test.blocks})
			reader, err := newClients(s, nil, "test").PSA()
			if err != nil {
				if !strings.Contains(err.Error(), test.want) {
					t.Errorf("got %v, want %q", err, test.want)
				}
				return
			}
			if reader.System() != test.want {
				t.Errorf("got %s, want %q", reader.System(), test.want)
			}
		})
	}
}

// Two blocks are an error before anything is asked, and so is an address that a secret must not go to.
func TestPSABlocksAreChecked(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]settings{
		"autotask and halopsa":      from(nil).read(model{}, gradientModel{}, microsoftModel{}, psaBlocks{given: []string{"autotask", "halopsa"}}),
		"must begin with https://":  from(join(haloKeys, map[string]string{"HALOPSA_BASE_URL": "http://acme.halopsa.com"})).read(model{}, gradientModel{}, microsoftModel{}, psaBlocks{}),
		"connectwise.base_url":      from(map[string]string{"CONNECTWISE_BASE_URL": "ftp://x"}).read(model{}, gradientModel{}, microsoftModel{}, psaBlocks{}),
		"autotask.base_url (enviro": from(map[string]string{"AUTOTASK_BASE_URL": "webservices.autotask.net"}).read(model{}, gradientModel{}, microsoftModel{}, psaBlocks{}),
	} {
		var diags diag.Diagnostics
		s.check(&diags)
		if len(diags) != 1 || !strings.Contains(diags[0].Detail(), want) {
			t.Errorf("got %v, want %q", diags, want)
		}
	}
}

// A block that is not known yet, or has a value that is not, defers.
func TestUnknownPSABlock(t *testing.T) {
	t.Parallel()
	kinds := map[string]attr.Type{"base_url": types.StringType}
	config := model{Autotask: types.ObjectNull(kinds), ConnectWise: types.ObjectUnknown(kinds), HaloPSA: types.ObjectNull(kinds)}
	var diags diag.Diagnostics
	blocks := readPSABlocks(t.Context(), config, &diags)
	s := from(connectKeys).read(model{}, gradientModel{}, microsoftModel{}, blocks)
	if _, err := newClients(s, nil, "test").PSA(); diags.HasError() || !errors.Is(err, tfdiag.ErrUnknown) {
		t.Errorf("got %v, %v", err, diags)
	}
}
