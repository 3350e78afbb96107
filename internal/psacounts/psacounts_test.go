// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package psacounts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/psa"
)

// fakePSA has customers and lines, and applies approvals on the first of the next month.
type fakePSA struct {
	customers []psa.Customer
	lines     map[string]psa.CustomerLines
	err       error
	asked     []string
	during    psa.Period
}

func (f *fakePSA) PSA() (psa.Reader, error)                          { return f, nil }
func (f *fakePSA) System() string                                    { return "Fake PSA" }
func (f *fakePSA) ApprovalDate(today psa.Date) psa.Date              { return today.FirstOfNextMonth() }
func (f *fakePSA) Customers(context.Context) ([]psa.Customer, error) { return f.customers, f.err }

func (f *fakePSA) Lines(_ context.Context, ids []string, during psa.Period) (map[string]psa.CustomerLines, error) {
	f.asked, f.during = ids, during
	return f.lines, f.err
}

const today = "2026-11-28"

func units(n float64) *float64 { return &n }

var premium = psa.Product{ID: "501", Codes: []string{"M365-BP"}, Name: "Business Premium"}

// estate has Brightwater with two lines of Premium, and Quillon with none.
func estate() *fakePSA {
	return &fakePSA{
		customers: []psa.Customer{{ID: "7", Identifier: "Brightwater", Name: "Brightwater Dental"}, {ID: "8", Identifier: "Quillon", Name: "Quillon Ltd"}},
		lines: map[string]psa.CustomerLines{
			"7": {Lines: []psa.Line{
				{Product: premium, Agreement: "Cloud (1)", Quantity: units(10), Billed: units(8), Starts: "2026-01-01"},
				{Product: premium, Agreement: "Cloud (1)", Quantity: units(2.5), Billed: units(2.5), Starts: "2026-12-01"},
			}},
			"8": {},
		},
	}
}

// read reads the data source with a configuration, and returns its state as JSON and its diagnostics.
func readSource(t *testing.T, f *fakePSA, config map[string]any) (map[string]any, []string) {
	t.Helper()
	source := &psaCounts{now: func() time.Time { return time.Date(2026, 11, 28, 23, 30, 0, 0, time.UTC) }}
	source.Clients = f
	var schema datasource.SchemaResponse
	source.Schema(t.Context(), datasource.SchemaRequest{}, &schema)
	objectType := schema.Schema.Type().TerraformType(t.Context())
	values := map[string]tftypes.Value{}
	for name, attribute := range objectType.(tftypes.Object).AttributeTypes { //nolint:forcetypeassert // a schema is an object
		values[name] = toTerraform(t, attribute, config[name])
	}
	raw := tftypes.NewValue(objectType, values)
	var validated datasource.ValidateConfigResponse
	source.ValidateConfig(t.Context(), datasource.ValidateConfigRequest{Config: tfsdk.Config{Raw: raw, Schema: schema.Schema}}, &validated)
	resp := datasource.ReadResponse{State: tfsdk.State{Raw: tftypes.NewValue(objectType, nil), Schema: schema.Schema}, Diagnostics: validated.Diagnostics}
	if !resp.Diagnostics.HasError() {
		source.Read(t.Context(), datasource.ReadRequest{Config: tfsdk.Config{Raw: raw, Schema: schema.Schema}}, &resp)
	}
	var problems []string
	for _, d := range resp.Diagnostics {
		problems = append(problems, strings.ToLower(d.Severity().String())+": "+d.Summary()+": "+d.Detail())
	}
	if resp.State.Raw.IsNull() {
		return nil, problems
	}
	state, _ := fromTerraform(t, resp.State.Raw).(map[string]any)
	return state, problems
}

func toTerraform(t *testing.T, of tftypes.Type, value any) tftypes.Value {
	t.Helper()
	switch of := of.(type) {
	case tftypes.Map:
		given, ok := value.(map[string]any)
		if !ok {
			return tftypes.NewValue(of, nil)
		}
		elements := map[string]tftypes.Value{}
		for key, element := range given {
			elements[key] = toTerraform(t, of.ElementType, element)
		}
		return tftypes.NewValue(of, elements)
	case tftypes.List, tftypes.Set:
		given, ok := value.([]string)
		if !ok {
			return tftypes.NewValue(of, nil)
		}
		elements := []tftypes.Value{}
		for _, element := range given {
			elements = append(elements, tftypes.NewValue(tftypes.String, element))
		}
		return tftypes.NewValue(of, elements)
	}
	return tftypes.NewValue(of, value)
}

