// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/psa"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/psa/autotask"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/psa/connectwise"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/psa/halopsa"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/transcript"
)

// psaBlocks are the blocks of the PSAs.
type psaBlocks struct {
	autotask    autotaskModel
	connectWise connectWiseModel
	haloPSA     haloPSAModel
	given       []string // the names of those that are not null
}

func readPSABlocks(ctx context.Context, config model, diags *diag.Diagnostics) psaBlocks {
	blocks := psaBlocks{autotask: unknownAutotask(), connectWise: unknownConnectWise(), haloPSA: unknownHaloPSA()}
	diags.Append(block(ctx, config.Autotask, &blocks.autotask)...)
	diags.Append(block(ctx, config.ConnectWise, &blocks.connectWise)...)
	diags.Append(block(ctx, config.HaloPSA, &blocks.haloPSA)...)
	for _, b := range []struct {
		name  string
		given bool
	}{{"autotask", !config.Autotask.IsNull()}, {"connectwise", !config.ConnectWise.IsNull()}, {"halopsa", !config.HaloPSA.IsNull()}} {
		if b.given {
			blocks.given = append(blocks.given, b.name)
		}
	}
	return blocks
}

// psaSettings are the settings of the PSAs.
type psaSettings struct {
	blocks []string // the names of the blocks in the provider block

	autotaskURL, autotaskUsername, autotaskSecret, integrationCode                                       setting
	connectWiseURL, connectWiseCompany, connectWisePublicKey, connectWisePrivateKey, connectWiseClientID setting
	haloURL, haloTenant, haloClientID, haloClientSecret                                                  setting
}

func (r reader) readPSA(blocks psaBlocks) psaSettings {
	autotask, connectWise, halo := path.Root("autotask").AtName, path.Root("connectwise").AtName, path.Root("halopsa").AtName
	a, c, h := blocks.autotask, blocks.connectWise, blocks.haloPSA
	return psaSettings{
		blocks: blocks.given,

		autotaskURL:      r.text(autotask("base_url"), a.BaseURL, "AUTOTASK_BASE_URL"),
		autotaskUsername: r.text(autotask("username"), a.Username, "AUTOTASK_USERNAME"),
		autotaskSecret:   r.text(autotask("secret"), a.Secret, "AUTOTASK_SECRET"),
		integrationCode:  r.text(autotask("integration_code"), a.IntegrationCode, "AUTOTASK_INTEGRATION_CODE"),

		connectWiseURL:        r.text(connectWise("base_url"), c.BaseURL, "CONNECTWISE_BASE_URL"),
		connectWiseCompany:    r.text(connectWise("company"), c.Company, "CONNECTWISE_COMPANY"),
		connectWisePublicKey:  r.text(connectWise("public_key"), c.PublicKey, "CONNECTWISE_PUBLIC_KEY"),
		connectWisePrivateKey: r.text(connectWise("private_key"), c.PrivateKey, "CONNECTWISE_PRIVATE_KEY"),
		connectWiseClientID:   r.text(connectWise("client_id"), c.ClientID, "CONNECTWISE_CLIENT_ID"),

		haloURL:          r.text(halo("base_url"), h.BaseURL, "HALOPSA_BASE_URL"),
		haloTenant:       r.text(halo("tenant"), h.Tenant, "HALOPSA_TENANT"),
		haloClientID:     r.text(halo("client_id"), h.ClientID, "HALOPSA_CLIENT_ID"),
		haloClientSecret: r.text(halo("client_secret"), h.ClientSecret, "HALOPSA_CLIENT_SECRET"),
	}
}

// psaGroup is what one PSA needs.
type psaGroup struct {
	block    string
	system   string
	required []setting
	optional []setting
}

func (g psaGroup) all() []setting { return append(slices.Clone(g.required), g.optional...) }

func (s psaSettings) groups() []psaGroup {
	return []psaGroup{
		{"autotask", autotask.System, []setting{s.autotaskUsername, s.autotaskSecret, s.integrationCode}, []setting{s.autotaskURL}},
		{"connectwise", connectwise.System, []setting{
			s.connectWiseURL, s.connectWiseCompany, s.connectWisePublicKey, s.connectWisePrivateKey, s.connectWiseClientID,
		}, nil},
		{"halopsa", halopsa.System, []setting{s.haloURL, s.haloClientID, s.haloClientSecret}, []setting{s.haloTenant}},
	}
}

