// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package microsoft

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// wireOAuthError is Entra's answer to a refused sign-in (microsoft.md §3.4).
type wireOAuthError struct {
	Code        string      `json:"error"`
	Description string      `json:"error_description"`
	Numbers     wireNumbers `json:"error_codes"` // the AADSTS numbers
	TraceID     string      `json:"trace_id"`
}

// wireNumbers are AADSTS numbers, as numbers or as strings. Anything else is left out: it must not cost the rest of the answer.
type wireNumbers []int

// UnmarshalJSON implements [json.Unmarshaler].
func (n *wireNumbers) UnmarshalJSON(data []byte) error {
	*n = nil
	var entries []any
	if json.Unmarshal(data, &entries) != nil {
		return nil
	}
	for _, entry := range entries {
		switch entry := entry.(type) {
		case float64:
			*n = append(*n, int(entry))
		case string:
			if number, err := strconv.Atoi(strings.TrimPrefix(strings.TrimSpace(entry), "AADSTS")); err == nil {
				*n = append(*n, number)
			}
		}
	}
	return nil
}

// decodeOAuthError returns an empty error when the body is something else.
func decodeOAuthError(body []byte) wireOAuthError {
	var parsed wireOAuthError
	if err := json.Unmarshal(body, &parsed); err != nil {
		return wireOAuthError{}
	}
	return parsed
}

var aadstsInText = regexp.MustCompile(`AADSTS(\d{4,9})`)

// numbersIn returns the AADSTS numbers of a text.
func numbersIn(text string) []int {
	var numbers []int
	for _, found := range aadstsInText.FindAllStringSubmatch(text, -1) {
		number, _ := strconv.Atoi(found[1]) // nine digits fit
		numbers = append(numbers, number)
	}
	return numbers
}

// aadsts is the meaning of an AADSTS number: it tells apart what shares an OAuth error. The hint may have the words of hintWords.
type aadsts struct {
	cause Cause
	hint  string
}

// hintWords stand in hints for what only the client knows.
const (
	wordTenant     = "{tenant}"
	wordClientID   = "{client_id}"
	wordCredential = "{credential}" // the secret, certificate or OIDC token with the place that it is from
	wordClock      = "{clock}"
)

const (
	hintApplication = "if no tenant can be read, check " + wordClientID
	hintCloud       = "check environment: the tenant seems to be in another cloud"
	hintName        = "check the tenant's id or domain"
	hintSecret      = "check " + wordCredential + ", which must be the secret's value and not its id, and that it belongs to " + wordClientID
	hintFederated   = "no federated credential of the application " + wordClientID + " matches the OIDC token: check its issuer, subject and audience, " +
		"in which upper and lower case count (a new one takes some minutes)"
	hintTime        = "the assertion was not valid at that time: " + wordClock
	hintCertificate = "the certificate of " + wordCredential + " has expired, or is not valid yet: make a new one, register it for the application, and " + wordClock
	hintRevoked     = "the certificate of " + wordCredential + " was revoked: make a new one and register it for the application"
	hintPolicy      = "a Conditional Access policy of the tenant blocks the application"
	hintDefaults    = "the security defaults of the tenant block the sign-in"
	hintCrossTenant = "a tenant restriction or cross-tenant access policy does not let this sign-in into the tenant"
	hintCLILogin    = "sign in again with az login"
	hintCLIUser     = "the user of the Azure CLI has no access to this tenant: sign in as one who has, with az login --tenant " + wordTenant
	hintCLIDisabled = "the account of the Azure CLI's user is disabled in this tenant: its administrator can enable it, or use az login --tenant " + wordTenant +
		" with another user"
	hintCLITenant = "sign in to this tenant again: az login --tenant " + wordTenant
)

