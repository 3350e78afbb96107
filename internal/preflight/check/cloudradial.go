// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package check

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cloudradial"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/tfdiag"
)

const privateKeySetting = "private_key"

// notAKey is sent once in place of the private key, to see what a refusal looks like (cloudradial.md §14).
const notAKey = "not-a-key-of-this-portal"

// companyList is the list that the other resources read (cloudradial.md §7.1).
const companyList = "/v2/odata/company"

// checkCloudRadial reads the companies, as the other resources do, and asks a few questions that cloudradial.md §14 leaves open.
func checkCloudRadial(ctx context.Context, options func() (cloudradial.Options, error), air *network, found *findings) {
	raw := &cloudRadialFields{}
	defer func() { raw.state(found) }()
	configured, err := options()
	if err != nil {
		found.unconfigured(severityOfMissing(err), cloudradial.System, err)
		return
	}
	configured.Transport = watched(configured.Transport, air, systemCloudRadial, raw.look)
	client, err := cloudradial.New(configured)
	if err != nil {
		found.failed(Error, systemCloudRadial, "CloudRadial cannot be used", err)
		return
	}
	companies, err := client.Companies(ctx)
	raw.companies, raw.companiesErr = len(companies), err
	found.summary = tfdiag.Count(len(companies), "company")
	if err != nil {
		found.summary = "the companies cannot be read"
		judgeCompanies(err, takesSwappedPair(ctx, configured, err), found)
	}
	judgeSight(companies, err, found)
	if answersItself(err) {
		raw.ask(ctx, client, raw.firstCompany())
		raw.askWithWrongKey(ctx, configured, found)
	}
}

// severityOfMissing is a notice when CloudRadial is not used at all, because a license sync does not need it.
func severityOfMissing(err error) Severity {
	if missing, is := errors.AsType[*tfdiag.MissingError](err); is && len(missing.Missing) == 1 {
		return Error
	}
	return Notice
}

// takesSwappedPair reports whether CloudRadial takes the keys the other way round. It asks only after a refusal.
func takesSwappedPair(ctx context.Context, options cloudradial.Options, refusal error) bool {
	if !refusesKey(refusal) {
		return false
	}
	options.PublicKey, options.PrivateKey = options.PrivateKey, options.PublicKey
	client, err := cloudradial.New(options)
	if err != nil {
		return false
	}
	_, err = client.Probe(ctx, "try the keys the other way round", companyList,
		url.Values{"$orderby": {"companyId"}, "$select": {"companyId"}, "$top": {"1"}})
	return err == nil || rest.Status(err) == http.StatusForbidden // what takes the keys may still not let them see companies
}

// judgeCompanies adds why the companies cannot be read.
func judgeCompanies(err error, swapped bool, found *findings) {
	switch {
	case swapped:
		found.add(Error, privateKeySetting, "the two keys of CloudRadial are swapped",
			"CloudRadial refuses the keys as they are, and takes them the other way round.",
			"Exchange the values of public_key (environment variable CLOUDRADIAL_PUBLIC_KEY) and private_key (CLOUDRADIAL_PRIVATE_KEY).")
	case rest.Status(err) == http.StatusUnauthorized:
		detail, remedy := explain(err)
		if failed, _ := errors.AsType[*rest.Error](err); !failed.JSON && failed.Message != "" {
			remedy += " If nothing stands in between, it is CloudRadial's own refusal. " + cloudradial.NextStep(failed)
		}
		found.add(Error, privateKeySetting, "CloudRadial does not take the keys", detail, remedy)
	case rest.Status(err) == http.StatusForbidden:
		found.failed(Error, privateKeySetting, "the CloudRadial keys may not list companies", err)
	default:
		found.failed(Error, "companies", "the companies of CloudRadial cannot be read", err)
	}
}

