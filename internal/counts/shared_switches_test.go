// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package counts

import (
	"crypto/x509"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/microsoft"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// sandboxed has a client of a sandbox.
type sandboxed struct{ client *microsoft.Client }

func (s sandboxed) Microsoft() (*microsoft.Client, error) { return s.client, nil }

// startGroup starts a sandbox with a group. Requests to the path hangs, if any, get no answer.
func startGroup(t *testing.T, setting, hangs string) sandboxed {
	t.Helper()
	name, value, _ := strings.Cut(setting, "=")
	seed := sandbox.GroupSeed()
	seed.Tenants[0].Users[6].NotGiven = []string{"EXCHANGESTANDARD"}
	switches := map[string]string{}
	if setting != "" {
		switches[name] = value
	}
	server, err := sandbox.New(seed, sandbox.Options{Switches: switches})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	pem, err := os.ReadFile(server.CAFile())
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	keys := server.Credentials()
	client, err := microsoft.New(microsoft.Options{ClientID: keys.MicrosoftClientID, ClientSecret: keys.MicrosoftClientSecret, AuthorityHost: server.URL(),
		GraphEndpoint: server.URL(), Transport: hanging{rest.NewTransport(roots), hangs}})
	if err != nil {
		t.Fatal(err)
	}
	return sandboxed{client}
}

// hanging answers no request to its path.
type hanging struct {
	http.RoundTripper
	path string
}

func (h hanging) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path == h.path {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return h.RoundTripper.RoundTrip(r)
}

// tenant_timeout is the time of the users, too. What says so names them.
func TestUsersHaveTheTimeOfTheirTenant(t *testing.T) {
	t.Parallel()
	var diags diag.Diagnostics
	var d licenseCounts
	d.Clients = startGroup(t, "", "/v1.0/users")
	tenants := []tenant{{"group", "harborgroup.example"}}
	began := time.Now()
	results, users, _ := d.readTenants(t.Context(), tenants, []shared{{key: "group"}}, 2*time.Second, &diags)
	failed := users["harborgroup.example"].Err
	if failed == nil || failed.Cause != microsoft.CauseUnavailable || !strings.HasSuffix(failed.Message, "could not read users: not done in time: it took longer than 2s") {
		t.Errorf("%v", failed)
	}
	if took := time.Since(began); results["harborgroup.example"].Err != nil || took > microsoft.DefaultTenantTimeout/2 {
		t.Errorf("the licenses: %v, after %s", results["harborgroup.example"].Err, took)
	}
}

// With every value of every switch that a shared tenant shows, the companies together have what the tenant has, or nothing is known of it.
func TestEverySwitchOfUsers(t *testing.T) {
	t.Parallel()
	sharing := []shared{{key: "group", members: []member{{"marine", []string{"harbormarine.example"}}, {"retail", []string{"harborretail.example", "harbor-shop.example"}}}}}
	tried := 0
	for _, known := range sandbox.Switches {
		if !strings.HasPrefix(known.Section, "domain-split.md ") {
			continue
		}
		for _, value := range known.Values {
			tried++
			setting := known.Name + "=" + value
			t.Run(setting, func(t *testing.T) {
				t.Parallel()
				want := map[string]string{
					"graph-users=403":          "users",
					"graph-users=empty":        "users",
					"graph-users-lag=behind":   "SPB marine 21, retail 14, group 25, mismatch -1; EXCHANGESTANDARD retail 8, group 4, mismatch 0",
					"graph-users-lag=ahead":    "SPB marine 22, retail 14, group 24, mismatch 1; EXCHANGESTANDARD retail 8, group 4, mismatch 0",
					"graph-users-error=listed": "SPB marine 22, retail 14, group 24, mismatch 0; EXCHANGESTANDARD marine 21, retail 8, group 0 overassigned, mismatch 21",
				}[setting]
				if want == "" {
					want = "SPB marine 22, retail 14, group 24, mismatch 0; EXCHANGESTANDARD retail 8, group 4, mismatch 0"
				}
				if got := splitOf(t, setting, sharing); got != want {
					t.Errorf("got %s, want %s", got, want)
				}
			})
		}
	}
	if tried < 14 {
		t.Errorf("%d values were tried", tried)
	}
}

// splitOf reads the group as the data source does, and describes who has what, or why nothing is known.
func splitOf(t *testing.T, setting string, sharing []shared) string {
	t.Helper()
	var diags diag.Diagnostics
	var d licenseCounts
	d.Clients = startGroup(t, setting, "")
	tenants := []tenant{{"group", "harborgroup.example"}}
	results, users, _ := d.readTenants(t.Context(), tenants, sharing, 0, &diags)
	if diags.HasError() {
		t.Fatal(diags)
	}
	r := count(tenants, results, billing.CountOptions{})
	r.split(sharing, users)
	split, known := r.splits["group"]
	if !known {
		return string(r.results["harborgroup.example"].Err.Cause)
	}
	split.Members["group"] = split.Remainder
	var parts []string
	for _, sku := range []string{"SPB", "EXCHANGESTANDARD"} {
		var held []string
		for _, account := range slices.SortedFunc(maps.Keys(split.Members), func(a, b string) int { return strings.Compare(order(a), order(b)) }) {
			for _, count := range split.Members[account] {
				switch {
				case count.Key != sku:
				case slices.Contains(count.Flags, billing.FlagOverassignedSplit):
					held = append(held, fmt.Sprintf("%s %d overassigned", account, count.Purchased))
				default:
					held = append(held, fmt.Sprintf("%s %d", account, count.Purchased))
				}
			}
		}
		parts = append(parts, fmt.Sprintf("%s %s, mismatch %d", sku, strings.Join(held, ", "), split.Mismatch[sku]))
	}
	return strings.Join(parts, "; ")
}

// order puts the remainder last.
func order(account string) string {
	if account == "group" {
		return "z"
	}
	return account
}