func (s psaSettings) all() []setting {
	var all []setting
	for _, group := range s.groups() {
		all = append(all, group.all()...)
	}
	return all
}

// secrets returns the settings that no log, message or transcript may show.
func (s psaSettings) secrets() []setting {
	return []setting{s.autotaskSecret, s.integrationCode, s.connectWisePrivateKey, s.connectWiseClientID, s.haloClientSecret}
}

// credentials returns further forms in which secrets are sent.
func (s psaSettings) credentials() []string {
	if s.connectWisePrivateKey.value == "" {
		return nil
	}
	return connectwise.Credentials(s.connectWiseCompany.value, s.connectWisePublicKey.value, s.connectWisePrivateKey.value)
}

// isAddress reports whether the setting is the address of a PSA.
func (s setting) isAddress() bool { return strings.HasSuffix(s.attribute.String(), ".base_url") }

// check refuses two blocks, and values that cannot be right.
func (s psaSettings) check(diags *diag.Diagnostics) {
	if len(s.blocks) > 1 {
		diags.AddAttributeError(path.Root(s.blocks[1]), "More than one PSA",
			fmt.Sprintf("The provider block has %s. One provider reads one PSA, because the numbers of an account come from one. Remove all but one; for a second "+
				"PSA write a second provider block with an alias.", strings.Join(s.blocks, " and ")))
	}
	for _, given := range s.all() {
		if checkWhole(given, diags) && given.isAddress() {
			checkBaseURL(given, diags)
		}
	}
}

// chosen returns the PSA of the provider block or, without one there, the one that the environment names.
func (s psaSettings) chosen() (psaGroup, error) {
	var named []psaGroup
	for _, group := range s.groups() {
		inBlock := slices.Contains(s.blocks, group.block)
		if inBlock || len(s.blocks) == 0 && slices.ContainsFunc(group.all(), setting.given) {
			named = append(named, group)
		}
	}
	switch len(named) {
	case 0:
		return psaGroup{}, errors.New("no PSA is configured. Set autotask, connectwise or halopsa in the provider block, or the environment variables that " +
			"begin with AUTOTASK_, CONNECTWISE_ or HALOPSA_")
	case 1:
		return named[0], nil
	}
	var systems []string
	for _, group := range named {
		systems = append(systems, group.system)
	}
	return psaGroup{}, fmt.Errorf("the environment has variables of several PSAs: %s. Remove those of all but one, or name the one to read in the provider "+
		"block, for example connectwise = {}", strings.Join(systems, ", "))
}

// newPSA makes the client of the PSA that is configured.
func (s settings) newPSA(through transports, userAgent string) (psa.Reader, error) {
	group, err := s.psa.chosen()
	if err != nil {
		return nil, err
	}
	if err := checkGiven(group.system, group.required, append(group.optional, s.caCertificateFile)); err != nil {
		return nil, err
	}
	switch p := s.psa; group.block {
	case "autotask":
		return autotask.New(autotask.Options{
			BaseURL: p.autotaskURL.value, Username: p.autotaskUsername.value, Secret: p.autotaskSecret.value, IntegrationCode: p.integrationCode.value,
			Masker: s.masker, Transport: through[transcript.Autotask], UserAgent: userAgent,
		})
	case "connectwise":
		return connectwise.New(connectwise.Options{
			BaseURL: p.connectWiseURL.value, Company: p.connectWiseCompany.value, PublicKey: p.connectWisePublicKey.value,
			PrivateKey: p.connectWisePrivateKey.value, ClientID: p.connectWiseClientID.value,
			Masker: s.masker, Transport: through[transcript.ConnectWise], UserAgent: userAgent,
		})
	default:
		return halopsa.New(halopsa.Options{
			BaseURL: p.haloURL.value, Tenant: p.haloTenant.value, ClientID: p.haloClientID.value, ClientSecret: p.haloClientSecret.value,
			Masker: s.masker, Transport: through[transcript.HaloPSA], UserAgent: userAgent,
		})
	}
}
