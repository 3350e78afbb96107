// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package sandbox_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox/psa"
)

func TestServerNeedsItsCAFile(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Seed{}, sandbox.Options{})
	trusting := client(t, s)
	for _, url := range []string{s.URL(), strings.Replace(s.URL(), "127.0.0.1", "localhost", 1), s.HTTPURL()} {
		answer, err := trusting.Get(url + "/_sandbox/")
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", url, answer.Status)
		}
	}
	if answer, err := http.Get(s.URL() + "/_sandbox/"); err == nil {
		answer.Body.Close()
		t.Error("a client without the CA file trusts the sandbox")
	}
}

func TestServerAddresses(t *testing.T) {
	t.Parallel()
	if listener, err := net.Listen("tcp", "[::1]:0"); err != nil {
		t.Skip("this machine has no IPv6 loopback")
	} else if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	s := start(t, sandbox.Seed{}, sandbox.Options{Addr: "[::1]:0", HTTPAddr: ":0"})
	if !strings.HasPrefix(s.URL(), "https://[::1]:") || !strings.HasPrefix(s.HTTPURL(), "http://127.0.0.1:") {
		t.Errorf("listening on %s and %s", s.URL(), s.HTTPURL())
	}
	for _, url := range []string{s.URL(), s.HTTPURL()} {
		answer, err := client(t, s).Get(url + "/_sandbox/")
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
	}
	if _, err := sandbox.New(sandbox.Seed{}, sandbox.Options{HTTPAddr: strings.TrimPrefix(s.HTTPURL(), "http://")}); err == nil {
		t.Error("an address was taken twice")
	}
}

// TestServerServesAListener checks that a listener is served without TLS, and that the addresses in answers are HTTPS.
func TestServerServesAListener(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	tenant := sandbox.Tenant{ID: "11111111-1111-4111-8111-111111111111"}
	s := start(t, sandbox.Seed{Tenants: []sandbox.Tenant{tenant}}, sandbox.Options{Listener: listener})
	if want := "https://" + listener.Addr().String(); s.URL() != want || s.CAFile() != "" {
		t.Errorf("it is at %s, want %s; CA file %q", s.URL(), want, s.CAFile())
	}
	answer, err := http.Get("http://" + listener.Addr().String() + "/" + tenant.ID + "/v2.0/.well-known/openid-configuration")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || !strings.Contains(string(body), s.URL()+"/"+tenant.ID+"/oauth2/v2.0/token") {
		t.Errorf("%s, %v", body, err)
	}
}

func TestServerCloseEndsRequests(t *testing.T) {
	t.Parallel()
	for _, http2 := range []bool{false, true} {
		t.Run(fmt.Sprintf("HTTP/2 %v", http2), func(t *testing.T) {
			t.Parallel()
			closeWhileServing(t, http2)
		})
	}
}