func fromTerraform(t *testing.T, value tftypes.Value) any {
	t.Helper()
	switch {
	case value.IsNull():
		return nil
	case value.Type().Is(tftypes.String):
		var text string
		_ = value.As(&text)
		return text
	case value.Type().Is(tftypes.Number):
		var number big.Float
		_ = value.As(&number)
		n, _ := number.Float64()
		return n
	}
	var elements map[string]tftypes.Value
	if value.As(&elements) == nil {
		plain := map[string]any{}
		for key, element := range elements {
			plain[key] = fromTerraform(t, element)
		}
		return plain
	}
	var list []tftypes.Value
	if err := value.As(&list); err != nil {
		t.Fatal(err)
	}
	plain := []any{}
	for _, element := range list {
		plain = append(plain, fromTerraform(t, element))
	}
	return plain
}

func expectJSON(t *testing.T, what string, got any, want string) {
	t.Helper()
	var wanted any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatal(err)
	}
	gotText, _ := json.Marshal(got)
	wantText, _ := json.Marshal(wanted)
	if string(gotText) != string(wantText) {
		t.Errorf("%s: got %s, want %s", what, gotText, wantText)
	}
}

func configuration(changes map[string]any) map[string]any {
	config := map[string]any{
		"accounts": map[string]any{"brightwater": "Brightwater", "quillon": "8"},
		"services": map[string]any{"Business Premium": nil},
	}
	maps.Copy(config, changes)
	return config
}

func TestRead(t *testing.T) {
	t.Parallel()
	f := estate()
	got, problems := readSource(t, f, configuration(nil))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	expectJSON(t, "date", got["date"], `"2026-12-01"`)
	expectJSON(t, "counts", got["counts"], `{"brightwater": {"Business Premium": 12.5}, "quillon": {}}`)
	expectJSON(t, "lines", got["lines"], `[
		{"account_id": "brightwater", "service": "Business Premium", "product": "Business Premium", "agreement": "Cloud (1)", "quantity": 10, "billed_quantity": 8,
			"effective_date": "2026-01-01", "cancelled_date": null, "flags": []},
		{"account_id": "brightwater", "service": "Business Premium", "product": "Business Premium", "agreement": "Cloud (1)", "quantity": 2.5, "billed_quantity": 2.5,
			"effective_date": "2026-12-01", "cancelled_date": null, "flags": ["later"]}]`)
	expectJSON(t, "unmapped", got["unmapped"], `[]`)
	expectJSON(t, "errors", got["errors"], `{}`)
	if f.during != psa.PeriodOf(today, "2026-12-01") || !slices.Equal(f.asked, []string{"7", "8"}) {
		t.Errorf("asked for %v in %v", f.asked, f.during)
	}
}

// The day whose numbers are read (psa.md §1).
func TestOn(t *testing.T) {
	t.Parallel()
	for on, want := range map[string]string{
		"": `["2026-12-01", 12.5]`, "today": `["2026-11-28", 10]`, "next_month": `["2026-12-01", 12.5]`, "2027-02-03": `["2027-02-03", 12.5]`,
		"2026-11-30": `["2026-11-30", 10]`, "2025-06-01": `["2025-06-01", null]`,
	} {
		config := configuration(nil)
		if on != "" {
			config["on"] = on
		}
		got, problems := readSource(t, estate(), config)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		counts, _ := got["counts"].(map[string]any)["brightwater"].(map[string]any)
		expectJSON(t, on, []any{got["date"], counts["Business Premium"]}, want)
	}
	for _, on := range []string{"tomorrow", "2026-02-30", "2026-12-01T00:00:00Z", "1.12.2026"} {
		if _, problems := readSource(t, estate(), configuration(map[string]any{"on": on})); len(problems) != 1 || !strings.Contains(problems[0], "Invalid date") {
			t.Errorf("%s: got %q", on, problems)
		}
	}
}

