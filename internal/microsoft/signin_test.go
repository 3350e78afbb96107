// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package microsoft

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/youmark/pkcs8"
	"software.sslmate.com/src/go-pkcs12"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

func TestSignInWithSecret(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	licenses := mustRead(t, f.client(t), tenantA)
	if len(licenses.SKUs) != 1 || *licenses.SKUs[0].Enabled != 25 {
		t.Errorf("got %+v", licenses)
	}
	form := f.lastForm(t)
	for field, want := range map[string]string{
		"grant_type":    "client_credentials",
		"client_id":     f.options().ClientID,
		"client_secret": f.options().ClientSecret,
	} {
		if form.Get(field) != want {
			t.Errorf("%s is %q, want %q", field, form.Get(field), want)
		}
	}
	if !strings.Contains(form.Get("scope"), f.URL+"/.default") {
		t.Errorf("scope %q", form.Get("scope"))
	}
	want := []string{
		"GET /" + tenantA + "/v2.0/.well-known/openid-configuration",
		"GET /v1.0/directory/subscriptions",
		"GET /v1.0/subscribedSkus",
		"POST /" + tenantA + "/oauth2/v2.0/token",
	}
	if got := f.paths(); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("requests %q, want %q (and no instance discovery)", got, want)
	}
}

// testCertificate is made once: RSA keys take their time.
var testCertificate = sync.OnceValues(func() (*rsa.PrivateKey, *x509.Certificate) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "app"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return key, certificate
})

func pfx(t *testing.T, encoder *pkcs12.Encoder, password string) []byte {
	t.Helper()
	key, certificate := testCertificate()
	data, err := encoder.Encode(key, certificate, nil, password)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func pemFile(t *testing.T) []byte {
	t.Helper()
	key, certificate := testCertificate()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})...)
}

func writeFile(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSignInWithCertificate(t *testing.T) {
	t.Parallel()
	modern := pfx(t, pkcs12.Modern2023, "pass word")
	cases := map[string]Options{
		"inline PKCS#12":              {ClientCertificate: base64.StdEncoding.EncodeToString(modern), ClientCertificatePassword: "pass word"},
		"PKCS#12 file, old algorithm": {ClientCertificatePath: writeFile(t, "app.pfx", pfx(t, pkcs12.LegacyDES, "old")), ClientCertificatePassword: "old"},
		"PKCS#12 without password":    {ClientCertificatePath: writeFile(t, "app.pfx", pfx(t, pkcs12.Modern2023, ""))},
		"PEM file":                    {ClientCertificatePath: writeFile(t, "app.pem", pemFile(t))},
		"both, the same": {
			ClientCertificate:         base64.StdEncoding.EncodeToString(modern),
			ClientCertificatePath:     writeFile(t, "app.pfx", modern),
			ClientCertificatePassword: "pass word",
		},
	}
	_, certificate := testCertificate()
	thumbprint := sha256.Sum256(certificate.Raw)
	for name, given := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			options := f.options() // the secret stays set: the certificate comes first
			options.ClientCertificate = given.ClientCertificate
			options.ClientCertificatePath = given.ClientCertificatePath
			options.ClientCertificatePassword = given.ClientCertificatePassword
			mustRead(t, mustClient(t, options), tenantA)
			form := f.lastForm(t)
			if form.Has("client_secret") {
				t.Error("the secret was sent too")
			}
			header, err := base64.RawURLEncoding.DecodeString(strings.Split(form.Get("client_assertion"), ".")[0])
			if err != nil {
				t.Fatal(err)
			}
			var fields map[string]any
			if err := json.Unmarshal(header, &fields); err != nil {
				t.Fatal(err)
			}
			if fields["x5t#S256"] != base64.RawURLEncoding.EncodeToString(thumbprint[:]) &&
				fields["x5t#S256"] != base64.StdEncoding.EncodeToString(thumbprint[:]) {
				t.Errorf("the assertion is not signed with the certificate: %v", fields)
			}
		})
	}
}

