// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package transcript

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// planter makes answers of random shape that hold what must not get into a transcript.
type planter struct {
	random  *rand.Rand
	planted []string
}

// plant returns a new value that identifies somebody.
func (p *planter) plant() string {
	word := func() string {
		const letters = "aeklmnoprstvxyz"
		text := ""
		for range 4 + p.random.IntN(4) {
			text += string(letters[p.random.IntN(len(letters))])
		}
		return text + "q" // no word of the lists ends so
	}
	digits := func(n int, among string) string {
		text := ""
		for range n {
			text += string(among[p.random.IntN(len(among))])
		}
		return text
	}
	kinds := []func() string{
		func() string { return word() },
		func() string { return strings.ToUpper(word()) },
		func() string { return strings.ToUpper(word()[:1]) + word() + " & " + word() },
		func() string { return word() + "'s \"" + word() + "\" Gruppe" },
		func() string { return "Ünïcode-" + word() + " 株式会社" },
		func() string { return word() + "." + word() + ".co" },
		func() string { return word() + ".onmicrosoft.com" },
		func() string { return word() + "@" + word() + ".test" },
		func() string { return digits(24, "0123456789abcdef") },
		func() string {
			return digits(8, "0123456789abcdef") + "-" + digits(4, "0123456789") + "-4" + digits(3, "abcdef") + "-8" + digits(3, "0123456789") + "-" + digits(12, "0123456789abcdef")
		},
		func() string { return "7" + digits(8, "0123456789") },
		func() string { return "https://" + word() + ".test/" + word() + "?" + word() + "=" + word() },
		func() string { return word() + "/" + word() },
	}
	value := kinds[p.random.IntN(len(kinds))]()
	p.planted = append(p.planted, value)
	return value
}

// name is the name of a field: one of the lists, or a planted one.
func (p *planter) name() string {
	known := slices.Sorted(maps.Keys(publicFields()))
	for {
		name := known[p.random.IntN(len(known))]
		switch {
		case p.random.IntN(8) == 0:
			return p.plant()
		case !keptFields()[name]:
			return name
		}
	}
}

func (p *planter) value(depth int) any {
	switch n := p.random.IntN(10); {
	case depth > 0 && n < 3:
		members := map[string]any{}
		for range p.random.IntN(6) {
			members[p.name()] = p.value(depth - 1)
		}
		return members
	case depth > 0 && n < 5:
		return []any{p.value(depth - 1), p.value(depth - 1)}
	case n == 5:
		return "The company " + p.plant() + " was not found: see '" + p.plant() + "' (" + p.plant() + ")"
	case n == 6:
		text, _ := json.Marshal(map[string]any{p.name(): p.plant()})
		return string(text)
	case n == 7:
		return p.random.IntN(2) == 0
	}
	return p.plant()
}

// body is an answer in one of the forms that bodies have.
func (p *planter) body() (contentType, body string) {
	encoded, _ := json.Marshal(map[string]any{p.name(): p.value(4), p.name(): p.value(4)})
	text := string(encoded)
	switch p.random.IntN(8) {
	case 0:
		return "text/html", "<html><head><title>Blocked by " + p.plant() + "</title></head><body>" + p.plant() + "</body></html>"
	case 1:
		return "text/plain", "no access for " + p.plant() + " via " + p.plant()
	case 2:
		return "application/json", text[:len(text)-1] // cut off
	}
	return "application/json; charset=utf-8", text
}

// leaks records one random exchange and returns what of the planted is in the file.
func leaks(t *testing.T, seed uint64) (found []string, text string) {
	t.Helper()
	options := testOptions(t)
	recorder := open(t, options)
	p := &planter{random: rand.New(rand.NewPCG(seed, 1))}
	secret := testSecret
	system := []string{Gradient, CloudRadial, Microsoft}[p.random.IntN(3)]
	prefix := map[string]string{Gradient: "/api/vendor-api/", CloudRadial: "/v2/", Microsoft: "/v1.0/"}[system]
	address := fmt.Sprintf("https://gateway.test%s%s/count?$filter=%s&companyId=%s&x=%s", prefix, escapeQuery(p.plant()),
		escapeQuery("name eq '"+strings.ReplaceAll(p.plant(), "'", "''")+"'"), escapeQuery(p.plant()), escapeQuery(p.plant()))
	contentType, body := p.body()
	_, sent := p.body()
	if p.random.IntN(4) == 0 {
		body = strings.Replace(body, "a", secret, 1)
	}
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(sent))
	request.Header = http.Header{"Authorization": {"Bearer " + secret}, "X-Other": {p.plant()}, "User-Agent": {p.plant()}, "Content-Type": {"application/json"}}
	upstream := answers(func(r *http.Request) (*http.Response, error) {
		response, err := answer(200, contentType, body)(r)
		response.Header.Set("Server", p.plant())
		response.Header.Set("Location", "https://"+p.plant())
		response.Header.Set("Set-Cookie", p.plant())
		response.Header.Set("Via", "1.1 "+p.plant())
		return response, err
	})
	response, err := recorder.Transport(system, upstream).RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, response.Body)
	response.Body.Close()
	entries, text := read(t, options.Path)
	if entry := entries.Log.Entries[0]; entry.Comment != "" && !strings.Contains(body, secret) {
		t.Errorf("an exchange without a secret is left out: %s", body)
	}
	lower := strings.ToLower(text)
	unescaped := strings.ToLower(strings.Join(entries.Log.Entries[0].parts(), "\n"))
	for _, value := range append(p.planted, secret) {
		value = strings.ToLower(value)
		if strings.Contains(lower, value) || strings.Contains(unescaped, value) || strings.Contains(unescaped, inJSON(value)) {
			found = append(found, value)
		}
	}
	return found, text
}

func FuzzNothingLeaks(f *testing.F) {
	for seed := range uint64(150) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		if found, text := leaks(t, seed); len(found) > 0 {
			t.Errorf("%q in %s", found, text)
		}
	})
}