func closeWhileServing(t *testing.T, http2 bool) {
	s, err := sandbox.New(oneOfEach(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.Inject(sandbox.Fault{System: sandbox.Gradient, Kind: "slow", Delay: time.Hour})
	v := newVendor(t, s)
	v.client.Transport.(*http.Transport).ForceAttemptHTTP2 = http2
	slow := v.request("GET", "/organization", "")
	failed := make(chan error, 1)
	go func() {
		answer, err := v.client.Do(slow)
		if err == nil {
			answer.Body.Close()
		}
		failed <- err
	}()
	for len(s.Requests()) == 0 {
		time.Sleep(time.Millisecond)
	}
	s.Close()
	if err := <-failed; err == nil {
		t.Error("the slow request was answered")
	}
	if _, err := os.Stat(s.CAFile()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the CA file is still there: %v", err)
	}
	for _, url := range []string{s.URL(), s.HTTPURL()} {
		_, address, _ := strings.Cut(url, "://")
		if connection, err := net.Dial("tcp", address); err == nil {
			connection.Close()
			t.Errorf("%s still listens", url)
		}
	}
	s.Close() // a second Close does nothing
}

func TestServerRecordsRequests(t *testing.T) {
	t.Parallel()
	s := start(t, oneOfEach(), sandbox.Options{})
	v := newVendor(t, s)
	v.wantStatus("PATCH", "/organization/accounts/a%2Fb?x=%20y", `{"name":"n"}`, 400, "")
	v.wantStatus("GET", "/organization", "", 200, "")
	answer, err := v.client.Get(s.URL() + "/nowhere")
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != 404 {
		t.Errorf("a path of no upstream: %s", answer.Status)
	}
	requests := s.Requests()
	if len(requests) != 3 {
		t.Fatalf("%d requests", len(requests))
	}
	first := requests[0]
	if first.System != sandbox.Gradient || first.Method != "PATCH" || first.Path != "/api/vendor-api/organization/accounts/a/b" ||
		first.Query != "x=%20y" || first.Body != `{"name":"n"}` || first.Status != 400 ||
		first.Header.Get("GRADIENT-TOKEN") != v.token || time.Since(first.At) > time.Minute {
		t.Errorf("recorded %+v", first)
	}
	if requests[1].Status != 200 || requests[2].System != sandbox.Microsoft || requests[2].Status != 404 {
		t.Errorf("recorded %+v and %+v", requests[1], requests[2])
	}
	s.ClearRequests()
	if len(s.Requests()) != 0 {
		t.Error("requests are not forgotten")
	}
}

func TestServerRoutesPathsToUpstreams(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Seed{}, sandbox.Options{})
	for path, system := range map[string]string{
		"/api/vendor-api":                                        sandbox.Gradient,
		"/api/vendor-api/":                                       sandbox.Gradient,
		"/api/vendor-api/organization":                           sandbox.Gradient,
		"/api/vendor-apis":                                       psa.HaloPSA,
		"/api/RecurringInvoice":                                  psa.HaloPSA,
		"/auth/token":                                            psa.HaloPSA,
		"/login/companyinfo/saltmarsh":                           psa.ConnectWise,
		"/v4_6_release/apis/3.0/system/info":                     psa.ConnectWise,
		"/atservicesrest/versioninformation":                     psa.Autotask,
		"/zone7/atservicesrest/v1.0":                             psa.Autotask,
		"/api/beta/company":                                      sandbox.CloudRadial,
		"/v2/odata/company":                                      sandbox.CloudRadial,
		"/compatibility/company":                                 sandbox.CloudRadial,
		"/v1.0/subscribedSkus":                                   sandbox.Microsoft,
		"/contoso.example/oauth2/v2.0/token":                     sandbox.Microsoft,
		"/contoso.example/v2.0/.well-known/openid-configuration": sandbox.Microsoft,
		"/common/discovery/instance":                             sandbox.Microsoft,
		"/":                                                      sandbox.Microsoft,
	} {
		s.ClearRequests()
		answer, err := http.Get(s.HTTPURL() + path)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if got := s.Requests()[0].System; got != system {
			t.Errorf("%s went to %q, want %q", path, got, system)
		}
	}
}

func TestServerLatencyDelaysEveryUpstream(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Seed{}, sandbox.Options{Latency: 30 * time.Millisecond})
	for _, path := range []string{"/api/vendor-api", "/v2/odata/company", "/v1.0/subscribedSkus"} {
		began := time.Now()
		answer, err := http.Get(s.HTTPURL() + path)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if took := time.Since(began); took < 30*time.Millisecond {
			t.Errorf("%s took %v", path, took)
		}
	}
}