func TestSignInWithOIDC(t *testing.T) {
	t.Parallel()
	t.Run("static token", func(t *testing.T) {
		t.Parallel()
		f := newFake(t)
		options := f.options()
		options.ClientSecret, options.UseOIDC, options.OIDCToken = "", true, " static-token\n"
		mustRead(t, mustClient(t, options), tenantA)
		if got := f.lastForm(t).Get("client_assertion"); got != "static-token" {
			t.Errorf("assertion %q", got)
		}
	})
	t.Run("file, read for each exchange", func(t *testing.T) {
		t.Parallel()
		f := newFake(t)
		options := f.options()
		options.ClientSecret, options.UseOIDC = "", true
		options.OIDCTokenFilePath = writeFile(t, "token", []byte("first\n"))
		client := mustClient(t, options)
		for _, want := range []string{"first", "second"} {
			if err := os.WriteFile(options.OIDCTokenFilePath, []byte(want+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			mustRead(t, client, want+".example")
			if got := f.lastForm(t).Get("client_assertion"); got != want {
				t.Errorf("assertion %q, want %q", got, want)
			}
		}
		if err := os.Remove(options.OIDCTokenFilePath); err != nil {
			t.Fatal(err)
		}
		mustFail(t, client, tenantB, CauseCredential, "oidc_token_file_path cannot be read")
	})
	t.Run("request URL", func(t *testing.T) {
		t.Parallel()
		f := newFake(t)
		asked := make(chan *http.Request, 10)
		f.oidc = func(w http.ResponseWriter, r *http.Request) {
			asked <- r
			answerJSON(w, 200, `{"count":1,"value":"fresh-token"}`)
		}
		client := mustClient(t, f.oidcOptions())
		mustRead(t, client, tenantA)
		mustRead(t, client, tenantB)
		if got := f.lastForm(t).Get("client_assertion"); got != "fresh-token" {
			t.Errorf("assertion %q", got)
		}
		if len(asked) != 2 {
			t.Fatalf("%d tokens asked for, want one for each tenant", len(asked))
		}
		r := <-asked
		if want := (url.Values{"api-version": {"2.0"}, "audience": {"api://AzureADTokenExchange"}}).Encode(); r.Method != "GET" || r.URL.Query().Encode() != want {
			t.Errorf("%s %s, want a GET with %s", r.Method, r.URL, want)
		}
		if r.Header.Get("Authorization") != "Bearer request-token" {
			t.Error("not authorized with the request token")
		}
	})
}

// oidcOptions sign in with a token of the fake's OIDC endpoint. A static token is set too, and must not be used.
func (f *fake) oidcOptions() Options {
	options := f.options()
	options.ClientSecret, options.UseOIDC, options.OIDCToken = "", true, "stale-token"
	options.OIDCRequestURL, options.OIDCRequestToken = f.URL+"/oidc?api-version=2.0", "request-token"
	return options
}

func TestOIDCRequestFails(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		answer http.HandlerFunc
		cause  Cause
		text   string
	}{
		"refused": {func(w http.ResponseWriter, _ *http.Request) {
			answerJSON(w, 401, `{"message":"the token request-token is expired"}`)
		}, CauseCredential, "401"},
		"down":     {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, CauseUnavailable, "503"},
		"cut off":  {func(w http.ResponseWriter, _ *http.Request) { cutOff(w, `{"value":"eyJhbGciOiJSUzI1NiJ9.e30`) }, CauseUnavailable, "no complete answer"},
		"no value": {func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, 200, `{"token":"eyJhbGciOiJSUzI1NiJ9"}`) }, CauseCredential, `without a token in "value"`},
		"no JSON": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("eyJhbGciOiJSUzI1NiJ9.e30.c2ln"))
		}, CauseCredential, `without a token in "value"`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			f.oidc = c.answer
			mustFail(t, mustClient(t, f.oidcOptions()), tenantA, c.cause, c.text, "sign in")
			if f.count("/oauth2/v2.0/token") != 0 {
				t.Error("a token was asked for without an assertion")
			}
		})
	}
}

