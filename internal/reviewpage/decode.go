// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package reviewpage

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/review/reconcile"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
)

// review is what the page shows of a reconciliation.
type review struct {
	rows        []row
	differences map[pair]bool
	tolerance   float64
	inAgreement bool
	units       [len(reconcile.Systems)]*float64 // sums; nil when the system was not asked
	findings    []finding
	companies   map[string]float64 // account id → company id in CloudRadial
	assetType   string
	origins     reconcile.Origins // of Microsoft's numbers
	psaLines    map[pair][]psaLine
}

type pair struct{ account, service string }

// psaLine is a line of the PSA behind a number.
type psaLine struct {
	quantity *float64
	text     string
}

type row struct {
	pair
	name, status, reason string
	units                [len(reconcile.Systems)]*float64
}

// finding is a list of what no number of the rows has.
type finding struct {
	title, hint string
	items       []string
}

// decode reads the data source, or an object that has the parts of it which are needed.
func decode(value attr.Value) (review, error) {
	d := &decoder{}
	root := d.object(parameter, value)
	for _, needed := range []string{"rows", "differences", "summary"} {
		if _, has := root[needed]; !has && d.err == nil {
			return review{}, shapes.Errorf(parameter, "%s has no attribute %q: pass the whole data source, data.cloudradial_reconciliation.<name>", parameter, needed)
		}
	}
	found := review{differences: map[pair]bool{}, companies: map[string]float64{}}
	for at, element := range d.list(parameter+".rows", root["rows"]) {
		found.rows = append(found.rows, d.row(fmt.Sprintf("%s.rows[%d]", parameter, at), element))
	}
	for at, element := range d.list(parameter+".differences", root["differences"]) {
		found.differences[d.row(fmt.Sprintf("%s.differences[%d]", parameter, at), element).pair] = true
	}
	units := d.object(parameter+".summary.units", d.object(parameter+".summary", root["summary"])["units"])
	for system := range found.units {
		key := reconcile.System(system).Key()
		found.units[system] = d.number(parameter+".summary.units."+key, units[key])
	}
	if tolerance := d.number(parameter+".tolerance", root["tolerance"]); tolerance != nil {
		found.tolerance = *tolerance
	}
	found.inAgreement = d.flag(parameter+".in_agreement", root["in_agreement"])
	found.assetType = d.text(parameter+".asset_type", root["asset_type"])
	found.findings = d.findings(root)
	found.psaLines = d.psaLines(root["psa_lines"])
	d.mappings(root, &found)
	return found, d.err
}

// decoder reads values and remembers the first that has the wrong type. What is missing is null.
type decoder struct{ err error }

func (d *decoder) wrong(at, want string, value attr.Value) {
	if d.err == nil {
		d.err = shapes.Errorf(parameter, "%s must be %s, and it is %s. Pass the whole data source, data.cloudradial_reconciliation.<name>", at, want, kindOf(value))
	}
}

func kindOf(value attr.Value) string {
	switch value.(type) {
	case types.String:
		return "a string"
	case types.Number, types.Float64, types.Int64:
		return "a number"
	case types.Bool:
		return "true or false"
	case types.List, types.Tuple, types.Set:
		return "a list"
	case types.Object, types.Map:
		return "an object"
	}
	return "of another type"
}

// isMissing reports whether there is no value, or a null.
func isMissing(value attr.Value) bool { return value == nil || value.IsNull() }

func inner(value attr.Value) attr.Value {
	if dynamic, is := value.(types.Dynamic); is {
		if dynamic.IsNull() || dynamic.IsUnderlyingValueNull() {
			return nil
		}
		return dynamic.UnderlyingValue()
	}
	return value
}

func (d *decoder) object(at string, value attr.Value) map[string]attr.Value {
	value = inner(value)
	switch value := value.(type) {
	case types.Object:
		return value.Attributes()
	case types.Map:
		return value.Elements()
	}
	if !isMissing(value) {
		d.wrong(at, "an object", value)
	} else if d.err == nil {
		d.err = shapes.Errorf(parameter, "%s is null", at)
	}
	return nil
}

func (d *decoder) list(at string, value attr.Value) []attr.Value {
	value = inner(value)
	switch value := value.(type) {
	case types.List:
		return value.Elements()
	case types.Tuple:
		return value.Elements()
	case types.Set:
		return value.Elements()
	}
	if !isMissing(value) {
		d.wrong(at, "a list", value)
	}
	return nil
}

func (d *decoder) text(at string, value attr.Value) string {
	value = inner(value)
	if isMissing(value) {
		return ""
	}
	text, is := value.(types.String)
	if !is {
		d.wrong(at, "a string", value)
	}
	return text.ValueString()
}

// number returns nil for null.
func (d *decoder) number(at string, value attr.Value) *float64 {
	value = inner(value)
	if isMissing(value) {
		return nil
	}
	switch value := value.(type) {
	case types.Number:
		number, _ := value.ValueBigFloat().Float64()
		return &number
	case types.Float64:
		return value.ValueFloat64Pointer()
	case types.Int64:
		number := float64(value.ValueInt64())
		return &number
	}
	d.wrong(at, "a number", value)
	return nil
}

func (d *decoder) flag(at string, value attr.Value) bool {
	value = inner(value)
	if isMissing(value) {
		return false
	}
	flag, is := value.(types.Bool)
	if !is {
		d.wrong(at, "true or false", value)
	}
	return flag.ValueBool()
}

