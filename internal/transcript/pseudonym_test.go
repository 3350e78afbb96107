// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package transcript

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func testPseudonyms(t testing.TB) *Pseudonyms {
	t.Helper()
	return pseudonymsWith(t, "salt")
}

func pseudonymsWith(t testing.TB, salt string) *Pseudonyms {
	t.Helper()
	key, err := deriveKey([]string{"a secret of the tests"}, []byte(salt))
	if err != nil {
		t.Fatal(err)
	}
	return &Pseudonyms{key}
}

func TestShapes(t *testing.T) {
	t.Parallel()
	p := testPseudonyms(t)
	const word = `[b-z][aiou][b-z][aiou][b-z]`
	words := word + "-" + word + "-" + word
	for value, form := range map[string]string{
		"eb1be83f-738f-5a6f-85be-4cad7ce33fc4":   `[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`,
		"EB1BE83F-738F-5A6F-85BE-4CAD7CE33FC4":   `[0-9A-F]{8}-[0-9A-F]{4}-4[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}`,
		"65f0c0ffee65f0c0ffee65f0":               `[0-9a-f]{24}`,
		"101":                                    `[12]\d{9}`,
		"alderfinch.example":                     words + `\.example`,
		"AlderFinch.onmicrosoft.com":             words + `\.onmicrosoft\.example`,
		"jo@alderfinch.example":                  words + `@` + words + `\.example`,
		"alder-finch":                            words,
		"ALDERFINCH":                             strings.ToUpper(word) + "-" + strings.ToUpper(word) + "-" + strings.ToUpper(word),
		"Brightwater":                            `[B-Z]` + words[len(`[b-z]`):],
		"fairhaven/stores":                       words + "/" + words,
		"fairhaven, fairhaven/stores":            words + ", " + words + "/" + words,
		"Alder & Finch Architects":               `[B-Z]\w{4} [B-Z]\w{4} [B-Z]\w{4}`,
		" Harbor Point\u00a0":                    ` [B-Z]\w{4} [B-Z]\w{4} [B-Z]\w{4}` + "\u00a0",
		"https://gw.acme.test:8443/x/v2/company": `https://` + words + `\.example/` + words + `/v2/company`,
	} {
		got := p.Text(value)
		if !regexp.MustCompile(`^`+form+`$`).MatchString(got) || got == value {
			t.Errorf("%q becomes %q, want the form %s", value, got, form)
		}
		if again := p.Text(value); again != got {
			t.Errorf("%q becomes %q and %q", value, got, again)
		}
	}
}

func TestOneValueHasOnePseudonym(t *testing.T) {
	t.Parallel()
	p := testPseudonyms(t)
	other := pseudonymsWith(t, "another salt")
	const guid = "eb1be83f-738f-5a6f-85be-4cad7ce33fc4"
	for name, same := range map[string]bool{
		"a GUID in capitals":            strings.EqualFold(p.Text(guid), p.Text(strings.ToUpper(guid))),
		"a domain in capitals":          p.Text("ALDERFINCH.example") == p.Text("alderfinch.example"),
		"a name in another form":        p.Text("Café Noir GmbH") == p.Text("Cafe\u0301 Noir GmbH"),
		"a number as text":              p.Text("101") == p.Number("101"),
		"a tenant in a row's id":        p.Text(guid+"_cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46") == p.Text(guid)+"_cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46",
		"a tenant in an address":        strings.Contains(p.Text("https://login.microsoftonline.com/"+guid+"/oauth2/v2.0/token"), "/"+p.Text(guid)+"/oauth2/v2.0/token"),
		"an account with a label":       p.Text("fairhaven/stores") == p.Text("fairhaven")+"/"+p.Text("stores"),
		"another file, on the contrary": p.Text("fairhaven") != other.Text("fairhaven"),
	} {
		if !same {
			t.Errorf("%s: not so", name)
		}
	}
}

func TestPublicValuesAreKept(t *testing.T) {
	t.Parallel()
	p := testPseudonyms(t)
	for _, value := range []string{
		"", "  ", "0", noGUID,
		"cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46", // SPB
		"Product", "Purchased", "product",
		"https://graph.microsoft.com/v1.0/subscribedSkus?$select=skuId,skuPartNumber",
		"http://127.0.0.1:8080/v2/odata/company?$orderby=companyId&$skip=200&$top=200",
	} {
		if got := p.Text(value); got != value {
			t.Errorf("%q becomes %q", value, got)
		}
	}
}

func TestNumbersStayDifferent(t *testing.T) {
	t.Parallel()
	p := testPseudonyms(t)
	seen := map[string]string{}
	add := func(number uint64, least, most uint64) {
		digits := strconv.FormatUint(number, 10)
		got := p.Number(digits)
		if other, taken := seen[got]; taken {
			t.Errorf("%s and %s both become %s", digits, other, got)
		}
		seen[got] = digits
		if value, err := strconv.ParseUint(got, 10, 64); err != nil || value < least || value > most {
			t.Errorf("%s becomes %s, want %d to %d", digits, got, least, most)
		}
	}
	for number := range uint64(3000) {
		if number > 0 {
			add(number, 1_000_000_000, 1<<31-1) // an int32, as the ids of CloudRadial are
		}
		add(1<<30+number, 1<<52, 1<<53)
		add(1<<52+number, 1<<52, 1<<53)
	}
}

func TestFilters(t *testing.T) {
	t.Parallel()
	p := testPseudonyms(t)
	for filter, want := range map[string]string{
		"flexibleAssetTypeId eq 5":                          "flexibleAssetTypeId eq " + p.Number("5"),
		"name eq 'O''Hara & Sons'":                          "name eq '" + p.Text("O'Hara & Sons") + "'",
		"companyId eq 0 and contains(tolower(name),'acme')": "companyId eq 0 and contains(tolower(name),'" + p.Text("acme") + "')",
		"name eq 'unclosed":                                 "name eq '" + p.Text("unclosed") + "'",
	} {
		if got := replaceInFilter(filter, p.Text); got != want {
			t.Errorf("%s becomes %s, want %s", filter, got, want)
		}
	}
}