// The environment is set for the whole process, so this test and its steps run alone.
func TestSignInWithCLI(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the stand-in for az is a shell script")
	}
	f := newFake(t)
	options := f.options()
	options.ClientID, options.ClientSecret, options.UseCLI = "", "", true
	bin := t.TempDir()
	t.Setenv("PATH", bin)

	failed := mustFail(t, mustClient(t, options), tenantA, CauseCredential, "az) is not on the PATH", "client_secret")
	if strings.Contains(failed, "http") || strings.Contains(failed, "AzureCLICredential") {
		t.Errorf("azidentity's words in %s", failed)
	}

	az := func(script string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(bin, "az"), []byte("#!/bin/sh\n"+script), 0o700); err != nil { //nolint:gosec // it must run
			t.Fatal(err)
		}
	}
	az(`echo "WARNING: something" >&2; echo "ERROR: AADSTS50020: User account does not exist in tenant. Trace ID: 1" >&2; exit 1`)
	mustFail(t, mustClient(t, options), tenantA, CauseUser, "AADSTS50020", "az login --tenant "+tenantA)
	for _, number := range []string{"50076", "50079", "50158", "500571", "50057", "50072", "70043", "7999999"} {
		az(`echo "ERROR: AADSTS` + number + `: The user must do something. Trace ID: 1" >&2; exit 1`)
		failed := readOne(t, mustClient(t, options), tenantA).Err
		if failed == nil || failed.Cause != CauseUser || strings.Count(failed.Message, "az login --tenant "+tenantA) != 1 {
			t.Errorf("%s: %+v, want the login to this tenant once", number, failed)
		}
	}
	az(`echo "ERROR: AADSTS50076: You must use multi-factor authentication. Run: az login --tenant ` + tenantA + `" >&2; exit 1`)
	if failed := readOne(t, mustClient(t, options), tenantA).Err; failed == nil || strings.Count(failed.Message, "az login") != 1 {
		t.Errorf("%+v, want what az says and no more", failed)
	}
	az(`echo "ERROR: Please run 'az login' to setup account." >&2; exit 1`)
	mustFail(t, mustClient(t, options), tenantA, CauseCredential, "az login")
	az(fmt.Sprintf(`[ "$*" = "account get-access-token -o json --resource %s --tenant %s" ] || { echo "asked: $*" >&2; exit 1; }
echo '{"accessToken":"%s","expires_on":%d}'`, f.URL, tenantA, accessToken(tenantA), time.Now().Add(time.Hour).Unix()))
	mustRead(t, mustClient(t, options), tenantA)
	if f.count("/token") != 0 {
		t.Error("Entra was asked although the CLI signs in")
	}

	// The program gets no key of any system, and what it prints is masked for all of them.
	keys := map[string]string{
		"CLOUDRADIAL_PRIVATE_KEY": "private-key-0123456789", "GRADIENT_VENDOR_API_KEY": "vendor-key-0123456789", "GRADIENT_PARTNER_API_KEY": "partner-key-0123456789",
		"ARM_CLIENT_SECRET": "arm-secret-0123456789", "AZURE_CLIENT_SECRET": "azure-secret-0123456789", "SYSTEM_ACCESSTOKEN": "system-token-0123456789",
		"TF_VAR_partner_key": "variable-0123456789", "AWS_SECRET_ACCESS_KEY": "aws-key-0123456789",
	}
	var secrets []string
	for name, value := range keys {
		t.Setenv(name, value)
		secrets = append(secrets, value)
	}
	t.Setenv("AZURE_CONFIG_DIR", "/home/me/.azure")
	az(`/usr/bin/env > "$0.env" 2>/dev/null || env > "$0.env"; exit 1`)
	readOne(t, mustClient(t, options), tenantA)
	given, err := os.ReadFile(filepath.Join(bin, "az.env"))
	if err != nil || !strings.Contains(string(given), "AZURE_CONFIG_DIR=/home/me/.azure") || !strings.Contains(string(given), "PATH="+bin) {
		t.Errorf("az has the environment %s, %v", given, err)
	}
	options.Masker = rest.NewMasker(secrets)
	for name, value := range keys {
		if strings.Contains(string(given), name) || strings.Contains(string(given), value) {
			t.Errorf("az gets %s", name)
		}
		az(`echo "ERROR: it has ` + value + `" >&2; exit 1`)
		if failed := mustFail(t, mustClient(t, options), tenantA, CauseCredential, "it has ***"); strings.Contains(failed, value) {
			t.Errorf("the key is in %s", failed)
		}
	}
}

