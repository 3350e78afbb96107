// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package cloudradial

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"unicode/utf8"
)

// cut returns pages of at most most rows, of a list of total.
func cut(most, total int) func(w http.ResponseWriter, _ string, skip, top int) {
	return func(w http.ResponseWriter, _ string, skip, top int) {
		fmt.Fprintf(w, `{"value":%s}`, rows(companyFormat, skip, min(top, most), total))
	}
}

// A list is read to its end, whatever the size of the pages, and asks for its count once.
func TestListsEndWhenTheyEnd(t *testing.T) {
	t.Parallel()
	whole := func(w http.ResponseWriter, _ string, _, _ int) { // ignores $top and $skip
		fmt.Fprintf(w, `{"value":%s}`, rows(companyFormat, 0, 300, 300))
	}
	linked := func(w http.ResponseWriter, _ string, skip, top int) {
		fmt.Fprintf(w, `{"value":%s,"@odata.nextLink":"https://portal.example/?$skip=7"}`, rows(companyFormat, skip, min(top, 5), 12))
	}
	cases := map[string]struct {
		page        func(w http.ResponseWriter, path string, skip, top int)
		count       string
		rows, calls int
	}{
		"one page":                     {cut(200, 12), "12", 12, 2},
		"no rows":                      {cut(200, 0), "0", 0, 2},
		"a full page":                  {cut(200, 200), "200", 200, 2},
		"pages of five":                {cut(5, 12), "12", 12, 4},
		"pages of five without count":  {cut(5, 12), "", 12, 5},
		"one page without count":       {cut(200, 12), "", 12, 3},
		"no rows without count":        {cut(200, 0), "", 0, 2},
		"everything on one page":       {whole, "300", 300, 2},
		"a link to the next page":      {linked, "12", 12, 4},
		"a count in an envelope":       {cut(5, 7), `{"data":7,"success":true,"message":null}`, 7, 3},
		"a count with mark and break":  {cut(5, 7), "\ufeff7\r\n", 7, 3},
		"a count in quotes":            {cut(5, 7), `"7"`, 7, 3},
		"a count that is a list":       {cut(5, 7), `{"value":[7]}`, 7, 4},
		"a count that is a page":       {cut(5, 7), `<html></html>`, 7, 4},
		"a count below 0":              {cut(5, 7), "-7", 7, 4},
		"a count that is null":         {cut(5, 7), "null", 7, 4},
		"a count that did not succeed": {cut(5, 7), `{"success":false,"message":"no"}`, 7, 4},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, client := open(t, tc.page)
			p.count = tc.count
			companies, err := client.Companies(t.Context())
			if err != nil || len(companies) != tc.rows {
				t.Errorf("%d companies, %v", len(companies), err)
			}
			if len(p.asked) != tc.calls {
				t.Errorf("asked %q", p.asked)
			}
		})
	}
}

func TestAnIncompleteListIsAnError(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		page  func(w http.ResponseWriter, path string, skip, top int)
		count string
		calls int
		want  string
	}{
		"$skip ignored": {func(w http.ResponseWriter, _ string, _, top int) {
			fmt.Fprintf(w, `{"value":%s}`, rows(companyFormat, 0, top, 1000))
		}, "1000", 3, "the page behind row 200 repeats companyId 1."},
		"$skip ignored without count": {func(w http.ResponseWriter, _ string, _, _ int) {
			fmt.Fprintf(w, `{"value":%s}`, rows(companyFormat, 0, 5, 12))
		}, "", 3, "the page behind row 5 repeats companyId 1."},
		"one row moved": {func(w http.ResponseWriter, _ string, skip, top int) {
			fmt.Fprintf(w, `{"value":%s}`, rows(companyFormat, max(0, skip-1), top, 300))
		}, "300", 3, "repeats companyId 200"},
		"cut off without a sign": {cut(200, 150), "200", 3, "it has 150 rows, but /v2/odata/company/$count says 200"},
		"empty, but not empty":   {cut(200, 0), "12", 2, "it has 0 rows, but /v2/odata/company/$count says 12"},
		"more than its count":    {cut(200, 12), "11", 2, "it has 12 rows, but /v2/odata/company/$count says 11"},
		"second page refused": {func(w http.ResponseWriter, _ string, skip, top int) {
			if skip > 0 {
				w.WriteHeader(403)
				return
			}
			fmt.Fprintf(w, `{"value":%s}`, rows(companyFormat, 0, top, 1000))
		}, "1000", 3, "403 Forbidden"},
		"second page no list": {func(w http.ResponseWriter, _ string, skip, top int) {
			if skip > 0 {
				fmt.Fprint(w, `{}`)
				return
			}
			fmt.Fprintf(w, `{"value":%s}`, rows(companyFormat, 0, top, 1000))
		}, "1000", 3, "it is not a list"},
		"a page": {func(w http.ResponseWriter, _ string, _, _ int) { fmt.Fprint(w, `<html></html>`) }, "1", 1, "HTML page instead of JSON"},
		"wrong keys": {func(w http.ResponseWriter, _ string, _, _ int) {
			w.WriteHeader(401)
			fmt.Fprintf(w, `{"success":false,"message":"bad private-key %s"}`, base64.StdEncoding.EncodeToString([]byte("pub:private-key")))
		}, "1", 1, `answered 401 Unauthorized: "bad *** ***"`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, client := open(t, tc.page)
			p.count = tc.count
			companies, err := client.Companies(t.Context())
			if companies != nil || err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %d companies and %v, want %s", len(companies), err, tc.want)
			}
			if len(p.asked) != tc.calls {
				t.Errorf("asked %q", p.asked)
			}
		})
	}
}