func TestServerEnvironment(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Seed{}, sandbox.Options{})
	creds := s.Credentials()
	want := map[string]string{
		"CLOUDRADIAL_BASE_URL":                s.URL(),
		"CLOUDRADIAL_PUBLIC_KEY":              creds.CloudRadialPublicKey,
		"CLOUDRADIAL_PRIVATE_KEY":             creds.CloudRadialPrivateKey,
		"GRADIENT_BASE_URL":                   s.URL(),
		"GRADIENT_VENDOR_API_KEY":             creds.GradientVendorKey,
		"GRADIENT_PARTNER_API_KEY":            creds.GradientPartnerKey,
		"ARM_CLIENT_ID":                       creds.MicrosoftClientID,
		"ARM_CLIENT_SECRET":                   creds.MicrosoftClientSecret,
		"ARM_ACTIVE_DIRECTORY_AUTHORITY_HOST": s.URL(),
		"ARM_MSGRAPH_ENDPOINT":                s.URL(),
		"CLOUDRADIAL_CA_CERTIFICATE_FILE":     s.CAFile(),
	}
	if got := s.Env(); !maps.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
	if !regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`).MatchString(creds.MicrosoftClientID) {
		t.Errorf("%s is not a GUID", creds.MicrosoftClientID)
	}
	seen := map[string]bool{}
	for _, value := range []string{creds.CloudRadialPublicKey, creds.CloudRadialPrivateKey, creds.GradientVendorKey, creds.GradientPartnerKey, creds.MicrosoftClientSecret} {
		if len(value) < 40 || seen[value] {
			t.Errorf("%q is short, or not the only one", value)
		}
		seen[value] = true
	}
	if other := start(t, sandbox.Seed{}, sandbox.Options{}).Credentials(); other.GradientPartnerKey == creds.GradientPartnerKey {
		t.Error("two servers share a key")
	}
}

func TestServerSecretsIncludeOldKeys(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Seed{}, sandbox.Options{})
	before := s.Credentials()
	s.RegenerateKey()
	after := s.Credentials()
	if before.GradientPartnerKey == after.GradientPartnerKey || before.GradientVendorKey != after.GradientVendorKey {
		t.Errorf("regenerated %v to %v", before, after)
	}
	encode := func(a, b string) string { return base64.StdEncoding.EncodeToString([]byte(a + ":" + b)) }
	for _, secret := range []string{
		before.GradientVendorKey, before.GradientPartnerKey, after.GradientPartnerKey,
		encode(before.GradientVendorKey, before.GradientPartnerKey), encode(after.GradientVendorKey, after.GradientPartnerKey),
		before.CloudRadialPrivateKey, encode(before.CloudRadialPublicKey, before.CloudRadialPrivateKey),
		before.MicrosoftClientSecret,
	} {
		if !slices.Contains(s.Secrets(), secret) {
			t.Errorf("%s is not among the secrets", secret)
		}
	}
	if slices.Contains(s.Secrets(), "") || slices.Contains(s.Secrets(), before.CloudRadialPublicKey) {
		t.Errorf("no secrets: %v", s.Secrets())
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for part, attempt := range map[string]struct {
		seed    sandbox.Seed
		options sandbox.Options
	}{
		`no switch is named "gradient-zero"`: {options: sandbox.Options{Switches: map[string]string{"gradient-zero": "accept"}}},
		`switch gradient-zero-count cannot be "yes", only accept, refuse`: {
			options: sandbox.Options{Switches: map[string]string{"gradient-zero-count": "yes"}}},
		"cannot be negative":                          {options: sandbox.Options{RateLimit: -1}},
		`account id "a" is empty or used twice`:       {seed: sandbox.Seed{Accounts: []sandbox.Account{{ID: "a"}, {ID: "a"}}}},
		`account a cannot be "yes"`:                   {seed: sandbox.Seed{Accounts: []sandbox.Account{{ID: "a", Mapped: "yes"}}}},
		`service "" has no name`:                      {seed: sandbox.Seed{Services: []sandbox.Service{{}}}},
		`status cannot be "ready"`:                    {seed: sandbox.Seed{Status: "ready"}},
		"company id 0 is not positive or used twice":  {seed: sandbox.Seed{Companies: []sandbox.Company{{Name: "n"}}}},
		`tenant id or domain "a.example" is empty or`: {seed: sandbox.Seed{Tenants: []sandbox.Tenant{{ID: "a", Domains: []string{"a.example"}}, {ID: "b", Domains: []string{"a.example"}}}}},
	} {
		s, err := sandbox.New(attempt.seed, attempt.options)
		if err == nil {
			s.Close()
			t.Errorf("accepted, want %q", part)
		} else if !strings.Contains(err.Error(), part) {
			t.Errorf("%v, want %q", err, part)
		}
	}
}

func TestSwitchesAreDescribed(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, known := range sandbox.Switches {
		if seen[known.Name] || known.Doc == "" || !strings.Contains(known.Section, ".md ") || len(known.Values) < 2 ||
			!slices.Contains([]sandbox.Sight{sandbox.SeenByReading, sandbox.SeenByWrongKey, sandbox.SeenByWriting}, known.Seen) {
			t.Errorf("%+v: used twice, not described, with one value only, without a section, or it is not said what shows it", known)
		}
		seen[known.Name] = true
	}
}