// Only the host of the configuration gets the secret, whatever the answer about the tenant's addresses says.
func TestSecretGoesToTheConfiguredHostOnly(t *testing.T) {
	t.Parallel()
	stranger := newFake(t)
	for name, endpoint := range map[string]string{
		"another host": strings.Replace(stranger.URL, "127.0.0.1", "localhost", 1), "another port": stranger.URL, "plain http": "http://127.0.0.1:80",
	} {
		f := newFake(t)
		entra := f.Config.Handler
		f.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, "openid-configuration") {
				entra.ServeHTTP(w, r)
				return
			}
			answerJSON(w, 200, fmt.Sprintf(`{"token_endpoint":"%[1]s/%[2]s/oauth2/v2.0/token","issuer":"%[3]s/%[2]s/v2.0","authorization_endpoint":"%[3]s/a"}`,
				endpoint, tenantA, f.URL))
		})
		failed := readOne(t, f.client(t), tenantA).Err
		if failed == nil {
			t.Fatalf("%s: signed in", name)
		}
		if f.count("/token") != 0 || len(stranger.paths()) != 0 {
			t.Errorf("%s: requests %q and %q", name, f.paths(), stranger.paths())
		}
		if failed.Cause != CauseCredential || !strings.Contains(failed.Message, endpoint) || !strings.Contains(failed.Message, f.URL) {
			t.Errorf("%s: %s, want both hosts", name, failed.Message)
		}
	}
}

// A cloud's own names for its sign-in are one service. A region, or a name that looks like one, is another.
func TestWhereTheSecretMayGo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		authority, to string
		may           bool
	}{
		{"https://login.chinacloudapi.cn", "https://login.partner.microsoftonline.cn/t/oauth2/v2.0/token", true},
		{"https://login.microsoftonline.com", "https://LOGIN.microsoftonline.com/t/oauth2/v2.0/token", true},
		{"https://login.microsoftonline.com", "https://login.windows.net/t/oauth2/v2.0/token", true},
		{"https://login.microsoftonline.com", "https://westeurope.login.microsoft.com/t/oauth2/v2.0/token", false},
		{"https://login.microsoftonline.com", "https://login.microsoftonline.us/t/oauth2/v2.0/token", false},
		{"https://login.microsoftonline.com", "http://login.microsoftonline.com/t/oauth2/v2.0/token", false},
		{"https://login.microsoftonline.com", "https://login.microsoftonline.com:444/t/oauth2/v2.0/token", false},
		{"https://login.microsoftonline.us", "https://login.microsoftonline.com/common/discovery/instance", true},
		{"https://my.authority.example", "https://login.microsoftonline.com/t/oauth2/v2.0/token", false},
	} {
		address, err := url.Parse(c.to)
		if err != nil {
			t.Fatal(err)
		}
		if err := (&signInTransport{authority: c.authority}).check(address); (err == nil) != c.may {
			t.Errorf("%s to %s: %v", c.authority, c.to, err)
		}
	}
}

// The environment is set for the whole process, so this test runs alone.
func TestRegionDoesNotMoveTheSignIn(t *testing.T) {
	t.Setenv("AZURE_REGIONAL_AUTHORITY_NAME", "westeurope")
	t.Setenv("MSAL_FORCE_REGION", "westeurope")
	f := newFake(t)
	mustRead(t, f.client(t), tenantA)
	if f.count("POST /"+tenantA+"/oauth2/v2.0/token") != 1 {
		t.Errorf("requests %q", f.paths())
	}
}