// judgeSight adds that the keys see one company, or none (cloudradial.md §2).
func judgeSight(companies []cloudradial.Company, err error, found *findings) {
	switch {
	case err != nil:
	case len(companies) == 0:
		found.add(Warning, "companies", "CloudRadial lists no company",
			"The keys are accepted, and the list of companies is empty.",
			"If the portal has companies, use a pair of keys of the partner: check public_key (environment variable CLOUDRADIAL_PUBLIC_KEY) and "+
				"private_key (CLOUDRADIAL_PRIVATE_KEY).")
	case len(companies) == 1:
		found.add(Warning, "companies", "the CloudRadial keys see one company only",
			fmt.Sprintf("It is %q (company_id %d). A pair of keys can belong to one company, and then sees no other.", companies[0].Name, companies[0].ID),
			"If the portal has more companies, use a pair of keys of the partner: check public_key (environment variable CLOUDRADIAL_PUBLIC_KEY) and "+
				"private_key (CLOUDRADIAL_PRIVATE_KEY).")
	}
}

// answersItself reports whether further questions to CloudRadial make sense after its answer to the first.
func answersItself(err error) bool {
	if err == nil {
		return true
	}
	failed, found := errors.AsType[*rest.Error](err)
	if !found {
		return true // it answers, though not as expected
	}
	return failed.JSON && (failed.Status == http.StatusForbidden || failed.Status == http.StatusBadRequest)
}

// firstCompany returns the id of the first company in CloudRadial's own order, or 0 when there is none. A transcript keeps the
// order of a list, and has other ids.
func (f *cloudRadialFields) firstCompany() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.firstPage == nil || len(*f.firstPage) == 0 {
		return 0
	}
	id, _ := strconv.ParseInt((*f.firstPage)[0], 10, 64) // 0 for what is no number
	return id
}

// cloudRadialFields is what only the raw answers say. look is called from several goroutines, the rest from one.
type cloudRadialFields struct {
	companies    int
	companiesErr error

	mu           sync.Mutex
	firstPage    *[]string // ids of the companies on the first page, nil before it came
	laterPage    *[]string // and on the second one
	countType    string    // content type of /$count
	countFails   int       // its status, when it is refused
	refusal      string    // what the body of a 401 is
	notFound     string    // what the body of a 404 is
	countOption  string
	enumerations string
	domainOf     int64 // id of a company that has a domain
	topOver200   string
	predefined   string
	selectAssets string
	traitNumbers string
}

func (f *cloudRadialFields) look(got answer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	path := got.url.Path
	switch {
	case got.status == http.StatusUnauthorized:
		f.refusal = bodyKind(got.body)
	case got.status == http.StatusNotFound && bodyKind(got.body) != "html":
		f.notFound = bodyKind(got.body)
	case strings.HasSuffix(path, "/$count") && got.status == http.StatusOK:
		f.countType = countContent(got.header.Get("Content-Type"))
	case strings.HasSuffix(path, "/$count"):
		f.countFails = got.status
	case path == companyList && got.status == http.StatusOK && !got.url.Query().Has("$skip"):
		f.firstPage = cmp.Or(f.firstPage, idsOf(got.body))
	case path == companyList && got.status == http.StatusOK:
		f.laterPage = cmp.Or(f.laterPage, idsOf(got.body))
	}
}

// idsOf returns the ids of a page of companies.
func idsOf(body []byte) *[]string {
	ids := []string{}
	for _, row := range rowsOf(body) {
		ids = append(ids, string(row["companyId"]))
	}
	return &ids
}

// countContent is the kind of a content type of a bare number (cloudradial.md §5.1).
func countContent(contentType string) string {
	if strings.Contains(contentType, "json") {
		return "json"
	}
	if strings.HasPrefix(contentType, "text/plain") {
		return "text"
	}
	return cmp.Or(contentType, "none")
}

// rowsOf returns the rows of a list of OData, none when the body is something else.
func rowsOf(body []byte) []map[string]json.RawMessage {
	var list struct {
		Value []map[string]json.RawMessage `json:"value"`
	}
	_ = json.Unmarshal(body, &list) // what is no list has no rows
	return list.Value
}