// aadstsNumbers has the numbers of microsoft.md §3.4. Microsoft may change them, so an unknown number is not an error: the
// HTTP status and the OAuth error decide then.
var aadstsNumbers = map[int]aadsts{
	65001:   {CauseConsent, ""},
	650052:  {CauseConsent, ""},
	650056:  {CauseConsent, "the application asks for no permission of Microsoft Graph: add Organization.Read.All"},
	650057:  {CauseConsent, "the application asks for no permission of Microsoft Graph: add Organization.Read.All"},
	90094:   {CauseConsent, ""},
	90099:   {CauseConsent, ""},
	700011:  {CauseConsent, hintApplication},
	700016:  {CauseConsent, hintApplication},
	70001:   {CauseConsent, hintApplication},
	7000112: {CauseConsent, "the application is disabled in the tenant"},

	90002:   {CauseTenant, "check the tenant's id or domain, and environment"},
	900023:  {CauseTenant, hintName},
	90019:   {CauseTenant, hintName},
	50059:   {CauseTenant, hintName},
	50128:   {CauseTenant, hintName},
	5000224: {CauseTenant, "the tenant may have been deleted"},
	90038:   {CauseTenant, hintCloud},
	900382:  {CauseTenant, hintCloud},
	50001:   {CauseTenant, hintCloud},
	500011:  {CauseTenant, hintCloud},

	70002:   {CauseCredential, hintSecret},
	7000215: {CauseCredential, hintSecret},
	7000222: {CauseCredential, wordCredential + " has expired: make a new secret in the app registration"},
	50012:   {CauseCredential, "check " + wordCredential + ", and that it belongs to " + wordClientID},
	700024:  {CauseCredential, hintTime},
	500133:  {CauseCredential, hintTime},
	50013:   {CauseCredential, hintTime},
	700027:  {CauseCredential, "the certificate of " + wordCredential + " is not one that is registered for the application " + wordClientID},
	700030:  {CauseCredential, "the certificate of " + wordCredential + " is not one that the application " + wordClientID + " accepts"},
	1000502: {CauseCredential, hintCertificate},
	7000274: {CauseCredential, hintCertificate},
	7000214: {CauseCredential, hintRevoked},
	7000277: {CauseCredential, hintRevoked},
	70021:   {CauseCredential, hintFederated},
	700211:  {CauseCredential, hintFederated},
	700212:  {CauseCredential, hintFederated},
	700213:  {CauseCredential, hintFederated},
	7002138: {CauseCredential, hintFederated},
	7002381: {CauseCredential, "the tenant of the application accepts tokens of this CI system only with a certain enterprise in them: run in a repository of " +
		"that enterprise, or sign in with a certificate"},
	50194: {CauseCredential, "the application " + wordClientID + " is registered for one tenant only: choose accounts in any organizational directory in its " +
		"registration, then have each tenant's administrator consent"},
	700025:  {CauseCredential, "the application " + wordClientID + " is registered as a public client, which has no credential: register a web application"},
	7000218: {CauseCredential, "the request arrived without " + wordCredential + ": if a proxy stands in between, check that it passes requests on as they are"},

	700082: {CauseCredential, hintCLILogin},
	70008:  {CauseCredential, hintCLILogin},
	50173:  {CauseCredential, hintCLILogin},
	50132:  {CauseCredential, hintCLILogin},
	50133:  {CauseCredential, hintCLILogin},

	50020:  {CauseUser, hintCLIUser},
	50177:  {CauseUser, hintCLIUser},
	50014:  {CauseUser, hintCLIUser},
	50034:  {CauseUser, hintCLIUser},
	50105:  {CauseUser, hintCLIUser},
	51004:  {CauseUser, hintCLIUser},
	90072:  {CauseUser, hintCLIUser},
	50057:  {CauseUser, hintCLIDisabled},
	500571: {CauseUser, hintCLIDisabled},
	50072:  {CauseUser, hintCLITenant},
	50074:  {CauseUser, hintCLITenant},
	50076:  {CauseUser, hintCLITenant},
	50078:  {CauseUser, hintCLITenant},
	50079:  {CauseUser, hintCLITenant},
	50158:  {CauseUser, hintCLITenant},
	70043:  {CauseUser, hintCLITenant},

	50005:  {CausePolicy, hintPolicy},
	50097:  {CausePolicy, hintPolicy},
	50131:  {CausePolicy, hintPolicy},
	53000:  {CausePolicy, hintPolicy},
	53001:  {CausePolicy, hintPolicy},
	53002:  {CausePolicy, hintPolicy},
	53003:  {CausePolicy, hintPolicy},
	53004:  {CausePolicy, hintPolicy},
	53010:  {CausePolicy, hintPolicy},
	53011:  {CausePolicy, hintPolicy},
	530004: {CausePolicy, hintPolicy},
	530034: {CausePolicy, hintPolicy},
	530084: {CausePolicy, hintPolicy},
	530035: {CausePolicy, hintDefaults},
	500021: {CausePolicy, hintCrossTenant},
	500022: {CausePolicy, hintCrossTenant},
	500212: {CausePolicy, hintCrossTenant},
	500213: {CausePolicy, hintCrossTenant},

	1002016: {CauseAnswer, "something between this machine and Microsoft uses TLS 1.0 or 1.1: a proxy that inspects the traffic must use TLS 1.2"},

	50033: {CauseUnavailable, ""},
	90006: {CauseUnavailable, ""},
	90012: {CauseUnavailable, ""},
	90024: {CauseUnavailable, ""},
	90033: {CauseUnavailable, ""},
	90090: {CauseUnavailable, ""},
	50196: {CauseUnavailable, ""},
	90055: {CauseThrottled, ""},
}