// AZURE_SDK_GO_LOGGING=all prints headers and bodies that no masker has seen. It is read when a program starts.
func TestTheSDKPrintsNothing(t *testing.T) {
	if os.Getenv("AZURE_SDK_GO_LOGGING") == "all" {
		f := newFake(t)
		mustRead(t, f.client(t), tenantA)
		return
	}
	t.Parallel()
	command := exec.Command(os.Args[0], "-test.run=^TestTheSDKPrintsNothing$", "-test.v")
	command.Env = append(os.Environ(), "AZURE_SDK_GO_LOGGING=all")
	output, err := command.CombinedOutput()
	if err != nil || !strings.Contains(string(output), "PASS: TestTheSDKPrintsNothing") {
		t.Fatalf("%v: %s", err, output)
	}
	for _, text := range []string{"oauth2/v2.0/token", "Request:", "Authentication:", "User-Agent"} {
		if strings.Contains(string(output), text) {
			t.Errorf("%q is in %s", text, output)
		}
	}
}

func TestSignInFromAzureDevOps(t *testing.T) {
	f := newFake(t)
	asked := make(chan *http.Request, 10)
	answer := func(w http.ResponseWriter) { answerJSON(w, 200, `{"oidcToken":"token-of-the-connection"}`) }
	f.oidc = func(w http.ResponseWriter, r *http.Request) {
		asked <- r
		answer(w)
	}
	options := f.options()
	options.ClientSecret, options.UseOIDC, options.ADOPipelineServiceConnectionID = "", true, "connection"
	options.OIDCRequestURL, options.OIDCRequestToken = f.URL+"/oidc", "system-token"
	options.Names = map[string]string{"ado_pipeline_service_connection_id": "the connection of ARM_X", "oidc_request_token": "the token of SYSTEM_ACCESSTOKEN"}
	if _, err := New(options); err == nil || !strings.Contains(err.Error(), "the connection of ARM_X is set, but the environment variable SYSTEM_OIDCREQUESTURI is not") {
		t.Errorf("without the variable: %v", err)
	}
	t.Setenv("SYSTEM_OIDCREQUESTURI", f.URL+"/other")
	if _, err := New(options); err == nil || !strings.Contains(err.Error(), "SYSTEM_OIDCREQUESTURI") {
		t.Errorf("with two addresses: %v", err)
	}
	t.Setenv("SYSTEM_OIDCREQUESTURI", f.URL+"/oidc")
	mustRead(t, mustClient(t, options), tenantA)
	if got := f.lastForm(t).Get("client_assertion"); got != "token-of-the-connection" {
		t.Errorf("assertion %q", got)
	}
	r := <-asked
	if r.Method != http.MethodPost || r.Header.Get("Authorization") != "Bearer system-token" || r.URL.Query().Get("serviceConnectionId") != "connection" {
		t.Errorf("asked with %s %s", r.Method, r.URL)
	}
	for text, refuse := range map[string]func(http.ResponseWriter){
		"answered 401 to the request for an OIDC token": func(w http.ResponseWriter) { w.WriteHeader(401) },
		"answered 400 to the request for an OIDC token: No service connection found": func(w http.ResponseWriter) {
			answerJSON(w, 400, `{"message":"No service connection found"}`)
		},
		`without a token in "oidcToken"`: func(w http.ResponseWriter) { answerJSON(w, 200, `{"value":"x"}`) },
	} {
		answer = refuse
		before := f.count("/oauth2/")
		mustFail(t, mustClient(t, options), tenantB, CauseCredential, "Azure DevOps", text, "the connection of ARM_X", "the token of SYSTEM_ACCESSTOKEN")
		if f.count("/oauth2/") != before {
			t.Errorf("%s: signed in without a token", text)
		}
	}
}

func TestSignInInAKS(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	options := f.options()
	options.ClientSecret, options.UseAKSWorkloadIdentity = "", true
	options.OIDCTokenFilePath = writeFile(t, "token", []byte("token-of-the-pod"))
	client := mustClient(t, options)
	mustRead(t, client, tenantA)
	if got := f.lastForm(t); got.Get("client_assertion") != "token-of-the-pod" || got.Get("client_id") != options.ClientID {
		t.Errorf("form %v", got)
	}
	options.OIDCTokenFilePath += ".gone"
	options.Names = map[string]string{"oidc_token_file_path": "the file of AZURE_FEDERATED_TOKEN_FILE"}
	if _, err := New(options); err == nil || !strings.Contains(err.Error(), "the file of AZURE_FEDERATED_TOKEN_FILE cannot be read") {
		t.Errorf("without the file: %v", err)
	}
}

