// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// field is a property that a body may have. Other properties are refused.
type field struct {
	name        string
	kind        string // string, or any when the handler checks it
	required    bool   // and not empty
	values      []string
	unsimulated bool   // documented; the route answers 501
	beside      string // documented; the route answers 501 when this property is missing
}

// parameter is a query parameter that a route may have. Other parameters are refused.
type parameter struct {
	name   string
	values []string // none when it is documented and the route answers 501
}

var (
	countParameters   = []parameter{{"no_build", []string{"false", "true"}}}
	accountParameters = []parameter{{"accountIds", nil}, {"accountIds[]", nil}, {"returnUnmapped", slices.Concat(falseTexts, trueTexts)}}
)

// The spellings of a bool in a query: gradient.md §3.9.
var (
	falseTexts = []string{"false", "False", "0"}
	trueTexts  = []string{"true", "True", "1"}
)

var serviceFields = []field{
	{name: "name", kind: "string", required: true},
	{name: "description", kind: "string", required: true},
	{name: "category", kind: "string", required: true, values: categories},
	{name: "subcategory", kind: "string", required: true, values: subcategories},
	{name: "supportArticle", kind: "string"},
	{name: "supportContact", kind: "string"},
}

var countFields = []field{
	{name: "accountId", kind: "string", required: true},
	{name: "clientOId", kind: "any", beside: "accountId"}, // deprecated
	{name: "unitCount", kind: "any"},
}

var newAccountFields = []field{
	{name: "id", kind: "string", required: true},
	{name: "name", kind: "string", required: true},
	{name: "description", kind: "string"},
	{name: "isArrears", unsimulated: true},
}

var accountFields = []field{
	{name: "id", unsimulated: true},
	{name: "name", kind: "string"},
	{name: "description", kind: "string"},
	{name: "isActive", unsimulated: true},
	{name: "isArrears", unsimulated: true},
}

// The enumerations of gradient.md §4.3 and gradient.md §4.4, case-sensitive. The vendor spells "priviledged" so.
var (
	categories = []string{
		"security", "backup", "productivity", "infrastructure", "service delivery", "consulting", "other",
	}
	subcategories = []string{
		"endpoint detection and response (EDR)",
		"email security",
		"virtual private network services (VPN)",
		"DNS filtering",
		"dark web monitoring",
		"password management",
		"single sign on (SSO)",
		"priviledged access and identity management (PAM/PIM)",
		"security information and event management (SIEM)",
		"mobile device management (MDM)",
		"application security",
		"mobile application management (MAM)",
		"multi factor authentication (MFA)",
		"cloud backup",
		"local backup",
		"desktop backup",
		"data archiving",
		"physical offsite storage",
		"business continuity",
		"hosted email",
		"video conferencing",
		"voice over IP services (VOIP)",
		"line of business application support",
		"unified communications as a service (UCaaS)",
		"customer relationship management",
		"cloud storage",
		"website hosting",
		"hardware as a service (HaaS)",
		"managed print services",
		"virtual desktop infrastructure (VDI)",
		"virtual server hosting",
		"infrastructure as a service (IaaS)",
		"end user support",
		"server management and support",
		"network management and support",
		"printer management and support",
		"desktop management and support",
		"hosted security operations centre (SOC)",
		"software development",
		"penetration testing",
		"project services",
		"governance and compliance",
		"business intelligence services / analytics",
		"phishing simulation",
		"privacy and security awareness training",
		"other",
	}
)

// readCall checks the query and the body of a request. Problems have the words of NestJS. The error is [unsimulated].
func readCall(r *http.Request, served gradientRoute) (call gradientCall, problems []string, err error) {
	call.id = r.PathValue("id")
	if call.query, err = url.ParseQuery(r.URL.RawQuery); err != nil {
		return call, []string{err.Error()}, nil
	}
	for name, given := range call.query {
		i := slices.IndexFunc(served.query, func(known parameter) bool { return known.name == name })
		switch {
		case i < 0:
			problems = append(problems, "query property "+name+" should not exist")
		case served.query[i].values == nil:
			return call, nil, unsimulated("the query parameter " + name)
		case len(given) > 1 || !slices.Contains(served.query[i].values, given[0]):
			problems = append(problems, name+" must be one of the following values: "+strings.Join(served.query[i].values, ", "))
		}
	}
	call.items, err = readItems(r, served)
	if err != nil {
		return call, append(problems, err.Error()), nil
	}
	for i, item := range call.items {
		prefix := ""
		if served.list {
			prefix = fmt.Sprintf("%d.", i)
		}
		found, err := checkItem(item, served.body, prefix)
		if err != nil {
			return call, nil, err
		}
		problems = append(problems, found...)
	}
	return call, problems, nil
}

// readItems reads the body: an object, or an array of objects for a route that takes a list.
func readItems(r *http.Request, served gradientRoute) ([]map[string]any, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if len(served.body) == 0 {
		if len(body) > 0 {
			return nil, errors.New("this route takes no body")
		}
		return nil, nil
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return nil, errors.New("Content-Type must be application/json")
	}
	if !json.Valid(body) {
		return nil, json.Unmarshal(body, new(any))
	}
	if served.list && strings.HasPrefix(strings.TrimSpace(string(body)), "[") {
		var items []map[string]any
		if err := json.Unmarshal(body, &items); err != nil || len(items) == 0 {
			return nil, errors.New("the body must be an array of objects that is not empty")
		}
		return items, nil
	}
	var item map[string]any
	if err := json.Unmarshal(body, &item); err != nil || item == nil {
		return nil, errors.New("the body must be an object")
	}
	return []map[string]any{item}, nil
}

func checkItem(item map[string]any, fields []field, prefix string) (problems []string, err error) {
	for _, field := range fields {
		value, given := item[field.name]
		switch {
		case given && (field.unsimulated || field.beside != "" && item[field.beside] == nil):
			return nil, unsimulated("the property " + field.name)
		case !given && !field.required:
			continue
		}
		if complaint := field.check(value); complaint != "" {
			problems = append(problems, prefix+field.name+" "+complaint)
		}
	}
	for name := range item {
		if !slices.ContainsFunc(fields, func(known field) bool { return known.name == name }) {
			problems = append(problems, "property "+prefix+name+" should not exist")
		}
	}
	return problems, nil
}

// check returns a complaint about a value, empty for a good one. A null is not a string.
func (f field) check(value any) string {
	text, isText := value.(string)
	switch {
	case f.kind == "any":
		return ""
	case !isText:
		return "must be a string"
	case f.required && text == "":
		return "should not be empty"
	case f.values != nil && !slices.Contains(f.values, text):
		return "must be one of the following values: " + strings.Join(f.values, ", ")
	}
	return ""
}