// ask sends the questions of cloudradial.md §14 that the other resources depend on or may depend on one day.
func (f *cloudRadialFields) ask(ctx context.Context, client *cloudradial.Client, companyID int64) {
	f.askDomains(ctx, client)
	_, err := client.Probe(ctx, "read more than 200 domains at once", "/v2/odata/domain",
		url.Values{"$orderby": {"companyDomainId"}, "$select": {"companyDomainId"}, "$top": {"201"}})
	f.topOver200 = byStatus(err, "cut")
	if companyID == 0 {
		companyID = f.domainOf
	}
	if companyID != 0 {
		f.askTokens(ctx, client, companyID)
	}
	f.askAssets(ctx, client)
}

// byStatus returns ok without an error, "refused" after a 400, and "" otherwise.
func byStatus(err error, ok string) string {
	switch {
	case err == nil:
		return ok
	case rest.Status(err) == http.StatusBadRequest:
		return "refused"
	}
	return ""
}

// askDomains reads one domain, with $count=true if that is taken (cloudradial.md §6, cloudradial.md §7.4).
func (f *cloudRadialFields) askDomains(ctx context.Context, client *cloudradial.Client) {
	const doing, list = "read a domain", "/v2/odata/domain"
	query := url.Values{"$orderby": {"companyDomainId"}, "$top": {"1"}, "$count": {"true"}}
	response, err := client.Probe(ctx, doing, list, query)
	f.countOption = byStatus(err, "ignored")
	if f.countOption == "refused" {
		query.Del("$count")
		response, err = client.Probe(ctx, doing, list, query)
	}
	if err != nil {
		return
	}
	var total struct {
		Count *json.RawMessage `json:"@odata.count"`
	}
	if json.Unmarshal(response.Body, &total) == nil && total.Count != nil {
		f.countOption = "total"
	}
	for _, row := range rowsOf(response.Body) {
		f.enumerations = formOfEnumeration(row["source"])
		_ = json.Unmarshal(row["companyId"], &f.domainOf) // anything else is no company
	}
}

func formOfEnumeration(value json.RawMessage) string {
	var number float64
	switch {
	case len(value) == 0 || string(value) == "null":
		return ""
	case json.Unmarshal(value, &number) == nil:
		return "numbers"
	}
	return "names"
}

// askTokens reads a predefined token, and one that does not exist (cloudradial.md §7.2).
func (f *cloudRadialFields) askTokens(ctx context.Context, client *cloudradial.Client, companyID int64) {
	query := url.Values{"companyId": {strconv.FormatInt(companyID, 10)}}
	_, err := client.Probe(ctx, "read a predefined token", "/v2/token/CompanyTenantId", query)
	switch {
	case err == nil:
		f.predefined = "listed"
		_, _ = client.Probe(ctx, "read a token that does not exist", "/v2/token/preflight-no-such-token", query) // look keeps the answer
	case rest.Status(err) == http.StatusNotFound:
		f.predefined = "hidden"
	}
}

// askAssets reads a flexible asset as the publication does, with $select if that is taken (cloudradial.md §7.8).
func (f *cloudRadialFields) askAssets(ctx context.Context, client *cloudradial.Client) {
	const doing, list = "read a flexible asset", "/v2/odata/flexibleasset"
	query := url.Values{"$orderby": {"id"}, "$top": {"1"}, "$select": {"id,flexibleAssetTypeId,companyId,name,traitsJson"}}
	response, err := client.Probe(ctx, doing, list, query)
	switch status := rest.Status(err); {
	case err == nil:
		f.selectAssets = "works"
	case status == http.StatusBadRequest || status == http.StatusInternalServerError:
		f.selectAssets = strconv.Itoa(status)
		query.Del("$select")
		if response, err = client.Probe(ctx, doing, list, query); err != nil {
			f.selectAssets = "" // $select is not the reason
		}
	}
	if err != nil {
		return
	}
	for _, row := range rowsOf(response.Body) {
		var traits string
		_ = json.Unmarshal(row["traitsJson"], &traits) // null has no traits
		f.traitNumbers = formOfNumbers(traits)
	}
}

// formOfNumbers says how the traits have numbers: as numbers or as text. It is empty when none is a number.
func formOfNumbers(traits string) string {
	var values map[string]json.RawMessage
	if json.Unmarshal([]byte(traits), &values) != nil {
		return ""
	}
	form := ""
	for _, value := range values {
		var text string
		switch _, err := strconv.ParseFloat(string(value), 64); {
		case err == nil:
			return "number"
		case json.Unmarshal(value, &text) == nil && isNumber(text):
			form = "text"
		}
	}
	return form
}

