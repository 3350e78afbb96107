// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package psa

import (
	"encoding/json"
	"math"
	"testing"
	"time"
)

func TestDates(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Date{
		"": "", " ": "", "2026-12-01": "2026-12-01", "2026-12-01T00:00:00Z": "2026-12-01", "2026-12-01T23:59:59.999": "2026-12-01", " 2026-12-01 ": "2026-12-01",
	} {
		if got, err := ParseDate(text); err != nil || got != want {
			t.Errorf("%q: got %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"2026-02-30", "1.12.2026", "2026-12", "tomorrow", "20261201"} {
		if got, err := ParseDate(text); err == nil {
			t.Errorf("%q: got %q", text, got)
		}
	}
	for from, want := range map[Date]Date{"2026-11-28": "2026-12-01", "2026-12-31": "2027-01-01", "2027-01-31": "2027-02-01", "2027-02-01": "2027-03-01"} {
		if got := from.FirstOfNextMonth(); got != want {
			t.Errorf("%s: got %s", from, got)
		}
	}
	if got := DateOf(time.Date(2026, 11, 28, 23, 30, 0, 0, time.FixedZone("west", -3600))); got != "2026-11-29" {
		t.Errorf("got %s: days are in UTC", got)
	}
	for _, test := range []struct {
		got, want any
	}{
		{Date("2026-02-28").DayAfter(), Date("2026-03-01")}, {Date("2026-03-01").DayBefore(), Date("2026-02-28")}, {Date("2026-03-01").YearBefore(), Date("2025-03-01")},
		{Date("2026-03-01").Follows("2026-02-28"), true}, {Date("2026-03-01").Follows("2026-03-01"), false}, {Date("2026-03-01").Follows(""), false},
		{PeriodOf("2026-12-01", "2026-11-28"), Period{"2026-11-28", "2026-12-01"}}, {PeriodOf("2026-11-28", "2026-12-01"), Period{"2026-11-28", "2026-12-01"}},
	} {
		if test.got != test.want {
			t.Errorf("got %v, want %v", test.got, test.want)
		}
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	line := Line{Starts: "2026-11-01", Ends: "2026-11-30"}
	for day, want := range map[Date]bool{"2026-10-31": false, "2026-11-01": true, "2026-11-30": true, "2026-12-01": false} {
		if got := line.InForce(day); got != want {
			t.Errorf("%s: got %t", day, got)
		}
	}
	if !(Line{}).InForce("2026-01-01") {
		t.Error("an open line is not in force")
	}
	for from, want := range map[Date]bool{"2026-11-30": true, "2026-12-01": false} {
		if got := line.Touches(Period{From: from}); got != want {
			t.Errorf("touches %s: got %t", from, got)
		}
	}
	charged := map[string]bool{FlagNoCharge: false, FlagCancelledAgreement: false, FlagOneTime: false}
	for _, flag := range Flags {
		want, listed := charged[flag.Name]
		if got := (Line{Flags: []string{flag.Name}}).IsCharged(); got != (want || !listed) {
			t.Errorf("%s: charged %t", flag.Name, got)
		}
	}
	for product, want := range map[*Product]string{
		{ID: "1", Codes: []string{"A", "B"}, Name: "N"}: "N", {ID: "1", Codes: []string{"A", "B"}}: "A", {ID: "1"}: "1",
	} {
		if got := product.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got := (Customer{ID: "7", Name: "Acme"}).String() + (Customer{ID: "8"}).String(); got != `"Acme" (id 7)id 8` {
		t.Errorf("got %s", got)
	}
}

// The PSAs' own descriptions disagree about types (psa.md §2.5).
func TestLenientDecoding(t *testing.T) {
	t.Parallel()
	type wire struct {
		N Number
		I ID
		T Text
		F Flag
		D Day
	}
	for text, want := range map[string]wire{
		`{}`: {}, `{"N":null,"I":null,"T":null,"F":null,"D":null}`: {}, `{"N":"","I":"","T":" ","F":"","D":""}`: {},
		`{"N":2.5,"I":7,"T":" x ","F":true,"D":"2026-12-01T00:00:00Z"}`: {Number{2.5, true}, "7", "x", true, "2026-12-01"},
		`{"N":"-2","I":"a-7","T":5,"F":"True","D":"2026-12-01"}`:        {Number{-2, true}, "a-7", "5", true, "2026-12-01"},
		`{"N":0,"F":1,"I":-94,"T":"e\u0301"}`:                           {N: Number{0, true}, F: true, I: "-94", T: "é"},
		`{"F":-1}`:                                                      {F: true}, `{"F":0}`: {}, `{"F":"0"}`: {}, `{"F":false}`: {},
	} {
		var got wire
		if err := json.Unmarshal([]byte(text), &got); err != nil || got != want {
			t.Errorf("%s: got %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{
		`{"N":"two"}`, `{"N":1e13}`, `{"N":-1e13}`, `{"N":1e999}`, `{"N":"NaN"}`, `{"N":true}`, `{"N":{}}`, `{"I":[]}`, `{"T":{}}`, `{"F":2}`, `{"F":"yes"}`, `{"F":{}}`,
		`{"D":"x"}`, `{"D":20261201}`, `{"D":{}}`,
	} {
		var got wire
		if err := json.Unmarshal([]byte(text), &got); err == nil {
			t.Errorf("%s: got %+v", text, got)
		}
	}
	if (Number{}).Pointer() != nil || *(Number{3, true}).Pointer() != 3 {
		t.Error("a number that was not given is 0")
	}
}

func FuzzWire(f *testing.F) {
	for _, seed := range []string{`null`, `"2.5"`, `1e999`, `"2026-12-01"`, `{"a":1}`, `-0`, `"NaN"`, `true`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var n Number
		if json.Unmarshal(raw, &n) == nil && (math.IsNaN(n.Value) || math.Abs(n.Value) > mostUnits) {
			t.Errorf("%q: got %v", raw, n)
		}
		var d Day
		if json.Unmarshal(raw, &d) == nil && d != "" {
			if again, err := ParseDate(string(d)); err != nil || again != Date(d) {
				t.Errorf("%q: got %q", raw, d)
			}
		}
	})
}