// A line that is not charged again and again is listed and not counted, and a number that the PSA does not give makes the pair null.
func TestWhatCounts(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		lines []psa.Line
		want  string
	}{
		"not charged":           {[]psa.Line{{Quantity: units(5), Flags: []string{psa.FlagNoCharge}}}, `{}`},
		"cancelled agreement":   {[]psa.Line{{Quantity: units(5), Flags: []string{psa.FlagCancelledAgreement}}, {Quantity: units(2)}}, `{"S": 2}`},
		"one time":              {[]psa.Line{{Quantity: units(5), Flags: []string{psa.FlagOneTime}}}, `{}`},
		"calculated":            {[]psa.Line{{Quantity: units(5)}, {Flags: []string{psa.FlagCalculated}}, {Quantity: units(1)}}, `{"S": null}`},
		"unknown, not in force": {[]psa.Line{{Quantity: units(5)}, {Starts: "2027-01-01"}}, `{"S": 5}`},
		"a real zero":           {[]psa.Line{{Quantity: units(0)}}, `{"S": 0}`},
		"negative":              {[]psa.Line{{Quantity: units(5)}, {Quantity: units(-2)}}, `{"S": 3}`},
		"binary fractions":      {[]psa.Line{{Quantity: units(0.1)}, {Quantity: units(0.2)}}, `{"S": 0.3}`},
		"ended":                 {[]psa.Line{{Quantity: units(5), Ends: "2026-11-29"}}, `{}`},
		"flagged only":          {[]psa.Line{{Quantity: units(5), Flags: []string{psa.FlagBundled, psa.FlagPosted, psa.FlagNoBillingCycle}}}, `{"S": 5}`},
	} {
		for i := range test.lines {
			test.lines[i].Product = premium
		}
		f := estate()
		f.lines["7"] = psa.CustomerLines{Lines: test.lines}
		got, problems := readSource(t, f, configuration(map[string]any{"services": map[string]any{"S": []string{"M365-BP"}}}))
		if len(problems) > 0 || len(got["lines"].([]any)) != len(test.lines) {
			t.Fatal(name, problems, got["lines"])
		}
		expectJSON(t, name, got["counts"].(map[string]any)["brightwater"], test.want)
	}
}

// Codes come before ids and ids before names, so that a code of digits is not the id of another product.
func TestProductsOfAService(t *testing.T) {
	t.Parallel()
	products := []psa.Product{{ID: "1", Codes: []string{"2"}, Name: "3"}, {ID: "2", Codes: []string{"B"}, Name: "1"}, {Codes: []string{"C"}, Name: "Twin"}, {ID: "4", Name: "Twin"}}
	for text, want := range map[string]float64{"2": 1, "1": 1, "3": 1, "B": 10, "C": 100, "Twin": 1100, "b": 0, "Twi": 0} {
		f := estate()
		of := psa.CustomerLines{}
		for i, product := range products {
			of.Lines = append(of.Lines, psa.Line{Product: product, Quantity: units([]float64{1, 10, 100, 1000}[i])})
		}
		f.lines["7"] = of
		got, problems := readSource(t, f, configuration(map[string]any{"services": map[string]any{"S": []string{text}}}))
		counts, _ := got["counts"].(map[string]any)["brightwater"].(map[string]any)
		if n, _ := counts["S"].(float64); n != want {
			t.Errorf("%s: got %v, want %v", text, n, want)
		}
		if unused := len(problems) == 1 && strings.Contains(problems[0], "Services without a line"); unused != (want == 0) {
			t.Errorf("%s: %q", text, problems)
		}
	}
}

// A product without an id is not the one whose id is its name.
func TestANameIsNoID(t *testing.T) {
	t.Parallel()
	f := estate()
	f.lines["7"] = psa.CustomerLines{Lines: []psa.Line{{Product: psa.Product{ID: "365"}, Quantity: units(5)}, {Product: psa.Product{Name: "365"}, Quantity: units(100)}}}
	got, problems := readSource(t, f, configuration(map[string]any{"services": map[string]any{"S": []string{"365"}}}))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	expectJSON(t, "counts", got["counts"].(map[string]any)["brightwater"], `{"S": 5}`)
}

// A product that two services name would count for one of them only.
func TestTwoServicesOfOneProduct(t *testing.T) {
	t.Parallel()
	for name, services := range map[string]map[string]any{
		"the same text":  {"A": []string{"M365-BP"}, "B": []string{"M365-BP"}},
		"different ones": {"A": []string{"M365-BP"}, "B": []string{"501"}},
		"by the name":    {"A": []string{"M365-BP"}, "Business Premium": nil},
	} {
		got, problems := readSource(t, estate(), configuration(map[string]any{"services": services}))
		if got != nil || len(problems) == 0 || !strings.Contains(problems[0], "Products that two services name") {
			t.Errorf("%s: got %v, %q", name, got, problems)
		}
	}
	if _, problems := readSource(t, estate(), configuration(map[string]any{"services": map[string]any{"A": []string{"M365-BP", "501", "M365-BP"}}})); len(problems) > 0 {
		t.Errorf("one service that names its product twice: %q", problems)
	}
}

