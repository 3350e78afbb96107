// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package check

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// The ids of the seed below.
const (
	partnerID     = "99999999-0000-4000-8000-000000000001"
	distributorID = "99999999-0000-4000-8000-000000000002"
	smallID       = "22222222-bbbb-4bbb-8bbb-222222222222"
)

// telling is an estate in which every switch that reads can show has something to show: more companies than a page has, a domain,
// accounts, a tenant with a pool of free seats and a trial, one without consent, two sellers, and a relationship that is not extended.
func telling(companies int) sandbox.Seed {
	seed := sandbox.Seed{
		Accounts: []sandbox.Account{{ID: "a", Name: "Acme"}, {ID: "b", Name: "Beta"}},
		Services: []sandbox.Service{{Name: "Business Premium"}},
		Status:   "pending",
		Tenants: []sandbox.Tenant{
			{ID: "11111111-aaaa-4aaa-8aaa-111111111111", Name: "Large", Domains: []string{"large.example"}, SKUs: []sandbox.SKU{
				{PartNumber: "SPB", SKUID: "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46", Enabled: 12, Consumed: 9, Subscriptions: []sandbox.Subscription{
					{Seats: 10}, {Seats: 2, Trial: true},
				}},
				{PartNumber: "FLOW_FREE", SKUID: "f30db892-07e9-47e9-837c-80727f46fd3d", Enabled: 10000, Consumed: 3},
				{PartNumber: "SPE_E3", SKUID: "05e9a617-0261-4cee-bb44-138d3ef5d965", Enabled: 4},
				{PartNumber: "SPE_E5", SKUID: "06ebc4ee-1bb5-47dd-8120-11324bc54e06", Enabled: 4},
				{PartNumber: "VISIOCLIENT", SKUID: "c5928f49-12ba-48f7-ada3-0d743a3601d5", Enabled: 1, Suspended: 2},
				{PartNumber: "PROJECTPROFESSIONAL", SKUID: "53818b1b-4a27-454b-8896-0dba576410e6", Enabled: 1},
				{PartNumber: "EXCHANGESTANDARD", SKUID: "4b9405b0-7788-4568-add1-99614e613b69", Enabled: 2},
			}},
			{ID: smallID, Name: "Small", Domains: []string{"small.example"}, SKUs: []sandbox.SKU{
				{PartNumber: "SPB", SKUID: "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46", Enabled: 5, Consumed: 5, Subscriptions: []sandbox.Subscription{
					{Seats: 5, OwnerTenantID: distributorID},
				}},
			}},
			{ID: "33333333-cccc-4ccc-8ccc-333333333333", Name: "Closed", Domains: []string{"closed.example"}, NoConsent: true},
		},
		Partner: sandbox.Partner{ID: partnerID, Name: "We", Domains: []string{"we.example"}, Relationships: []sandbox.Relationship{
			{Name: "With Small", Tenant: smallID, End: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)},
		}},
	}
	for i := range companies {
		seed.Companies = append(seed.Companies, sandbox.Company{ID: i + 1, Name: fmt.Sprintf("Company %d", i+1)})
	}
	seed.Companies[0].Domains = []string{"acme.example"}
	return seed
}

// tell runs the preflight of the telling estate against a sandbox with these switches, in made-up time. The address is always the same,
// and the client id, which is random, is replaced, so that two results can be compared byte for byte.
func tell(t *testing.T, switches map[string]string) (result Result, report string) {
	t.Helper()
	companies := 12
	if rows, err := strconv.Atoi(switches["page-rows"]); err == nil {
		companies = rows + 5
	}
	seed := telling(companies)
	tenants := tenantsOf(seed)
	request := Request{Tenants: tenants, PartnerTenantIDs: []string{smallID, partnerID, distributorID},
		Shared: []SharedTenant{{tenants[0], []string{"part.example"}}}}
	synctest.Test(t, func(t *testing.T) {
		wire := newWire()
		server, err := sandbox.New(seed, sandbox.Options{Listener: wire, Switches: switches})
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()
		transport := wire.transport()
		defer transport.CloseIdleConnections()
		if !strings.HasPrefix(switches["proxy-page"], "cloudradial") {
			addAsset(t, server, transport)
		}
		time.Sleep(2 * time.Minute) // the limits have forgotten what was asked before
		result = Run(t.Context(), reachOf(server, transport).systems(), request)
		report = strings.ReplaceAll(fmt.Sprintf("%s\n%+v\n%v", result.Markdown(), result.Problems, result.Facts),
			server.Credentials().MicrosoftClientID, "<client id>")
	})
	return result, report
}

