package cloudradial

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// portal answers with pages of rows and records what it is asked.
type portal struct {
	t     *testing.T
	mu    sync.Mutex
	asked []string
	page  func(w http.ResponseWriter, path string, skip, top int)
}

func (p *portal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if public, private, _ := r.BasicAuth(); public != "pub" || private != "private-key" {
		p.t.Errorf("signed in as %q, %q", public, private)
	}
	p.mu.Lock()
	p.asked = append(p.asked, r.Method+" "+r.URL.RequestURI())
	p.mu.Unlock()
	skip, err := strconv.Atoi(r.URL.Query().Get("$skip"))
	if err != nil {
		p.t.Error(err)
	}
	top, err := strconv.Atoi(r.URL.Query().Get("$top"))
	if err != nil || top > 200 {
		p.t.Error(top, err)
	}
	p.page(w, r.URL.Path, skip, top)
}

func open(t *testing.T, page func(w http.ResponseWriter, path string, skip, top int)) (*portal, *Client) {
	t.Helper()
	p := &portal{t: t, page: page}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	client, err := New(Options{BaseURL: server.URL, PublicKey: "pub", PrivateKey: "private-key"})
	if err != nil {
		t.Fatal(err)
	}
	return p, client
}

// rows are the companies or domains with the ids skip+1 to at most total.
func rows(format string, skip, top, total int) string {
	var list []string
	for id := skip + 1; id <= min(skip+top, total); id++ {
		list = append(list, fmt.Sprintf(format, id, id))
	}
	return "[" + strings.Join(list, ",") + "]"
}

const companyFormat = `{"companyId":%d,"name":"C%d","psaKey":0,"psaIdentifier":null}`

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]Options{
		"no public key":  {PrivateKey: "k"},
		"no private key": {PublicKey: "k"},
		"plain http":     {PublicKey: "k", PrivateKey: "k", BaseURL: "http://api.us.cloudradial.com"},
		"no scheme":      {PublicKey: "k", PrivateKey: "k", BaseURL: "api.us.cloudradial.com"},
	} {
		if _, err := New(options); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	if _, err := New(Options{PublicKey: "k", PrivateKey: "k"}); err != nil {
		t.Error(err)
	}
}

func TestCompaniesAreReadPageByPageAndOnce(t *testing.T) {
	t.Parallel()
	for total, calls := range map[int]int{0: 1, 1: 1, 199: 1, 200: 2, 201: 2, 400: 3, 450: 3} {
		t.Run(strconv.Itoa(total), func(t *testing.T) {
			t.Parallel()
			p, client := open(t, func(w http.ResponseWriter, _ string, skip, top int) {
				fmt.Fprintf(w, `{"@odata.context":"c","value":%s}`, rows(companyFormat, skip, top, total))
			})
			var wait sync.WaitGroup
			for range 20 {
				wait.Go(func() {
					companies, err := client.Companies(t.Context())
					if err != nil || len(companies) != total {
						t.Error(len(companies), err)
					}
					for i, company := range companies {
						if company != (Company{ID: int64(i + 1), Name: fmt.Sprintf("C%d", i+1)}) {
							t.Errorf("company %d is %+v", i, company)
						}
					}
					_, found, err := client.Company(t.Context(), int64(total))
					if err != nil || found != (total > 0) {
						t.Error(found, err)
					}
					if _, found, err := client.Company(t.Context(), int64(total+1)); err != nil || found {
						t.Error(found, err)
					}
				})
			}
			wait.Wait()
			if len(p.asked) != calls {
				t.Errorf("asked %d times, want %d", len(p.asked), calls)
			}
			for i, asked := range p.asked {
				want := fmt.Sprintf("GET /v2/odata/company?$orderby=companyId&$select=companyId,name,psaKey,psaIdentifier&$skip=%d&$top=200", i*200)
				if asked != want {
					t.Errorf("asked %s, want %s", asked, want)
				}
			}
		})
	}
}

func TestDomains(t *testing.T) {
	t.Parallel()
	p, client := open(t, func(w http.ResponseWriter, path string, skip, top int) {
		if path != "/v2/odata/domain" {
			t.Errorf("asked %s", path)
		}
		if skip == 0 {
			fmt.Fprintf(w, `{"value":%s}`, rows(`{"companyDomainId":%d,"companyId":9,"name":"d%d.example","isDefault":false,"isDeleted":true}`, skip, top, 200))
			return
		}
		fmt.Fprint(w, `{"value":[{"companyDomainId":300,"companyId":9,"name":"b.example","isDefault":true},
			{"companyDomainId":201,"companyId":9,"name":"a.example","isDefault":false,"isDeleted":false,"source":"Office365"},
			{"companyDomainId":400,"companyId":7,"name":"c.example"}]}`)
	})
	want := []Domain{{7, "c.example", false}, {9, "a.example", false}, {9, "b.example", true}}
	for range 2 {
		if got, err := client.Domains(t.Context()); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, %v", got, err)
		}
	}
	if len(p.asked) != 2 {
		t.Errorf("asked %q", p.asked)
	}
}