func (d *decoder) row(at string, value attr.Value) row {
	attributes := d.object(at, value)
	found := row{
		pair:   pair{d.text(at+".account_id", attributes["account_id"]), d.text(at+".service", attributes["service"])},
		name:   d.text(at+".account_name", attributes["account_name"]),
		status: d.text(at+".status", attributes["status"]),
		reason: d.text(at+".reason", attributes["reason"]),
	}
	if found.name == "" {
		found.name = found.account
	}
	for system := range found.units {
		key := reconcile.System(system).Key()
		found.units[system] = d.number(at+"."+key, attributes[key])
	}
	return found
}

// findings reads the lists beside the rows.
func (d *decoder) findings(root map[string]attr.Value) []finding {
	var findings []finding
	add := func(name, title, hint string, describe func(at string, element attr.Value) string) {
		found := finding{title: title, hint: hint}
		for i, element := range d.list(parameter+"."+name, root[name]) {
			found.items = append(found.items, describe(fmt.Sprintf("%s.%s[%d]", parameter, name, i), element))
		}
		if len(found.items) > 0 {
			findings = append(findings, found)
		}
	}
	named := func(id string) func(string, attr.Value) string {
		return func(at string, element attr.Value) string {
			attributes := d.object(at, element)
			if number, is := inner(attributes[id]).(types.String); is {
				return d.text(at+".name", attributes["name"]) + " (" + number.ValueString() + ")"
			}
			return d.text(at+".name", attributes["name"]) + " (" + formatUnits(d.number(at+"."+id, attributes[id])) + ")"
		}
	}
	add("unmapped_skus", "SKUs that no license mapping counts", "Seats that customers have bought and nothing bills.", func(at string, element attr.Value) string {
		attributes := d.object(at, element)
		return fmt.Sprintf("%s (%s): %s purchased seats", d.text(at+".product_name", attributes["product_name"]), d.text(at+".sku", attributes["sku"]),
			formatUnits(d.number(at+".purchased", attributes["purchased"])))
	})
	add("unreadable_tenants", "Tenants without numbers", "They could not be read, or have no tenant. Their counts are unknown, not 0.", d.text)
	add("unmapped_accounts", "Accounts that are not mapped in Gradient", "Their units reach no invoice.", named("account_id"))
	add("unmapped_companies", "Companies without a mapping", "They are in CloudRadial and in no company mapping.", named("company_id"))
	add("flagged", "Counts that deserve a second look", "The flags are those of cloudradial_license_counts.", func(at string, element attr.Value) string {
		attributes := d.object(at, element)
		text := d.text(at+".tenant", attributes["tenant"]) + ", " + d.text(at+".product_name", attributes["product_name"]) + ":"
		for i, flag := range d.list(at+".flags", attributes["flags"]) {
			text += " " + d.text(fmt.Sprintf("%s.flags[%d]", at, i), flag)
		}
		return text
	})
	return findings
}

// psaLines reads the lines that cloudradial_psa_counts has found.
func (d *decoder) psaLines(value attr.Value) map[pair][]psaLine {
	lines := map[pair][]psaLine{}
	for i, element := range d.list(parameter+".psa_lines", value) {
		at := fmt.Sprintf("%s.psa_lines[%d]", parameter, i)
		attributes := d.object(at, element)
		field := func(name string) string { return d.text(at+"."+name, attributes[name]) }
		text := field("product") + " in " + field("agreement")
		for _, date := range []struct{ name, word string }{{"effective_date", " from "}, {"cancelled_date", " to "}} {
			if day := field(date.name); day != "" {
				text += date.word + day
			}
		}
		for j, flag := range d.list(at+".flags", attributes["flags"]) {
			text += ", " + strings.ReplaceAll(d.text(fmt.Sprintf("%s.flags[%d]", at, j), flag), "_", " ")
		}
		of := pair{field("account_id"), field("service")}
		lines[of] = append(lines[of], psaLine{d.number(at+".quantity", attributes["quantity"]), text})
	}
	return lines
}

// mappings reads what says where Microsoft's and CloudRadial's numbers come from. An object without the arguments of the data source lacks it.
func (d *decoder) mappings(root map[string]attr.Value, found *review) {
	if d.err != nil {
		return
	}
	companies, isMap := inner(root["company_mappings"]).(types.Map)
	if isMap && !companies.IsNull() {
		for _, key := range slices.Sorted(maps.Keys(companies.Elements())) {
			at := fmt.Sprintf("%s.company_mappings[%q]", parameter, key)
			mapping := d.object(at, companies.Elements()[key])
			if id := d.number(at+".company_id", mapping["company_id"]); id != nil {
				found.companies[d.text(at+".account_id", mapping["account_id"])] = *id
			}
		}
	}
	licenses, isMap := inner(root["license_mappings"]).(types.Map)
	if !isMap || licenses.IsNull() || isMissing(inner(root["license_counts"])) {
		return
	}
	counts, err := shapes.DecodeLicenseCounts(root["license_counts"], func(count shapes.Count) reconcile.Count { return reconcile.Count(count) })
	if err != nil {
		d.err = shapes.Errorf(parameter, "%s.%s", parameter, err)
		return
	}
	mapped, err := shapes.DecodeLicenseMappings(licenses)
	if err != nil {
		d.err = shapes.Errorf(parameter, "%s.%s", parameter, err)
		return
	}
	if found.origins, err = reconcile.OriginsOf(counts, mapped); err != nil {
		d.err = err
	}
}