// addAsset makes a flexible asset with a number, in requests that no switch but a proxy refuses.
func addAsset(t *testing.T, server *sandbox.Server, transport http.RoundTripper) {
	t.Helper()
	keys := server.Credentials()
	for _, post := range [][2]string{
		{"/v2/flexible-asset-type", `{"name":"Licenses","icon":"cloud","showInMenu":true}`},
		{"/v2/flexible-asset-field", `{"flexibleAssetTypeId":1,"name":"Sku","kind":"Text","order":1,"useForTitle":true,"required":true,"showInList":true}`},
		{"/v2/flexible-asset-field", `{"flexibleAssetTypeId":1,"name":"Seats","kind":"Number","order":2,"useForTitle":false,"required":false,"showInList":true}`},
		{"/v2/flexible-asset", `{"companyId":1,"flexibleAssetTypeId":1,"traits":{"sku":"SPB","seats":"5"}}`},
	} {
		for attempt := range 2 { // the first may be over the limit
			request, err := http.NewRequest(http.MethodPost, server.URL()+post[0], strings.NewReader(post[1]))
			if err != nil {
				t.Fatal(err)
			}
			request.SetBasicAuth(keys.CloudRadialPublicKey, keys.CloudRadialPrivateKey)
			request.Header.Set("Content-Type", "application/json")
			response, err := transport.RoundTrip(request)
			if err != nil {
				t.Fatal(err)
			}
			_ = response.Body.Close()
			if response.StatusCode < 300 {
				break
			}
			if attempt == 1 {
				t.Fatalf("%s: %s", post[0], response.Status)
			}
		}
	}
}

// isSeen reports whether the preflight can see a switch. Gradient is asked with the given keys only, and PSAs are not asked.
func isSeen(known sandbox.Switch) bool {
	return !isNotShown(known) && (known.Seen == sandbox.SeenByReading || known.Name == "unauthorized-body")
}

// isNotShown reports whether nothing that the preflight asks shows a switch: see stateUsers.
func isNotShown(known sandbox.Switch) bool {
	return strings.HasPrefix(known.Section, "psa.md ") || slices.Contains([]string{"graph-users-lag", "graph-users-repeat", "graph-users-error"}, known.Name)
}

// Each value of each switch that reads can see is named, and the flags are ones that the sandbox takes.
func TestEverySwitchIsNamed(t *testing.T) {
	t.Parallel()
	if raceDetector {
		t.Skip("nothing happens at the same time here that does not in TestRandomSwitchesAreReproduced")
	}
	for _, known := range sandbox.Switches {
		if !isSeen(known) {
			continue
		}
		for _, value := range known.Values {
			chosen := map[string]string{known.Name: value}
			switch known.Name { // what needs a second page to be seen
			case "graph-next-link-host":
				chosen["graph-page-size"] = "1"
			case "skip-option":
				chosen["page-rows"] = "5"
			}
			result, _ := tell(t, chosen)
			if known.Name == "sign-in-status" && value == "400" {
				value = "usual" // the one refusal of this estate has 400 anyway
			}
			if got := result.Facts[known.Name]; got != value {
				t.Errorf("the fact %s is %q, want %q", known.Name, got, value)
			}
			if flags := parseFlags(t, result.SandboxFlags()); flags[known.Name] != value {
				t.Errorf("%s=%s is not among the flags %v", known.Name, value, flags)
			}
		}
	}
}

