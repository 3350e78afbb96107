// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package publication

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cloudradial"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// What would be below 0 in a shared tenant is not published: the rows of the account stay as they are.
func TestAnOverassignedRemainderIsHeld(t *testing.T) {
	t.Parallel()
	for flag, held := range map[string]bool{"overassigned_split": true, "overassigned": false} {
		data := model{
			LicenseCounts:   countsValue(licenseCounts{"group": {"S": {"Product S", 0, 0, 1, []string{flag}}}, "marine": {"S": {"Product S", 7, 7, 7, []string{"split"}}}}),
			CompanyMappings: mappingsValue(map[string]mapping{"1": {1, "group"}, "2": {2, "marine"}}),
		}
		got, err := data.table()
		if err != nil || got.unknown[1] != held || got.unknown[2] || len(got.rows) != map[bool]int{true: 1, false: 2}[held] {
			t.Errorf("%s: unknown %v, rows %v, %v", flag, got.unknown, got.rows, err)
		}
	}
}

func TestTableOf(t *testing.T) {
	t.Parallel()
	counts := licenseCounts{
		"a/one":   {"S": {"Product S", 5, 6, 7, []string{"trial"}}, "T": {"", 1, 1, 0, nil}},
		"a/two":   {"S": {"Other", 2, 2, 0, []string{"in_grace", "trial"}}, "S/id": {"Product S", 9, 9, 9, nil}},
		"b":       nil,
		"b/more":  {"S": {"Product S", 1, 1, 1, nil}},
		"c":       {},
		"d":       {"S": {"Product S", 1, 1, 1, nil}, "T": {"", billing.Unknown, 1, 1, nil}},
		"e":       {"S": {"Product S", 1, 1, billing.Unknown, nil}},
		"f":       {"S": {"Product S", 1, billing.Unknown, 1, nil}},
		"x":       {"S": {"Product S", 1, 1, 1, nil}},
		"x/label": nil,
	}
	got, err := tableOf(counts, map[string]mapping{"1": {1, "a"}, "2": {2, "b"}, "3": {3, "c"}, "4": {4, "d"}, "5": {5, "e"}, "6": {6, "f"}})
	if err != nil {
		t.Fatal(err)
	}
	if want := (map[int64]string{1: "a", 2: "b", 3: "c", 4: "d", 5: "e", 6: "f"}); !reflect.DeepEqual(got.accounts, want) {
		t.Errorf("accounts %v", got.accounts)
	}
	if want := (map[int64]bool{2: true, 4: true, 5: true, 6: true}); !reflect.DeepEqual(got.unknown, want) {
		t.Errorf("unknown %v", got.unknown)
	}
	if want := []string{"x"}; !slices.Equal(got.unmapped, want) {
		t.Errorf("unmapped %v", got.unmapped)
	}
	want := map[rowKey][]string{ // product, purchased, assigned, available, status, tenant
		{1, "S"}:    {"Product S", "7", "7", "1", "in grace, trial", "a/one, a/two"},
		{1, "T"}:    {"T", "1", "0", "1", "-", "a/one"},
		{1, "S/id"}: {"Product S", "9", "9", "0", "-", "a/two"},
	}
	for key := range got.rows {
		cells := got.cells(key)
		var values []string
		for _, name := range []string{productColumn, purchasedColumn, assignedColumn, availableColumn, statusColumn, tenantColumn} {
			values = append(values, cells[name])
		}
		if !slices.Equal(values, want[key]) || cells[skuColumn] != key.sku {
			t.Errorf("%v is %q, want %q", key, cells, want[key])
		}
	}
	if len(got.rows) != len(want) {
		t.Errorf("%d rows, want %d", len(got.rows), len(want))
	}
}