func isNumber(text string) bool {
	_, err := strconv.ParseFloat(text, 64)
	return err == nil
}

// askWithWrongKey asks once with a key that is wrong on purpose: only the body of the refusal is looked at. Gradient is not asked so,
// because it may block keys for unusual requests (gradient.md §6).
func (f *cloudRadialFields) askWithWrongKey(ctx context.Context, options cloudradial.Options, found *findings) {
	options.PrivateKey = notAKey
	client, err := cloudradial.New(options)
	if err != nil {
		return
	}
	// look keeps the body of the refusal.
	if _, err = client.Probe(ctx, "see how a wrong key is refused", companyList+"/$count", nil); err == nil {
		found.add(Error, privateKeySetting, "CloudRadial takes any key",
			"A request with a wrong private key was answered as one with the right key. So something else answers in place of CloudRadial.",
			"Check base_url (environment variable CLOUDRADIAL_BASE_URL) and any proxy between this machine and CloudRadial.")
	}
}

// state adds the facts about the unknowns of cloudradial.md that the answers show.
func (f *cloudRadialFields) state(found *findings) {
	const unread = "CloudRadial was not read"
	found.fact("key-sees", f.keySees())
	found.fact("page-rows", f.pageRows())
	found.fact("skip-option", f.skipOption())
	found.fact("unauthorized-body", cmp.Or(f.refusal, notSeen(unread)))
	found.fact("not-found-body", cmp.Or(f.notFound, notSeen("nothing was missing")))
	found.fact("count-content", f.countContent())
	found.fact("count-option", cmp.Or(f.countOption, notSeen(unread)))
	found.fact("top-over-200", cmp.Or(f.topOver200, notSeen(unread)))
	found.fact("enumerations", cmp.Or(f.enumerations, notSeen("there is no domain")))
	found.fact("predefined-tokens", cmp.Or(f.predefined, notSeen(unread)))
	found.fact("flexible-select", cmp.Or(f.selectAssets, notSeen(unread)))
	found.fact("flexible-trait-numbers", cmp.Or(f.traitNumbers, notSeen("there is no flexible asset with a number")))
}

func (f *cloudRadialFields) keySees() string {
	switch {
	case rest.Status(f.companiesErr) == http.StatusForbidden && refusesKey(f.companiesErr):
		return "no-company"
	case f.companiesErr != nil:
		return notSeen("the companies cannot be read")
	case f.companies == 0:
		return notSeen("there is no company")
	case f.companies == 1:
		return "one-company"
	}
	return "all"
}

// pageRows is the number of rows of a page (cloudradial.md §6). Only a list that is longer than a page shows it.
func (f *cloudRadialFields) pageRows() string {
	switch {
	case f.firstPage == nil:
		return notSeen("the companies cannot be read")
	case !f.isLong():
		return notSeen("all companies are on one page")
	}
	return strconv.Itoa(len(*f.firstPage))
}

// isLong reports whether a second page of companies was asked for because there are more.
func (f *cloudRadialFields) isLong() bool {
	return f.laterPage != nil && len(*f.laterPage) > 0 || f.refusesSkip()
}

func (f *cloudRadialFields) refusesSkip() bool {
	return rest.Status(f.companiesErr) == http.StatusBadRequest && strings.Contains(f.companiesErr.Error(), "$skip")
}

// skipOption says whether $skip works (cloudradial.md §6). Only a second page shows it.
func (f *cloudRadialFields) skipOption() string {
	switch {
	case f.refusesSkip():
		return "refused"
	case f.firstPage == nil || !f.isLong():
		return notSeen("all companies are on one page")
	case slices.Equal(*f.laterPage, *f.firstPage):
		return "ignored"
	}
	return "works"
}

func (f *cloudRadialFields) countContent() string {
	if f.countType == "" && f.countFails != 0 {
		return fmt.Sprintf("refused with %d", f.countFails)
	}
	return cmp.Or(f.countType, notSeen("CloudRadial was not read"))
}