func TestUnmapped(t *testing.T) {
	t.Parallel()
	f := estate()
	f.customers[1].Name = ""
	visio, support := psa.Product{ID: "502", Codes: []string{"M365-VISIO"}}, psa.Product{ID: "600", Name: "Support"}
	f.lines["8"] = psa.CustomerLines{Lines: []psa.Line{
		{Product: support, Quantity: units(1)}, {Product: visio, Quantity: units(2)}, {Product: visio, Quantity: units(3)},
		{Product: visio, Quantity: units(9), Flags: []string{psa.FlagNoCharge}}, {Product: visio, Quantity: units(9), Starts: "2027-01-01"},
		{Product: psa.Product{Name: "Calculated"}, Flags: []string{psa.FlagCalculated}},
	}}
	got, _ := readSource(t, f, configuration(nil))
	expectJSON(t, "all", got["unmapped"], `[{"account_id": "quillon", "company": "8", "product": "M365-VISIO", "quantity": 5},
		{"account_id": "quillon", "company": "8", "product": "Support", "quantity": 1}, {"account_id": "quillon", "company": "8", "product": "Calculated", "quantity": null}]`)
	got, _ = readSource(t, f, configuration(map[string]any{"product_prefixes": []string{"M365", "Calc"}}))
	expectJSON(t, "with prefixes", got["unmapped"], `[{"account_id": "quillon", "company": "8", "product": "M365-VISIO", "quantity": 5},
		{"account_id": "quillon", "company": "8", "product": "Calculated", "quantity": null}]`)
}

// A company that is not found, that two match, or that cannot be read is null, never 0 (psa.md §7).
func TestAccountsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		name string
		want string
	}{
		"not found":        {"Nobody", `no agreement that these credentials may see`},
		"a part of a name": {"Quillon L", `no agreement that these credentials may see`},
		"another case":     {"quillon", `no agreement that these credentials may see`},
		"two match":        {"Twin", `names several companies of Fake PSA: "Twin" (id 9), "Other" (id 10)`},
		"fails":            {"Broken", "no rights"},
	} {
		f := estate()
		f.customers = append(f.customers, psa.Customer{ID: "9", Name: "Twin"}, psa.Customer{ID: "10", Identifier: "Twin", Name: "Other"}, psa.Customer{ID: "11", Name: "Broken"})
		f.lines["11"] = psa.CustomerLines{Err: errors.New("no rights"), Lines: f.lines["7"].Lines}
		config := configuration(map[string]any{"accounts": map[string]any{"brightwater": "Brightwater", "bad": test.name, "empty": "", "none": nil}})
		got, problems := readSource(t, f, config)
		if got != nil || len(problems) != 1 || !strings.Contains(problems[0], "error: Fake PSA cannot be read for 1 of 2 accounts") || !strings.Contains(problems[0], test.want) {
			t.Errorf("%s: got %v, %q", name, got, problems)
		}
		config["on_error"] = "skip"
		got, problems = readSource(t, f, config)
		if len(problems) != 1 || !strings.Contains(problems[0], "warning: Accounts skipped") || !strings.Contains(problems[0], test.want) {
			t.Fatalf("%s: got %q", name, problems)
		}
		expectJSON(t, name, got["counts"], `{"brightwater": {"Business Premium": 12.5}, "bad": null, "empty": null, "none": null}`)
		if failure, _ := got["errors"].(map[string]any)["bad"].(string); len(got["errors"].(map[string]any)) != 1 || !strings.Contains(failure, test.want) {
			t.Errorf("%s: errors %v", name, got["errors"])
		}
	}
}

// When nothing could be read the cause is not in the accounts, so skip does not make it a warning.
func TestNothingCouldBeRead(t *testing.T) {
	t.Parallel()
	config := configuration(map[string]any{"on_error": "skip"})
	for name, f := range map[string]*fakePSA{
		"no customer at all": {},
		"a failing PSA":      {err: errors.New("no answer")},
		"other customers":    {customers: []psa.Customer{{ID: "99", Name: "Somebody"}}},
	} {
		if got, problems := readSource(t, f, config); got != nil || len(problems) != 1 || !strings.HasPrefix(problems[0], "error: ") {
			t.Errorf("%s: got %v, %q", name, got, problems)
		}
	}
}

func TestTwoAccountsOfOneCompany(t *testing.T) {
	t.Parallel()
	got, problems := readSource(t, estate(), configuration(map[string]any{"accounts": map[string]any{"a": "Brightwater", "b": "7"}}))
	if got != nil || len(problems) != 1 || !strings.Contains(problems[0], `a and b: "Brightwater Dental" (id 7)`) {
		t.Errorf("got %v, %q", got, problems)
	}
}

func BenchmarkCount(b *testing.B) {
	r := &reading{on: "2026-12-01", lines: map[string][]psa.Line{}}
	services := map[string][]string{}
	for s := range 20 {
		services[fmt.Sprint("S", s)] = []string{fmt.Sprint("P", s)}
	}
	for a := range 1000 {
		id := fmt.Sprint(a)
		r.accounts = append(r.accounts, account{id, id})
		for s := range 20 {
			r.lines[id] = append(r.lines[id], psa.Line{Product: psa.Product{ID: fmt.Sprint(s), Codes: []string{fmt.Sprint("P", s)}}, Quantity: units(3)})
		}
	}
	for b.Loop() {
		r.details, r.unmapped = nil, nil
		r.count(services, nil)
	}
}