// The endpoint is found in the environment of the process, so this test runs alone.
func TestSignInWithManagedIdentity(t *testing.T) {
	f := newFake(t)
	var status atomic.Int64
	asked := make(chan url.Values, 10)
	identity := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Query()
		if code := status.Load(); code != 0 {
			answerJSON(w, int(code), `{"error":"invalid_request","error_description":"Identity not found. More."}`)
			return
		}
		claims := base64.RawURLEncoding.EncodeToString([]byte(`{"tid":"` + tenantA + `"}`))
		answerJSON(w, 200, fmt.Sprintf(`{"access_token":"e30.%s.c2ln","expires_on":"%d","resource":"%s","token_type":"Bearer"}`,
			claims, time.Now().Add(time.Hour).Unix(), r.URL.Query().Get("resource")))
	}))
	t.Cleanup(identity.Close)
	t.Setenv("IDENTITY_ENDPOINT", identity.URL)
	t.Setenv("IDENTITY_HEADER", "header")

	options := f.options()
	options.ClientSecret, options.ClientID, options.UseMSI, options.MSIClientID = "", "application", true, "identity"
	mustRead(t, mustClient(t, options), tenantB)
	if got := <-asked; got.Get("resource") != "api://AzureADTokenExchange" || got.Get("client_id") != "identity" {
		t.Errorf("asked for %v", got)
	}
	if got := f.lastForm(t); got.Get("client_id") != "application" || !strings.HasPrefix(got.Get("client_assertion"), "e30.") {
		t.Errorf("form %v", got)
	}

	options.MSIClientID = "another"
	status.Store(400)
	mustFail(t, mustClient(t, options), tenantB, CauseCredential, "managed identities answered 400: Identity not found")
	status.Store(0)

	// By itself an identity reads its own tenant. Azure gives a token for that one whichever tenant is asked for.
	options.ClientID, options.MSIClientID = "own", ""
	client := mustClient(t, options)
	mustFail(t, client, tenantB, CauseCredential, "reads its own tenant only, which is "+tenantA, "msi_client_id")
	mustFail(t, client, "contoso.example", CauseCredential, "named by its GUID")
	if client.AdminConsentURL(tenantA) != "" {
		t.Error("there is no application to consent to")
	}
	if f.count("/v1.0/") != 2 {
		t.Errorf("licences were read of another tenant: %q", f.paths())
	}
}

