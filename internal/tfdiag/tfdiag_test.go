// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package tfdiag_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

func request(system string, status int, message string) *rest.Error {
	return &rest.Error{
		System: system, Doing: "read the accounts", Method: "GET", URL: "https://api.example/accounts", Status: status, Message: message,
		Attempts: 1, Sent: true, JSON: true, Header: http.Header{"Content-Type": {"application/json"}},
	}
}

func TestDetail(t *testing.T) {
	t.Parallel()
	page := request("Gradient", 403, "Access denied by the proxy")
	page.Header.Set("Content-Type", "text/html; charset=utf-8")
	unreadable := request("CloudRadial", 200, "")
	unreadable.Err = errors.New("the answer is not JSON")
	patient := request("Gradient", 429, "Request limit reached (100 requests a second)")
	patient.Attempts, patient.RequestID = 5, "req-7"
	never := &rest.Error{System: "Gradient", Doing: "read the accounts", Method: "GET", URL: "https://api.example/accounts", Err: errors.New("no such host")}
	untrusted := &rest.Error{System: "CloudRadial", Doing: "read", Method: "GET", URL: "u", Err: fmt.Errorf("tls: %w", x509.UnknownAuthorityError{})}
	cutOff := &rest.Error{System: "Gradient", Doing: "read", Method: "GET", URL: "u", Sent: true, Err: errors.New("unexpected EOF")}
	cancelled := &rest.Error{System: "Gradient", Doing: "read", Method: "GET", URL: "u", Sent: true, Err: fmt.Errorf("sent: %w", context.Canceled)}

	tests := []struct {
		name string
		err  error
		want []string
	}{
		{"what was asked and answered", request("Gradient", 400, "name is too long"), []string{
			"Asked Gradient to read the accounts (GET https://api.example/accounts).\n", `It answered 400 Bad Request: "name is too long".`, "refuses this request"}},
		{"request id and attempts", patient, []string{"(request id req-7)", "sent 5 times", "gradient.requests_per_second", "GRADIENT_REQUESTS_PER_SECOND"}},
		{"Gradient 401", request("Gradient", 401, "Unauthorized"), []string{"swapped?", "it was regenerated, or the integration was disconnected in Gradient", "generate a new partner key", "GRADIENT_PARTNER_API_KEY"}},
		{"Gradient 403", request("Gradient", 403, "Forbidden"), []string{"anomaly", "talk to Gradient's support"}},
		{"Gradient 403 of a proxy", page, []string{"a proxy, a sign-in page or another server answered instead", "GRADIENT_BASE_URL", "talk to Gradient's support"}},
		{"vendor profile", request("Gradient", 404, "Vendor Profile Not Found"), []string{"gradient.vendor_api_key", "GRADIENT_VENDOR_API_KEY"}},
		{"Gradient 404", request("Gradient", 404, "Cannot GET"), []string{"GRADIENT_BASE_URL"}},
		{"conflict", request("Gradient", 409, "A resource with this Id already exists."), []string{"already exists", "plan again"}},
		{"CloudRadial 401", request("CloudRadial", 401, ""), []string{"It answered 401 Unauthorized.", "public_key", "CLOUDRADIAL_PRIVATE_KEY", "region"}},
		{"CloudRadial 403", request("CloudRadial", 403, "no access"), []string{"may not read or change anything else", "CLOUDRADIAL_BASE_URL"}},
		{"CloudRadial 404", request("CloudRadial", 404, ""), []string{"another region", "https://api.eu.cloudradial.com"}},
		{"CloudRadial 429", request("CloudRadial", 429, ""), []string{"rate limit of CloudRadial", "try again"}},
		{"5xx", request("CloudRadial", 503, "down"), []string{"503 Service Unavailable", "usually passes", "Try again later"}},
		{"other system", request("Microsoft Graph", 403, "denied"), []string{"credentials of Microsoft Graph"}},
		{"no JSON", unreadable, []string{"It answered 200 OK: the answer is not JSON.", "a proxy, a sign-in page", "CLOUDRADIAL_BASE_URL"}},
		{"unreachable", never, []string{"It could not be reached: no such host.", "the network"}},
		{"cut off", cutOff, []string{"It gave no complete answer: unexpected EOF.", "try again"}},
		{"certificate", untrusted, []string{"ca_certificate_file", "CLOUDRADIAL_CA_CERTIFICATE_FILE"}},
		{"cancelled request", cancelled, []string{"The run was cancelled. Apply again"}},
		{"cancelled", fmt.Errorf("waiting: %w", context.Canceled), []string{"The run was cancelled. Apply again"}},
		{"what the client said around it", fmt.Errorf("account %q is half made: %w", "x", request("Gradient", 500, "")),
			[]string{"Account \"x\" is half made.\n\nAsked Gradient"}},
		{"anything else", errors.New("certificate is no PKCS#12"), []string{"Certificate is no PKCS#12."}},
		{"unknown", fmt.Errorf("%w: gradient.partner_api_key", tfdiag.ErrUnknown), []string{"not known yet: gradient.partner_api_key.", "known when Terraform plans"}},
		{"missing", fmt.Errorf("client: %w", &tfdiag.MissingError{System: "Gradient", Missing: []tfdiag.Setting{
			{Attribute: "gradient.partner_api_key", Env: []string{"GRADIENT_PARTNER_API_KEY"}},
			{Attribute: "microsoft.client_id", Env: []string{"CLOUDRADIAL_MICROSOFT_CLIENT_ID", "ARM_CLIENT_ID"}},
		}}), []string{
			"This needs Gradient", "\n  - gradient.partner_api_key (environment variable GRADIENT_PARTNER_API_KEY)",
			"\n  - microsoft.client_id (environment variable CLOUDRADIAL_MICROSOFT_CLIENT_ID or ARM_CLIENT_ID)",
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := tfdiag.Detail(test.err)
			for _, want := range test.want {
				if !strings.Contains(got, want) {
					t.Errorf("%q is missing in:\n%s", want, got)
				}
			}
		})
	}
}

func TestErrorAndAttributeError(t *testing.T) {
	t.Parallel()
	err := request("Gradient", 500, "")
	plain := tfdiag.Error("Accounts cannot be read", err)
	if plain.Severity() != diag.SeverityError || plain.Summary() != "Accounts cannot be read" || plain.Detail() != tfdiag.Detail(err) {
		t.Errorf("got %v", plain)
	}
	at, ok := tfdiag.AttributeError(path.Root("name"), "Account is not changed", err).(diag.DiagnosticWithPath)
	if !ok || !at.Path().Equal(path.Root("name")) || at.Detail() != tfdiag.Detail(err) || at.Severity() != diag.SeverityError {
		t.Errorf("got %v", at)
	}
}
