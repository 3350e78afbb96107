// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package transcript

import (
	"context"
	"encoding/base64"
	"os"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/microsoft"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// Who the users of a tenant are cannot be seen in a transcript, the place where a page begins included, because Graph writes the name of a user
// there.
func TestUsersHaveNoNameInATranscript(t *testing.T) {
	t.Parallel()
	options := testOptions(t)
	position := base64.RawURLEncoding.EncodeToString([]byte("D:pat.person@harbormarine.example)User_1"))
	address := "https://graph.microsoft.com/v1.0/users?$select=id,userPrincipalName,mail,userType,accountEnabled,assignedLicenses&$top=999&$skiptoken="
	send(t, open(t, options), Microsoft, answer(200, "application/json", `{
		"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#users(id,userPrincipalName,mail,userType,accountEnabled,assignedLicenses)",
		"@odata.nextLink":"`+address+position+`",
		"value":[{"id":"11111111-2222-4333-8444-555555555555","userPrincipalName":"pat.person@harbormarine.example","mail":"Pat.Person@harbormarine.example",
			"displayName":"Pat Person","jobTitle":"Harbourmaster","userType":"Member","accountEnabled":false,
			"assignedLicenses":[{"skuId":"cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46","disabledPlans":["9aaf7827-d63c-4b61-89c3-182f06f82e5c"]}]},
			{"id":"11111111-2222-4333-8444-666666666666","userPrincipalName":"lee_home.example#EXT#@harbor.onmicrosoft.com","mail":null,"userType":"Guest"}]}`),
		"GET", address+position, "")
	written, err := os.ReadFile(options.Path)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ToLower(string(written))
	for _, part := range []string{position, "person", "lee_", "home.example", "harbor", "55555555", "9aaf7827"} {
		if strings.Contains(text, strings.ToLower(part)) {
			t.Errorf("the transcript has %q:\n%s", part, written)
		}
	}
	for _, part := range []string{`\"accountenabled\":false`, `\"usertype\":\"guest\"`, "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46", "$top=999"} {
		if !strings.Contains(text, part) {
			t.Errorf("the transcript lacks %q:\n%s", part, written)
		}
	}
}

// A replay has the same users by domain and SKU.
func TestUsersRoundTrip(t *testing.T) {
	t.Parallel()
	seed := sandbox.Seed{Tenants: []sandbox.Tenant{{ID: "9a70a2d1-24a5-4b10-a3b6-0d2a3c5e0001", Domains: []string{"harborgroup.example", "harbor.onmicrosoft.com"},
		SKUs: []sandbox.SKU{{PartNumber: "SPB", SKUID: "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46", Enabled: 9}},
		Users: []sandbox.Users{
			{Domain: "harbormarine.example", Count: 7, SKUs: []string{"SPB"}},
			{Domain: "harbor.onmicrosoft.com", Mail: "home.example", Count: 2, SKUs: []string{"SPB"}, Guest: true, Disabled: true},
		}}}}
	options := sandbox.Options{Switches: map[string]string{"graph-page-size": "5", "graph-users-repeat": "yes"}}
	roundTrip(t, seed, options, "Users Listed", func(ctx context.Context, p *party) any {
		keys := p.server.Credentials()
		c, err := microsoft.New(microsoft.Options{ClientID: keys.MicrosoftClientID, ClientSecret: keys.MicrosoftClientSecret,
			AuthorityHost: p.server.URL(), GraphEndpoint: p.server.URL(), Transport: p.transport(Microsoft)})
		p.must(err)
		tenant := p.text("harborgroup.example")
		result := c.ReadUsers(ctx, []string{tenant}, 0)[tenant]
		if result.Err != nil {
			p.t.Fatal(result.Err)
		}
		return result.Users
	})
}