// meaningOf returns the meaning of the first known number, or an empty one.
func meaningOf(numbers []int) aadsts {
	for _, number := range numbers {
		if meaning, ok := aadstsNumbers[number]; ok {
			return meaning
		}
	}
	return aadsts{}
}

// lookUp returns the meaning of the first known number: of those in the list, or else of those in the text.
func (e wireOAuthError) lookUp() aadsts {
	meaning := meaningOf(append([]int(e.Numbers), numbersIn(e.Description)...))
	// 700027 is a certificate that is not registered, or that is, and has expired there.
	if meaning == aadstsNumbers[700027] && strings.Contains(strings.ToLower(e.Description), "expired") {
		return aadsts{CauseCredential, hintCertificate}
	}
	return meaning
}

// fillIn replaces the words of a hint. header is that of the answer.
func (c *Client) fillIn(hint, tenant string, header http.Header) string {
	return strings.NewReplacer(
		wordTenant, tenant,
		wordClientID, c.options.name("client_id"),
		wordCredential, c.options.credential(),
		wordClock, adviseClock(header, time.Now()),
	).Replace(hint)
}

// credential returns what messages call the secret, the certificate or the token with which the client signs in.
func (o Options) credential() string {
	switch {
	case o.ClientCertificate != "":
		return o.name("client_certificate")
	case o.ClientCertificatePath != "":
		return o.name("client_certificate_path")
	case o.ClientSecret != "":
		return o.name("client_secret")
	case o.UseOIDC && o.OIDCRequestURL != "":
		return o.name("oidc_request_url")
	case o.UseOIDC && o.OIDCTokenFilePath != "" || o.UseAKSWorkloadIdentity:
		return o.name("oidc_token_file_path")
	case o.UseOIDC:
		return o.name("oidc_token")
	case o.UseMSI:
		return o.name("use_msi")
	}
	return "the Azure CLI"
}

// smallSkew is a difference of clocks that sign-ins bear.
const smallSkew = time.Minute

// adviseClock says how far the clock of this machine is off, measured against the Date of an answer.
func adviseClock(header http.Header, now time.Time) string {
	const advice = "check the clock of this machine"
	sent, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return advice
	}
	switch skew := now.Sub(sent).Round(time.Second); {
	case skew > smallSkew:
		return advice + ", which is " + skew.String() + " ahead of Microsoft's"
	case skew < -smallSkew:
		return advice + ", which is " + (-skew).String() + " behind Microsoft's"
	}
	return "the clock of this machine is right, so check how long the token or certificate is valid; oidc_request_url gives a fresh token for each tenant"
}