func TestAnIncompleteListIsAnError(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		page  func(w http.ResponseWriter, path string, skip, top int)
		calls int
		want  string
	}{
		"$skip ignored": {func(w http.ResponseWriter, _ string, _, top int) {
			fmt.Fprintf(w, `{"value":%s}`, rows(companyFormat, 0, top, 1000))
		}, 2, "the rows from 201 on repeat companyId 1, so the list is not read whole"},
		"one row moved": {func(w http.ResponseWriter, _ string, skip, top int) {
			fmt.Fprintf(w, `{"value":%s}`, rows(companyFormat, max(0, skip-1), top, 300))
		}, 2, "repeat companyId 200"},
		"$top ignored": {func(w http.ResponseWriter, _ string, _, _ int) {
			fmt.Fprintf(w, `{"value":%s}`, rows(companyFormat, 0, 201, 201))
		}, 1, "it has 201 rows where at most 200 were asked for"},
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
		}, 2, "it is no list"},
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

func TestDecodeCompanies(t *testing.T) {
	t.Parallel()
	for body, want := range map[string][]Company{
		`{"@odata.context":"c","value":[]}`: {},
		`[]`:                                {},
		`{"value":[{"companyId":7,"name":"A","psaKey":19,"psaIdentifier":"acme","new":{}}]}`: {{7, "A", 19, "acme"}},
		`{"value":[{"companyId":7,"name":null,"psaKey":null,"psaIdentifier":null}]}`:         {{7, "", 0, ""}},
		`{"value":[{"companyId":"7","psaKey":"9007199254740993"}]}`:                          {{7, "", 9007199254740993, ""}},
		`{"data":[{"companyId":7}],"success":true,"message":null}`:                           {{ID: 7}},
		`[{"companyId":7}]`: {{ID: 7}},
	} {
		if got, err := decodeCompanies([]byte(body)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s gives %+v, %v", body, got, err)
		}
	}
	for body, want := range map[string]string{
		`null`:                            "it is no list",
		`{}`:                              "it is no list",
		`{"value":null}`:                  "it is no list",
		`{"value":{}}`:                    "it is no list",
		`{"data":[]}`:                     "it is no list",
		`{"success":false,"message":"m"}`: `it says that it did not succeed: "m"`,
		`[1]`:                             "row 1 is no company",
		`[{"companyId":1.5}]`:             "row 1 is no company",
		`[{"companyId":"x"}]`:             "row 1 is no company",
		`[{"companyId":1},{"name":"A"}]`:  `company 2 of its list, "A", has no companyId`,
		`[null]`:                          `company 1 of its list, "", has no companyId`,
	} {
		if got, err := decodeCompanies([]byte(body)); err == nil || err.Error() != want || got != nil {
			t.Errorf("%s gives %v, %v, want %s", body, got, err, want)
		}
	}
	for body, want := range map[string]string{
		`{}`:                      "it is no list",
		`[[]]`:                    "row 1 is no domain",
		`[{"companyId":1}]`:       `domain 1 of its list, "", lacks companyDomainId or companyId`,
		`[{"companyDomainId":1}]`: `domain 1 of its list, "", lacks companyDomainId or companyId`,
	} {
		if got, err := decodeDomains([]byte(body)); err == nil || err.Error() != want || got != nil {
			t.Errorf("%s gives %v, %v, want %s", body, got, err, want)
		}
	}
}

func FuzzDecodeCompanies(f *testing.F) {
	f.Add([]byte(`{"@odata.context":"c","value":[{"companyId":7,"name":"A","psaKey":19,"psaIdentifier":"acme"}]}`))
	f.Add([]byte(`{"data":[{"companyId":"7"}],"success":true}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := decodeCompanies(body)
		if (err == nil) != (got != nil) {
			t.Errorf("%v comes with %v", got, err)
		}
		for _, company := range got {
			if company.ID <= 0 {
				t.Errorf("accepted %+v", company)
			}
		}
	})
}

func FuzzDecodeDomains(f *testing.F) {
	f.Add([]byte(`{"value":[{"companyDomainId":1,"companyId":7,"name":"a.example","isDefault":true,"isDeleted":false}]}`))
	f.Add([]byte(`[{"companyDomainId":"1","companyId":1e400},{"companyDomainId":-1,"companyId":9223372036854775807}]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := decodeDomains(body)
		if (err == nil) != (got != nil) {
			t.Errorf("%v comes with %v", got, err)
		}
		for _, row := range got {
			if row.id <= 0 || row.domain.CompanyID <= 0 {
				t.Errorf("accepted %+v", row)
			}
		}
	})
}