// A row shows its account also when the label of the tenant has a comma. Otherwise it would be taken for another customer's, and removed.
func TestLabelWithAComma(t *testing.T) {
	t.Parallel()
	before, err := tableOf(licenseCounts{"a/Finch, Alder": {"S": {"Product S", 5, 5, 5, nil}}, "a/west": {"S": {"Product S", 1, 1, 1, nil}}}, map[string]mapping{"1": {1, "a"}})
	if err != nil {
		t.Fatal(err)
	}
	key := rowKey{1, "S"}
	held := heldRow{1, key, merged(before.cells(key), map[string]string{ownerColumn: "me"})}
	tonight, err := tableOf(licenseCounts{"a/Finch, Alder": nil, "a/west": {}}, map[string]mapping{"1": {1, "a"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, t2 := range map[string]table{"the same counts": before, "unknown counts": tonight} {
		if c := t2.changesOf([]heldRow{held}, "me"); held.account() != "a" || len(c.remove)+len(c.change)+len(c.add) > 0 {
			t.Errorf("%s: a row of account %q: %+v", name, held.account(), c)
		}
	}
}

func TestSameCell(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		column, one, other string
		want               bool
	}{
		{purchasedColumn, "5", "5.00", true},
		{purchasedColumn, " 5", "5", true},
		{purchasedColumn, "5.5", "5", false},
		{purchasedColumn, "", "0", false},
		{purchasedColumn, "five", "cinq", false},
		{purchasedColumn, "NaN", "nan", false},
		{availableColumn, "-2", "-2.0", true},
		{skuColumn, "5", "5.0", false},
		{productColumn, "a ", "a", true},
		{productColumn, "a", "A", false},
	} {
		if got := sameCell(tc.column, tc.one, tc.other); got != tc.want {
			t.Errorf("%s: %q and %q: %v", tc.column, tc.one, tc.other, got)
		}
	}
}

// heldAs is a row of that owner that shows what the table wants, but for the edits (column, value, …).
func heldAs(t table, id int64, key rowKey, owner string, edits ...string) heldRow {
	cells := t.cells(key)
	cells[ownerColumn], cells[updatedColumn] = owner, "2026-01-01"
	for i := 0; i < len(edits); i += 2 {
		cells[edits[i]] = edits[i+1]
	}
	return heldRow{id, rowKey{key.company, cells[skuColumn]}, cells}
}

func TestChangesOf(t *testing.T) {
	t.Parallel()
	wanted, err := tableOf(licenseCounts{"a": {"S": {"P", 5, 5, 5, nil}, "T": {"Q", 1, 1, 0, nil}}, "b": nil},
		map[string]mapping{"a": {1, "a"}, "b": {2, "b"}})
	if err != nil {
		t.Fatal(err)
	}
	s, tt := rowKey{1, "S"}, rowKey{1, "T"}
	right := []heldRow{heldAs(wanted, 1, s, "me"), heldAs(wanted, 2, tt, "me")}
	without := heldAs(wanted, 2, tt, "me")
	delete(without.cells, tenantColumn)
	lost := heldAs(wanted, 2, tt, "me")
	delete(lost.cells, productColumn)
	unknown := func(id int64, tenants string) heldRow {
		return heldRow{id, rowKey{2, "X"}, map[string]string{ownerColumn: "me", tenantColumn: tenants}}
	}
	cases := map[string]struct {
		rows []heldRow
		want string
	}{
		"nothing there":          {nil, "+S +T"},
		"all right":              {right, ""},
		"a number edited":        {[]heldRow{heldAs(wanted, 1, s, "me", purchasedColumn, "6"), right[1]}, "~1[Purchased=5]"},
		"two cells edited":       {[]heldRow{heldAs(wanted, 1, s, "me", productColumn, "x", statusColumn, "y"), right[1]}, "~1[Product=P Status=-]"},
		"a date edited":          {[]heldRow{heldAs(wanted, 1, s, "me", updatedColumn, ""), right[1]}, ""},
		"a trait lost":           {[]heldRow{right[0], lost}, "~2[Product=Q]!"},
		"no tenant":              {[]heldRow{right[0], without}, "-2 +T"},
		"another account":        {[]heldRow{heldAs(wanted, 1, s, "me", tenantColumn, "mallory"), right[1]}, "-1 +S"},
		"another tenant":         {[]heldRow{heldAs(wanted, 1, s, "me", tenantColumn, "a/west, a/east"), right[1]}, "~1[Tenant=a]"},
		"two accounts":           {[]heldRow{heldAs(wanted, 1, s, "me", tenantColumn, "a/west, b/east"), right[1]}, "-1 +S"},
		"a SKU edited":           {[]heldRow{heldAs(wanted, 1, s, "me", skuColumn, "X"), right[1]}, "-1 +S"},
		"a second row":           {[]heldRow{right[0], right[1], heldAs(wanted, 3, s, "me")}, "-3"},
		"another owner":          {[]heldRow{right[0], right[1], heldAs(wanted, 3, s, "you")}, ""},
		"an owner instead of us": {[]heldRow{heldAs(wanted, 1, s, "you"), right[1]}, "+S"},
		"an empty owner":         {[]heldRow{heldAs(wanted, 1, s, ""), right[1]}, "~1[Owner=me]"},
		"an empty owner too":     {[]heldRow{heldAs(wanted, 1, s, ""), right[1], heldAs(wanted, 3, s, "me")}, ""},
		"a row by hand":          {[]heldRow{right[0], right[1], {3, rowKey{1, "X"}, map[string]string{}}}, ""},
		"unknown counts":         {[]heldRow{right[0], right[1], unknown(3, "b")}, ""},
		"unknown counts, twice":  {[]heldRow{right[0], right[1], unknown(3, "b"), unknown(4, "b/east")}, "-4"},
		"unknown counts, rows of another account": {[]heldRow{right[0], right[1], unknown(3, "mallory"), unknown(4, "")}, "-3 -4"},
		"a company not mapped":                    {[]heldRow{right[0], right[1], {3, rowKey{9, "S"}, map[string]string{ownerColumn: "me"}}}, "-3"},
	}
	for name, tc := range cases {
		c := wanted.changesOf(tc.rows, "me")
		var got []string
		for _, held := range c.remove {
			got = append(got, fmt.Sprintf("-%d", held.id))
		}
		for _, r := range c.change {
			text := fmt.Sprintf("~%d%s", r.row.id, strings.TrimPrefix(fmt.Sprint(r.cells), "map"))
			got = append(got, strings.ReplaceAll(text, ":", "=")+map[bool]string{false: "!"}[r.isPatchable()])
		}
		for _, key := range c.add {
			got = append(got, "+"+key.sku)
		}
		if text := strings.Join(got, " "); text != tc.want {
			t.Errorf("%s: %s, want %s", name, text, tc.want)
		}
	}
}

func TestPublishedAndPredicted(t *testing.T) {
	t.Parallel()
	rowOf := func(id, company int64, owner, tenants, seats string) heldRow {
		return heldRow{id, rowKey{company, "S"}, map[string]string{ownerColumn: owner, tenantColumn: tenants, purchasedColumn: seats, assignedColumn: "x"}}
	}
	rows := []heldRow{
		rowOf(1, 1, "me", "a/east", "5"), rowOf(2, 1, "me", "a", "6"), rowOf(3, 1, "me", "mallory", "77"), rowOf(4, 2, "me", "b", "7"),
		rowOf(5, 3, "you", "c", "8"), rowOf(6, 5, "me", "", "9"),
	}
	before := publishedOf(rows, "me", map[int64]string{1: "a"})
	one := func(n int64) map[string]seats { return map[string]seats{"S": {number{n, true}, number{}}} }
	want := published{"a": one(5), "company 1 (mallory)": one(77), "company 2 (b)": one(7), "company 5": one(9)}
	if !reflect.DeepEqual(before, want) {
		t.Errorf("published %v, want %v", before, want)
	}
	counts := licenseCounts{"a": nil, "new": nil, "b": nil, "c": {"T": {"", 1, 1, 1, nil}}, "none": {}}
	known := map[string]seats{"T": {number{1, true}, number{1, true}}}
	for name, test := range map[string]struct {
		account string // of company 1
		want    published
	}{
		"the same account, unknown": {"a", published{"a": one(5), "b": one(7), "c": known}},
		"another account, unknown":  {"new", published{"b": one(7), "c": known}},
	} {
		wanted, err := tableOf(counts, map[string]mapping{"1": {1, test.account}, "2": {2, "b"}, "3": {3, "c"}, "4": {4, "none"}})
		if err != nil {
			t.Fatal(err)
		}
		if got := wanted.predicted(before, map[int64]string{1: "a"}); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: predicted %v, want %v", name, got, test.want)
		}
	}
}

// publishOn brings the fakePortal to counts on a day and returns what was changed in it.
func (w *fakePortal) publishOn(t *testing.T, day string, counts licenseCounts) []string {
	t.Helper()
	before := maps.Clone(w.assets)
	date, err := time.Parse(time.DateOnly, day)
	if err != nil {
		t.Fatal(err)
	}
	s, err := makeSheet(t.Context(), w, testType)
	if err != nil {
		t.Fatal(err)
	}
	mappings := map[string]mapping{"a": {1, "a"}}
	w.mayWrite[1] = true
	planned := model{ID: types.StringValue("me"), AssetType: types.StringValue(testType), LicenseCounts: countsValue(counts), CompanyMappings: mappingsValue(mappings)}
	wanted, err := planned.table()
	if err != nil {
		t.Fatal(err)
	}
	r := &publicationResource{now: func() time.Time { return date }}
	if _, diags := r.write(t.Context(), s, wanted, planned); diags.HasError() {
		t.Fatal(diags)
	}
	var changed []string
	for _, asset := range w.all() {
		if !reflect.DeepEqual(before[asset.ID], asset) {
			changed = append(changed, asset.Traits[w.key(skuColumn)]+" "+asset.Traits[w.key(updatedColumn)])
		}
	}
	return changed
}

func TestUpdatedMovesOnlyWithAnotherCell(t *testing.T) {
	t.Parallel()
	w := newFakePortal(1)
	one := licenseCounts{"a": {"S": {"P", 5, 5, 5, nil}, "T": {"Q", 1, 1, 0, nil}}}
	other := licenseCounts{"a": {"S": {"P", 5, 5, 5, nil}, "T": {"Q", 1, 1, 1, nil}}}
	for _, step := range []struct {
		day    string
		counts licenseCounts
		want   []string
	}{
		{"2026-11-20", one, []string{"S 2026-11-20", "T 2026-11-20"}},
		{"2026-11-21", one, nil},
		{"2026-11-22", other, []string{"T 2026-11-22"}},
	} {
		if got := w.publishOn(t, step.day, step.counts); !slices.Equal(got, step.want) {
			t.Errorf("on %s changed %q, want %q", step.day, got, step.want)
		}
	}
}

func TestARowIsReplacedWhereTheAPICannotChangeIt(t *testing.T) {
	t.Parallel()
	w := newFakePortal(1)
	w.publishOn(t, "2026-11-20", licenseCounts{"a": {"S": {"P", 5, 5, 5, nil}}})
	for _, asset := range w.assets {
		delete(asset.Traits, w.key(statusColumn)) // the portal may not keep empty values
	}
	if got := w.publishOn(t, "2026-11-21", licenseCounts{"a": {"S": {"P", 5, 5, 5, nil}}}); got != nil {
		t.Errorf("wrote %q for an empty value", got)
	}
	if got := w.publishOn(t, "2026-11-22", licenseCounts{"a": {"S": {"P", 5, 5, 5, []string{"trial"}}}}); !slices.Equal(got, []string{"S 2026-11-22"}) {
		t.Errorf("changed %q", got)
	}
	if len(w.assets) != 1 || len(w.wrong) > 0 {
		t.Errorf("there are %v; %q", w.assets, w.wrong)
	}
}

func TestRenamedFieldsAreFoundByID(t *testing.T) {
	t.Parallel()
	kind := newAssetType("T")
	for i := range kind.Fields {
		kind.Fields[i].ID, kind.Fields[i].Key = int64(i+1), fmt.Sprintf("k%d", i+1)
	}
	known, err := layoutOf(kind, nil)
	if err != nil || len(known.renamed) > 0 {
		t.Fatal(known, err)
	}
	kind.Fields[2].Name, kind.Fields[2].Key = "Seats", "seats"
	found, err := layoutOf(kind, known.ids)
	if err != nil || found.keys[purchasedColumn] != "seats" || !slices.Equal(found.renamed, []string{`"Purchased" is now "Seats"`}) {
		t.Errorf("found %+v, %v", found, err)
	}
	var problem *layoutError
	if _, err := layoutOf(kind, nil); !errors.As(err, &problem) || !slices.Equal(problem.missing, []string{"Purchased"}) || len(problem.inTheWay) > 0 {
		t.Errorf("without memory: %v", err)
	}
	// A second field of the name does not take over.
	kind.Fields = append(kind.Fields, cloudradial.AssetField{ID: 99, Name: "Purchased", Key: "purchased", Kind: "Number"})
	if found, err := layoutOf(kind, known.ids); err != nil || found.keys[purchasedColumn] != "seats" {
		t.Errorf("found %+v, %v", found, err)
	}
	kind.Fields = append(kind.Fields, cloudradial.AssetField{ID: 100, Name: "Purchased", Key: "purchased-2", Kind: "Number"})
	if _, err := layoutOf(kind, nil); err == nil || !strings.Contains(err.Error(), `it has 2 fields named "Purchased"`) {
		t.Errorf("two of a name: %v", err)
	}
	// A kind that reads as a number says nothing.
	kind.Fields[0].Kind = "3"
	if _, err := layoutOf(kind, known.ids); err != nil {
		t.Error(err)
	}
}

func TestParseImportID(t *testing.T) {
	t.Parallel()
	owner := newOwner()
	for id, want := range map[string][2]string{
		owner:                   {defaultAssetType, owner},
		"Licenses":              {"Licenses", ""},
		"Licenses/" + owner:     {"Licenses", owner},
		"A/B/" + owner:          {"A/B", owner},
		"A/B":                   {"A/B", ""},
		"/" + owner:             {"/" + owner, ""},
		strings.ToUpper(owner):  {strings.ToUpper(owner), ""},
		"Licenses/" + owner[:9]: {"Licenses/" + owner[:9], ""},
	} {
		if name, found := parseImportID(id); name != want[0] || found != want[1] {
			t.Errorf("%q is %q, %q", id, name, found)
		}
	}
}

// unreadablePortal cannot be read after a creation with an unclear outcome.
type unreadablePortal struct {
	*fakePortal
	mute bool
}

func (s *unreadablePortal) CreateAsset(ctx context.Context, asset cloudradial.Asset) (cloudradial.Asset, error) {
	_, _ = s.fakePortal.CreateAsset(ctx, asset)
	s.mute = true
	return cloudradial.Asset{}, &rest.Error{Status: 500, Sent: true, Attempts: 1}
}

func (s *unreadablePortal) Assets(ctx context.Context, id int64) ([]cloudradial.Asset, error) {
	if s.mute {
		return nil, &rest.Error{Status: 404, Sent: true}
	}
	return s.fakePortal.Assets(ctx, id)
}

// If a row may exist, Create keeps a state, so that a destroy finds the row. No further row is added, although neither error alone would
// stop the others.
func TestAnUnclearCreationStaysUnclear(t *testing.T) {
	t.Parallel()
	w := &unreadablePortal{fakePortal: newFakePortal(1)}
	w.mayWrite[1] = true
	s, err := makeSheet(t.Context(), w, testType)
	if err != nil {
		t.Fatal(err)
	}
	wanted, err := tableOf(licenseCounts{"a": {"S": {"P", 5, 5, 5, nil}, "T": {"P", 5, 5, 5, nil}}}, map[string]mapping{"a": {1, "a"}})
	if err != nil {
		t.Fatal(err)
	}
	run := &writer{sheet: s, table: wanted, owner: "me", today: "2026-11-22"}
	if err := run.write(t.Context()); err == nil || !s.unclear || len(w.assets) != 1 {
		t.Errorf("%v, unclear is %v, %d rows", err, s.unclear, len(w.assets))
	}
}