// The facts have a key for every switch that a read or a wrong key shows, and the flags take no other.
func TestFactsCoverTheSwitches(t *testing.T) {
	t.Parallel()
	result, _ := tell(t, nil)
	var shown []string
	for _, known := range sandbox.Switches {
		if known.Seen == sandbox.SeenByWriting || isNotShown(known) {
			continue
		}
		shown = append(shown, known.Name)
		if _, stated := result.Facts[known.Name]; !stated {
			t.Errorf("no fact says %s", known.Name)
		}
		if !slices.Equal(slices.Sorted(slices.Values(switches[known.Name])), slices.Sorted(slices.Values(known.Values))) {
			t.Errorf("the flags take %s = %v, the sandbox %v", known.Name, switches[known.Name], known.Values)
		}
	}
	for name := range switches {
		if !slices.Contains(shown, name) {
			t.Errorf("the sandbox has no switch %s that reads show", name)
		}
	}
}

// parseFlags is what cmd/sandbox does with the line.
func parseFlags(t *testing.T, line string) map[string]string {
	t.Helper()
	flags := map[string]string{}
	fields := strings.Fields(line)
	for i := 0; i+1 < len(fields); i += 2 {
		name, value, found := strings.Cut(fields[i+1], "=")
		if fields[i] != "-switch" || !found {
			t.Fatalf("%q is no line of flags", line)
		}
		flags[name] = value
	}
	return flags
}

// sameBehaviour are values that may answer alike in what is left of the estate, so that one may be named for the other.
var sameBehaviour = map[string]string{
	"sign-in-status=400":             "usual",
	"sign-in-status=401":             "usual",
	"graph-subscriptions=incomplete": "empty", // of a tenant with one purchase
}

// With all switches at random, no flag names a value that the sandbox does not have, and a sandbox that is started with the flags answers the
// preflight byte for byte the same.
func TestRandomSwitchesAreReproduced(t *testing.T) {
	t.Parallel()
	for seed := range randomRuns {
		drawn := sandbox.DrawSwitches(rand.New(rand.NewPCG(seed, 10)))
		if seed%2 == 0 { // a proxy page hides most of the others
			drawn["proxy-page"] = "none"
		}
		if strings.HasPrefix(drawn["proxy-page"], "graph-") && drawn["no-consent"] == "graph" {
			drawn["no-consent"] = "65001" // nothing shows then that a tenant does not let the application in
		}
		for _, part := range []string{"cloudradial", "graph", "sign-in"} {
			if drawn[part+"-throttle"] == "date" && drawn["clock"] != "right" {
				drawn[part+"-throttle"] = "1s"
			}
		}
		result, report := tell(t, drawn)
		flags := parseFlags(t, result.SandboxFlags())
		for name, value := range flags {
			if value != drawn[name] && sameBehaviour[name+"="+drawn[name]] != value {
				t.Errorf("seed %d: %s=%s is named, but it is %s", seed, name, value, drawn[name])
			}
		}
		if flags["page-rows"] == "" && drawn["page-rows"] != "" {
			flags["page-rows"] = drawn["page-rows"] // it decides how many companies there are
		}
		_, again := tell(t, flags)
		if again != report {
			t.Errorf("seed %d: the sandbox with the flags answers otherwise.\nFlags: %v\nDrawn: %v\n%s", seed, flags, drawn, difference(report, again))
		}
		if t.Failed() {
			return
		}
	}
}

// difference returns both texts around the place where they begin to differ.
func difference(one, other string) string {
	at := 0
	for at < min(len(one), len(other)) && one[at] == other[at] {
		at++
	}
	around := func(text string) string { return text[max(0, at-200):min(len(text), at+200)] }
	return fmt.Sprintf("- %q\n+ %q", around(one), around(other))
}

// wire connects client and sandbox within the process, so that testing/synctest can make up the time.
type wire struct {
	calls  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newWire() *wire { return &wire{calls: make(chan net.Conn), closed: make(chan struct{})} }

func (w *wire) Accept() (net.Conn, error) {
	select {
	case conn := <-w.calls:
		return conn, nil
	case <-w.closed:
		return nil, net.ErrClosed
	}
}

func (w *wire) Close() error {
	w.once.Do(func() { close(w.closed) })
	return nil
}

func (w *wire) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 4433} }

func (w *wire) transport() *http.Transport {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		select {
		case w.calls <- theirs:
			return ours, nil
		case <-w.closed:
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return &http.Transport{DialContext: dial, DialTLSContext: dial, MaxIdleConnsPerHost: 100} // without TLS
}