// A list that refuses $select is read without it, and later ones too.
func TestSelectRefused(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusBadRequest, http.StatusInternalServerError} {
		synctest.Test(t, func(t *testing.T) {
			var asked []string
			client := connectWithAnswer(t, func(request *http.Request, _ string) (int, string) {
				if strings.HasSuffix(request.URL.Path, "/$count") {
					return 200, "2"
				}
				asked = append(asked, request.URL.RawQuery)
				if request.URL.Query().Has("$select") {
					return status, ""
				}
				return 200, `{"value":` + rows(companyFormat, 0, 2, 2) + `}`
			})
			for range 2 {
				if companies, err := client.Companies(t.Context()); err != nil || len(companies) != 2 {
					t.Errorf("%d: %v, %v", status, companies, err)
				}
				client.companies.Forget()
			}
			refused := 0
			for _, query := range asked {
				if strings.Contains(query, "$select") {
					refused++
				}
			}
			if len(asked) != refused+2 || status == http.StatusBadRequest && refused != 1 {
				t.Errorf("%d: asked %q", status, asked)
			}
		})
	}
	// What is refused without $select too is the first refusal, and is asked again the next time.
	p, client := open(t, func(w http.ResponseWriter, _ string, _, _ int) {
		w.WriteHeader(400)
		fmt.Fprint(w, `{"error":{"code":"","message":"no list today"}}`)
	})
	if _, err := client.Companies(t.Context()); err == nil || !strings.Contains(err.Error(), "no list today") || len(p.asked) != 2 {
		t.Errorf("%v, asked %q", err, p.asked)
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
		f.Add([]byte(body), []byte(`0`), byte(0))
	}
	f.Add([]byte(full), []byte(`200`), byte(1))
	f.Add([]byte(`{"value":`+full+`,"@odata.nextLink":"x"}`), []byte(`{"data":1e400,"success":true}`), byte(2))
	f.Fuzz(func(t *testing.T, body, count []byte, after byte) {
		asked := 0
		client := connectTo(t, func(request *http.Request) string {
			if request.URL.Host != "portal.example" {
				t.Errorf("the credentials go to %s", request.URL)
			}
			if strings.HasSuffix(request.URL.Path, "/$count") {
				return string(count)
			}
			asked++
			if skip := cmp.Or(request.URL.Query().Get("$skip"), "0"); asked <= int(after%3)+1 && skip != strconv.Itoa((asked-1)*200) {
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
	client := connectTo(t, func(*http.Request) string { return "[]" }) // its $count is no number
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

// The same for a list of long rows, which has few pages.
func TestEndlessListOfLongRows(t *testing.T) {
	t.Parallel()
	asked := 0
	name := strings.Repeat("x", 1<<20)
	client := connectTo(t, func(r *http.Request) string {
		if strings.HasSuffix(r.URL.Path, "/$count") {
			return "[]"
		}
		asked++
		return fmt.Sprintf(`{"value":[{"companyId":%d,"name":%q}]}`, asked, name)
	})
	companies, err := client.Companies(t.Context())
	if companies != nil || err == nil || !strings.Contains(err.Error(), "more than 50331648 bytes") || asked != maxListBytes>>20 {
		t.Errorf("%d companies of %d pages, %v", len(companies), asked, err)
	}
}