// certificateUntil returns PEM of a certificate with these dates.
func certificateUntil(t *testing.T, from, until time.Time) []byte {
	t.Helper()
	key, _ := testCertificate()
	template := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "app"}, NotBefore: from, NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func TestEncryptedKeys(t *testing.T) {
	t.Parallel()
	key, certificate := testCertificate()
	chain := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw})
	modern, err := pkcs8.MarshalPrivateKey(key, []byte("pass word"), nil)
	if err != nil {
		t.Fatal(err)
	}
	old, err := x509.EncryptPEMBlock(rand.Reader, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key), []byte("pass word"), x509.PEMCipherAES256) //nolint:staticcheck // people have such files
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"PKCS#8":      append(chain, pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: modern})...),
		"OpenSSL":     append(pem.EncodeToMemory(old), chain...),
		"with a mark": append([]byte("\ufeff"), pemFile(t)...),
	} {
		f := newFake(t)
		options := f.options()
		options.ClientSecret, options.ClientCertificatePath = "", writeFile(t, "app.pem", content)
		options.ClientCertificatePassword = "pass word"
		mustRead(t, mustClient(t, options), tenantA)
		if !f.lastForm(t).Has("client_assertion") {
			t.Errorf("%s: no assertion", name)
		}
		if options.ClientCertificatePassword = "hidden"; name == "with a mark" {
			continue
		}
		options.Names = map[string]string{"client_certificate_password": "the password of X"}
		if _, err := New(options); err == nil || !strings.Contains(err.Error(), "encrypted and cannot be opened with the password of X") || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A certificate that Entra would refuse is refused before anything is sent, with the date.
func TestDatesOfCertificates(t *testing.T) {
	t.Parallel()
	key, _ := testCertificate()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	now := time.Now()
	for want, certificate := range map[string][]byte{
		"of the path in X expired on 2024-03-01: make a new one": certificateUntil(t, now.AddDate(-9, 0, 0), time.Date(2024, 3, 1, 12, 0, 0, 0, time.UTC)),
		"of the path in X is valid from 2099-03-01 12:00 UTC on": certificateUntil(t, time.Date(2099, 3, 1, 12, 0, 0, 0, time.UTC), now.AddDate(99, 0, 0)),
	} {
		_, err := New(Options{ClientID: "x", ClientCertificatePath: writeFile(t, "app.pem", append(certificate, keyPEM...)),
			Names: map[string]string{"client_certificate_path": "the path in X"}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	good := pfx(t, pkcs12.Modern2023, "right")
	key, _ := testCertificate()
	keyOnly := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	cases := map[string]struct {
		options Options
		texts   []string
	}{
		"nothing":            {Options{}, []string{"client_id", "client_secret", "use_cli"}},
		"only an id":         {Options{ClientID: "x"}, []string{"client_secret"}},
		"no id":              {Options{ClientSecret: "x", UseCLI: true}, []string{"client_id"}},
		"certificate base64": {Options{ClientID: "x", ClientCertificate: "%%%hidden"}, []string{"client_certificate is not base64"}},
		"certificate content": {Options{ClientID: "x", ClientCertificate: base64.StdEncoding.EncodeToString([]byte("hidden"))},
			[]string{"client_certificate is neither PKCS#12 nor PEM"}},
		"certificate password": {Options{ClientID: "x", ClientCertificate: base64.StdEncoding.EncodeToString(good), ClientCertificatePassword: "hidden"},
			[]string{"client_certificate cannot be opened with client_certificate_password"}},
		"certificate path": {Options{ClientID: "x", ClientCertificatePath: filepath.Join(t.TempDir(), "none.pfx")}, []string{"client_certificate_path cannot be read"}},
		"certificate alone": {Options{ClientID: "x", ClientCertificatePath: writeFile(t, "key.pem", keyOnly)},
			[]string{"client_certificate_path is PEM", "no certificate"}},
		"two certificates": {Options{ClientID: "x", ClientCertificate: base64.StdEncoding.EncodeToString(good), ClientCertificatePath: writeFile(t, "a.pem", pemFile(t))},
			[]string{"client_certificate and client_certificate_path"}},
		"OIDC without token":   {Options{ClientID: "x", UseOIDC: true}, []string{"oidc_request_url", "oidc_token_file_path", "oidc_token"}},
		"OIDC half":            {Options{ClientID: "x", UseOIDC: true, OIDCRequestURL: "https://ci.example"}, []string{"oidc_request_token"}},
		"OIDC plain http":      {Options{ClientID: "x", UseOIDC: true, OIDCRequestURL: "http://ci.example", OIDCRequestToken: "hidden"}, []string{"oidc_request_url must be an https address"}},
		"OIDC tokens differ":   {Options{ClientID: "x", UseOIDC: true, OIDCToken: "hidden", OIDCTokenFilePath: writeFile(t, "token", []byte("other"))}, []string{"different tokens"}},
		"environment":          {Options{ClientID: "x", ClientSecret: "hidden", Environment: "german"}, []string{`"german"`, "public, global, usgovernment, usgovernmentl4, usgovernmentl5, dod, china"}},
		"plain authority":      {Options{ClientID: "x", ClientSecret: "hidden", AuthorityHost: "http://127.0.0.1:80"}, []string{"authority_host must be https"}},
		"authority no address": {Options{ClientID: "x", ClientSecret: "hidden", AuthorityHost: "login.example"}, []string{"authority_host must be an address"}},
		"authority with path":  {Options{ClientID: "x", ClientSecret: "hidden", AuthorityHost: "https://login.example/tenant"}, []string{"authority_host", "without path"}},
		"plain Graph":          {Options{ClientID: "x", ClientSecret: "hidden", GraphEndpoint: "http://graph.example"}, []string{"msgraph_endpoint must be https"}},
		"Graph with user":      {Options{ClientID: "x", ClientSecret: "x", GraphEndpoint: "https://me:hidden@graph.example"}, []string{"msgraph_endpoint", "without path, query or user"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, err := New(c.options)
			if err == nil || client != nil {
				t.Fatal("no error")
			}
			for _, text := range c.texts {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("no %q in %v", text, err)
				}
			}
			if strings.Contains(err.Error(), "hidden") {
				t.Errorf("a secret in %v", err)
			}
		})
	}
}

func TestEnvironments(t *testing.T) {
	t.Parallel()
	for name, hosts := range map[string][3]string{
		"public":         {"https://login.microsoftonline.com", "https://graph.microsoft.com", "api://AzureADTokenExchange"},
		"usgovernmentl4": {"https://login.microsoftonline.us", "https://graph.microsoft.us", "api://AzureADTokenExchangeUSGov"},
		"usgovernmentl5": {"https://login.microsoftonline.us", "https://dod-graph.microsoft.us", "api://AzureADTokenExchangeUSGov"},
		"china":          {"https://login.chinacloudapi.cn", "https://microsoftgraph.chinacloudapi.cn", "api://AzureADTokenExchangeChina"},
	} {
		got, err := newEnvironment(name, "", "")
		if err != nil || [3]string{got.authority, got.graph, got.audience} != hosts || got.overridden {
			t.Errorf("%s: %+v, %v, want %v", name, got, err, hosts)
		}
	}
	want := map[string]environment{
		"":               publicCloud,
		"public":         publicCloud,
		"global":         publicCloud,
		"PUBLIC":         publicCloud,
		"usgovernment":   usGovernmentL4,
		"usgovernmentl4": usGovernmentL4,
		"usgovernmentl5": usGovernmentL5,
		"dod":            usGovernmentL5,
		"china":          china,
	}
	for name, env := range want {
		got, err := newEnvironment(name, "", "")
		if err != nil || got != env {
			t.Errorf("%q: %+v, %v, want %+v", name, got, err, env)
		}
	}
	for _, name := range Environments {
		if _, ok := want[name]; !ok {
			t.Errorf("%q is offered and not tested", name)
		}
	}
	got, err := newEnvironment("china", "https://LOGIN.example:8443/", "https://graph.example")
	if err != nil || got.authority != "https://login.example:8443" || got.graph != "https://graph.example" || !got.overridden || got.audience != china.audience {
		t.Errorf("overridden: %+v, %v", got, err)
	}
}

func TestAdminConsentURL(t *testing.T) {
	t.Parallel()
	client := mustClient(t, Options{ClientID: "the id", ClientSecret: "x", Environment: "dod"})
	if got, want := client.AdminConsentURL(tenantB), "https://login.microsoftonline.us/contoso.onmicrosoft.com/v2.0/adminconsent?client_id=the+id&scope=https://dod-graph.microsoft.us/.default"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := mustClient(t, Options{UseCLI: true}).AdminConsentURL(tenantB); got != "" {
		t.Errorf("got %s, want nothing: the CLI has no application of ours", got)
	}
}

// Without an override, Microsoft's own authority is asked and nobody else.
func TestBuiltInAuthority(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var asked []string
	options := Options{ClientID: "x", ClientSecret: "y", Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, r.URL.Host+r.URL.Path)
		if !strings.HasPrefix(r.Header.Get("User-Agent"), telemetryID+" ") {
			t.Errorf("User-Agent %q", r.Header.Get("User-Agent"))
		}
		return nil, fmt.Errorf("no network")
	})}
	mustFail(t, mustClient(t, options), tenantA, CauseUnavailable, "no network", "sign in")
	for _, address := range asked {
		if !strings.HasPrefix(address, "login.microsoftonline.com/") {
			t.Errorf("asked %s", address)
		}
	}
	// Instance discovery stays on there.
	if len(asked) != 2*signInAttempts || asked[0] != "login.microsoftonline.com/common/discovery/instance" {
		t.Errorf("asked %q, want the instance and the tenant, %d times each", asked, signInAttempts)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
