package cloudradial

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

func TestAnIncompleteListIsAnError(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		page  func(w http.ResponseWriter, path string, skip, top int)
		calls int
		want  string
	}{
		"$skip ignored": {func(w http.ResponseWriter, _ string, _, top int) {
			fmt.Fprintf(w, `{"value":%s}`, rows(companyFormat, 0, top, 1000))
		}, 2, "the page from row 201 on repeats companyId 1, so rows may be missing"},
		"one row moved": {func(w http.ResponseWriter, _ string, skip, top int) {
			fmt.Fprintf(w, `{"value":%s}`, rows(companyFormat, max(0, skip-1), top, 300))
		}, 2, "repeats companyId 200"},
		"$top ignored": {func(w http.ResponseWriter, _ string, _, _ int) {
			fmt.Fprintf(w, `{"value":%s}`, rows(companyFormat, 0, 201, 201))
		}, 1, "it has 201 rows, but at most 200 were requested"},
		"second page refused": {func(w http.ResponseWriter, _ string, skip, top int) {
			if skip > 0 {
				w.WriteHeader(403)
				return
			}
			fmt.Fprintf(w, `{"value":%s}`, rows(companyFormat, 0, top, 1000))
		}, 2, "403 Forbidden"},
		"second page no list": {func(w http.ResponseWriter, _ string, skip, top int) {
			if skip > 0 {
				fmt.Fprint(w, `{}`)
				return
			}
			fmt.Fprintf(w, `{"value":%s}`, rows(companyFormat, 0, top, 1000))
		}, 2, "it is not a list"},
		"a page": {func(w http.ResponseWriter, _ string, _, _ int) { fmt.Fprint(w, `<html></html>`) }, 1, "HTML page instead of JSON"},
		"wrong keys": {func(w http.ResponseWriter, _ string, _, _ int) {
			w.WriteHeader(401)
			fmt.Fprintf(w, `{"success":false,"message":"bad private-key %s"}`, base64.StdEncoding.EncodeToString([]byte("pub:private-key")))
		}, 1, `answered 401 Unauthorized: "bad *** ***"`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, client := open(t, tc.page)
			companies, err := client.Companies(t.Context())
			if companies != nil || rest.Status(err) == 0 || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %d companies and %v, want %s", len(companies), err, tc.want)
			}
			if len(p.asked) != tc.calls {
				t.Errorf("asked %q", p.asked)
			}
		})
	}
}

// Whatever a portal answers, over and over: a list ends, as rows that are all different or as an error, and is asked for at one place.
func FuzzPages(f *testing.F) {
	full := rows(companyFormat, 0, 200, 200)
	for _, body := range []string{
		`{"value":[]}`, `[]`, `null`, `{}`, `{"value":null}`, `{"value":[{"companyId":1}]}`, `{"value":[{"companyId":1},{"companyId":"1"}]}`,
		`{"value":[{"companyId":1e3}]}`, `{"value":[{"companyId":1e400}]}`, `{"value":[{"companyId":-1}]}`, `{"value":[{"companyId":9223372036854775808}]}`,
		`{"value":[],"@odata.nextLink":"https://portal.example/v2/odata/company?$skip=0"}`, `{"value":[],"@odata.nextLink":"https://evil.example/"}`,
		`{"value":[{"companyId":1,"companyid":2,"COMPANYID":null}],"value":[{"companyId":3}]}`, `{"data":[{"companyId":7}],"success":true}`,
		`{"data":[],"success":false,"message":"no"}`, `{"value":[{"companyId":1,"name":"\ud800\u0000\u202e"}]}`,
	} {
		f.Add([]byte(body), byte(0))
	}
	f.Add([]byte(full), byte(1))
	f.Add([]byte(`{"value":`+full+`,"@odata.nextLink":"x"}`), byte(2))
	f.Fuzz(func(t *testing.T, body []byte, after byte) {
		asked := 0
		client := connectTo(t, func(request *http.Request) string {
			asked++
			if request.URL.Host != "portal.example" {
				t.Errorf("the credentials go to %s", request.URL)
			}
			if skip := request.URL.Query().Get("$skip"); skip != strconv.Itoa((asked-1)*200) {
				t.Errorf("request %d skips %s", asked, skip)
			}
			if asked <= int(after%3) {
				return rows(companyFormat, 1_000_000+200*asked, 200, 2_000_000)
			}
			return string(body)
		})
		companies, err := client.Companies(t.Context())
		if asked > int(after%3)+2 {
			t.Errorf("asked %d times", asked)
		}
		if err != nil {
			if companies != nil || !utf8.ValidString(err.Error()) || strings.Contains(err.Error(), "private-key") {
				t.Errorf("%v comes with %q", companies, err)
			}
			return
		}
		seen := map[int64]bool{}
		for _, company := range companies {
			if company.ID <= 0 || seen[company.ID] || !utf8.ValidString(company.Name+company.PSAIdentifier) {
				t.Errorf("company %+v", company)
			}
			seen[company.ID] = true
		}
	})
}

// A list that goes on for ever ends as an error, not as all the memory that there is.
func TestEndlessList(t *testing.T) {
	t.Parallel()
	asked := 0
	client := connectTo(t, func(*http.Request) string { return "[]" })
	always := func([]byte) ([]Company, error) {
		page := make([]Company, pageSize)
		for i := range page {
			page[i].ID = int64(asked*pageSize + i + 1)
		}
		asked++
		return page, nil
	}
	companies, err := readAll(t.Context(), client, collection{doing: "read the companies", path: "/v2/odata/company", key: "companyId"}, always)
	if companies != nil || err == nil || !strings.Contains(err.Error(), "more than 2500 pages") || asked != maxPages {
		t.Errorf("%d companies of %d pages, %v", len(companies), asked, err)
	}
}

// A page that is not full and links to another one would be taken for the last.
func TestAShortPageWithALinkIsNotTheLast(t *testing.T) {
	t.Parallel()
	client := connectTo(t, func(*http.Request) string {
		return `{"value":[{"companyId":1}],"@odata.nextLink":"https://portal.example/v2/odata/company?$skip=1"}`
	})
	if companies, err := client.Companies(t.Context()); err == nil || !strings.Contains(err.Error(), "rows would be missing") {
		t.Errorf("%v, %v", companies, err)
	}
}
