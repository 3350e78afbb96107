// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package campaign

import (
	"fmt"
	"maps"
	"math/big"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// unknown is an unknown value among plain values.
type unknown struct{}

// plain turns a value into nil, unknown, string, bool, int64, []any or map[string]any.
func plain(value tftypes.Value) any {
	switch {
	case !value.IsKnown():
		return unknown{}
	case value.IsNull():
		return nil
	}
	switch value.Type().(type) {
	case tftypes.Object, tftypes.Map:
		result := map[string]any{}
		for name, element := range fields(value) {
			result[name] = plain(element)
		}
		return result
	case tftypes.List, tftypes.Set, tftypes.Tuple:
		result := []any{}
		for _, element := range elements(value) {
			result = append(result, plain(element))
		}
		return result
	}
	switch {
	case value.Type().Is(tftypes.String):
		var s string
		must(value.As(&s))
		return s
	case value.Type().Is(tftypes.Bool):
		var b bool
		must(value.As(&b))
		return b
	}
	n := new(big.Float)
	must(value.As(n))
	whole, accuracy := n.Int64()
	if accuracy != big.Exact {
		panic(fmt.Sprintf("%s is no whole number", n))
	}
	return whole
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// fields are the attributes of an object or the elements of a map; none when it is null or unknown.
func fields(value tftypes.Value) map[string]tftypes.Value {
	result := map[string]tftypes.Value{}
	if value.IsKnown() && !value.IsNull() {
		must(value.As(&result))
	}
	return result
}

func elements(value tftypes.Value) []tftypes.Value {
	var result []tftypes.Value
	if value.IsKnown() && !value.IsNull() {
		must(value.As(&result))
	}
	return result
}

func null(t tftypes.Type) tftypes.Value { return tftypes.NewValue(t, nil) }

// valueOf turns a plain value into one of that type; attributes that are not given are null.
func valueOf(t tftypes.Type, value any) tftypes.Value {
	switch v := value.(type) {
	case nil:
		return null(t)
	case unknown:
		return tftypes.NewValue(t, tftypes.UnknownValue)
	case tftypes.Value:
		return v
	case map[string]any:
		result := map[string]tftypes.Value{}
		if object, is := t.(tftypes.Object); is {
			for name, attribute := range object.AttributeTypes {
				result[name] = valueOf(attribute, v[name])
			}
			return tftypes.NewValue(t, result)
		}
		for key, element := range v {
			result[key] = valueOf(t.(tftypes.Map).ElementType, element)
		}
		return tftypes.NewValue(t, result)
	case []any:
		result := []tftypes.Value{}
		for _, element := range v {
			result = append(result, valueOf(elementType(t), element))
		}
		return tftypes.NewValue(t, result)
	}
	return tftypes.NewValue(t, value)
}

func elementType(t tftypes.Type) tftypes.Type {
	switch t := t.(type) {
	case tftypes.List:
		return t.ElementType
	case tftypes.Set:
		return t.ElementType
	case tftypes.Map:
		return t.ElementType
	}
	panic(fmt.Sprintf("%s has no elements", t))
}

// convert converts an argument of a function as Terraform does: it drops attributes that the target does not have.
func convert(value tftypes.Value, t tftypes.Type) tftypes.Value {
	switch {
	case !value.IsKnown():
		return tftypes.NewValue(t, tftypes.UnknownValue)
	case value.IsNull():
		return null(t)
	}
	switch target := t.(type) {
	case tftypes.Object:
		result := map[string]tftypes.Value{}
		for name, attribute := range target.AttributeTypes {
			result[name] = convert(fields(value)[name], attribute)
		}
		return tftypes.NewValue(t, result)
	case tftypes.Map:
		result := map[string]tftypes.Value{}
		for key, element := range fields(value) {
			result[key] = convert(element, target.ElementType)
		}
		return tftypes.NewValue(t, result)
	}
	return value
}

// proposed returns the proposed new state: the configuration and, where it is null, the prior computed values.
func proposed(attributes []*tfprotov6.SchemaAttribute, prior, config tftypes.Value) tftypes.Value {
	result, was := map[string]tftypes.Value{}, fields(prior)
	for _, attribute := range attributes {
		given := fields(config)[attribute.Name]
		before, had := was[attribute.Name]
		if !had {
			before = null(attribute.ValueType())
		}
		switch {
		case given.IsNull() && attribute.Computed:
			given = before
		case attribute.NestedType != nil:
			given = proposedNested(attribute.NestedType, before, given)
		}
		result[attribute.Name] = given
	}
	return tftypes.NewValue(config.Type(), result)
}

func proposedNested(nested *tfprotov6.SchemaObject, prior, config tftypes.Value) tftypes.Value {
	if !config.IsKnown() || config.IsNull() {
		return config
	}
	switch nested.Nesting {
	case tfprotov6.SchemaObjectNestingModeSingle:
		return proposed(nested.Attributes, prior, config)
	case tfprotov6.SchemaObjectNestingModeMap:
		result, was := map[string]tftypes.Value{}, fields(prior)
		for key, element := range fields(config) {
			before, had := was[key]
			if !had {
				before = null(element.Type())
			}
			result[key] = proposed(nested.Attributes, before, element)
		}
		return tftypes.NewValue(config.Type(), result)
	}
	panic("no configuration of ours has a nested " + nested.Nesting.String())
}

// badPlan lists where a planned value breaks Terraform's rules: it may differ from the configuration only in computed attributes that are
// null there, or where it equals the prior value.
func badPlan(attributes []*tfprotov6.SchemaAttribute, prior, config, planned tftypes.Value, at string) (wrong []string) {
	if planned.IsNull() != config.IsNull() || !planned.IsKnown() && config.IsKnown() {
		return []string{fmt.Sprintf("%s: planned is %v, configured %v", at, plain(planned), plain(config))}
	}
	was := fields(prior)
	for _, attribute := range attributes {
		name := attribute.Name
		given, plan := fields(config)[name], fields(planned)[name]
		before, had := was[name]
		here := at + "." + name
		switch {
		case given.Equal(plan):
		case given.IsNull() && attribute.Computed:
		case had && !before.IsNull() && !given.IsNull() && before.Equal(plan):
		case !given.IsKnown():
		case attribute.NestedType != nil:
			wrong = append(wrong, badNestedPlan(attribute.NestedType, before, given, plan, here)...)
		default:
			wrong = append(wrong, fmt.Sprintf("%s: planned is %v, configured %v", here, plain(plan), plain(given)))
		}
	}
	return wrong
}

func badNestedPlan(nested *tfprotov6.SchemaObject, prior, config, planned tftypes.Value, at string) (wrong []string) {
	if nested.Nesting == tfprotov6.SchemaObjectNestingModeSingle {
		return badPlan(nested.Attributes, prior, config, planned, at)
	}
	if !sameKeys(config, planned) {
		return []string{fmt.Sprintf("%s: planned keys differ from those that are configured", at)}
	}
	for key, element := range fields(config) {
		before, had := fields(prior)[key]
		if !had {
			before = null(element.Type())
		}
		wrong = append(wrong, badPlan(nested.Attributes, before, element, fields(planned)[key], at+"."+key)...)
	}
	return wrong
}

func sameKeys(a, b tftypes.Value) bool {
	return slices.Equal(slices.Sorted(maps.Keys(fields(a))), slices.Sorted(maps.Keys(fields(b))))
}

// broken lists where a value differs from a known value of the plan.
func broken(planned, actual tftypes.Value, at string) (wrong []string) {
	if !planned.IsKnown() {
		return nil
	}
	if planned.IsNull() != actual.IsNull() || !actual.IsKnown() {
		return []string{fmt.Sprintf("%s: planned was %v, now %v", at, plain(planned), plain(actual))}
	}
	switch planned.Type().(type) {
	case tftypes.Object, tftypes.Map:
		if !sameKeys(planned, actual) {
			return []string{fmt.Sprintf("%s: planned was %v, now %v", at, plain(planned), plain(actual))}
		}
		for name, element := range fields(planned) {
			wrong = append(wrong, broken(element, fields(actual)[name], at+"."+name)...)
		}
		return wrong
	case tftypes.List:
		ours, theirs := elements(planned), elements(actual)
		if len(ours) != len(theirs) {
			return []string{fmt.Sprintf("%s: planned was %v, now %v", at, plain(planned), plain(actual))}
		}
		for i := range ours {
			wrong = append(wrong, broken(ours[i], theirs[i], fmt.Sprintf("%s[%d]", at, i))...)
		}
		return wrong
	}
	if planned.IsFullyKnown() && !planned.Equal(actual) {
		return []string{fmt.Sprintf("%s: planned was %v, now %v", at, plain(planned), plain(actual))}
	}
	return nil
}
