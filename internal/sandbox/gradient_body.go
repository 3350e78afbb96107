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

// field is a property that a body may have. Whatever is not listed is refused, so that a client's mistake shows.
type field struct {
	name     string
	kind     string // string, number, boolean, or any, which the handler checks
	required bool   // and not empty
	values   []string
}

var vendorFields = []field{
	{name: "name", kind: "string"},
	{name: "description", kind: "string"},
	{name: "vendorSupportPageUrl", kind: "string"},
	{name: "integrationPortalUrl", kind: "string"},
}

var serviceFields = []field{
	{name: "name", kind: "string", required: true},
	{name: "description", kind: "string", required: true},
	{name: "category", kind: "string", required: true, values: categories},
	{name: "subcategory", kind: "string", required: true, values: subcategories},
	{name: "supportArticle", kind: "string"},
	{name: "supportContact", kind: "string"},
}

var countFields = []field{
	{name: "accountId", kind: "string"},
	{name: "clientOId", kind: "string"},
	{name: "unitCount", kind: "any"},
}

var newAccountFields = []field{
	{name: "id", kind: "string", required: true},
	{name: "name", kind: "string", required: true},
	{name: "description", kind: "string"},
	{name: "isArrears", kind: "boolean"},
}

var accountFields = []field{
	{name: "id", kind: "string"},
	{name: "name", kind: "string"},
	{name: "description", kind: "string"},
	{name: "isActive", kind: "boolean"},
	{name: "isArrears", kind: "boolean"},
}

// The vendor's enumerations, case-sensitive. "priviledged" is spelled so there.
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

// readBody decodes and checks the body of a route. Problems are worded as the vendor's framework words them.
func readBody(r *http.Request, route gradientRoute, objectForList bool) (items []map[string]any, problems []string) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, []string{err.Error()}
	}
	if len(route.body) == 0 {
		if len(body) > 0 {
			return nil, []string{"this route takes no body"}
		}
		return nil, nil
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return nil, []string{"Content-Type must be application/json"}
	}
	items, err = decodeItems(body, route.list, objectForList)
	if err != nil {
		return nil, []string{err.Error()}
	}
	for i, item := range items {
		prefix := ""
		if route.list {
			prefix = fmt.Sprintf("%d.", i)
		}
		problems = append(problems, checkItem(item, route.body, prefix)...)
	}
	return items, problems
}

func decodeItems(body []byte, list, objectForList bool) ([]map[string]any, error) {
	var items []map[string]any
	isObject := strings.HasPrefix(strings.TrimSpace(string(body)), "{")
	if isObject && (!list || objectForList) {
		item := map[string]any{}
		if err := json.Unmarshal(body, &item); err != nil {
			return nil, err
		}
		return append(items, item), nil
	}
	if !list {
		return nil, errors.New("the body must be an object")
	}
	if err := json.Unmarshal(body, &items); err != nil || items == nil {
		return nil, errors.New("the body must be an array of objects")
	}
	return items, nil
}

func checkItem(item map[string]any, fields []field, prefix string) (problems []string) {
	for _, field := range fields {
		value, given := item[field.name]
		if !given && !field.required {
			continue
		}
		if complaint := field.complaint(value); complaint != "" {
			problems = append(problems, prefix+field.name+" "+complaint)
		}
	}
	for name := range item {
		if !slices.ContainsFunc(fields, func(known field) bool { return known.name == name }) {
			problems = append(problems, "property "+prefix+name+" should not exist")
		}
	}
	return problems
}

// complaint is empty when the value is fine. A null is no value.
func (f field) complaint(value any) string {
	fits := true
	switch f.kind {
	case "string":
		_, fits = value.(string)
	case "boolean":
		_, fits = value.(bool)
	}
	switch {
	case !fits:
		return "must be a " + f.kind
	case f.required && value == "":
		return "should not be empty"
	case f.values != nil && !slices.Contains(f.values, value.(string)):
		return "must be one of the following values: " + strings.Join(f.values, ", ")
	default:
		return ""
	}
}

func checkQuery(raw string, known []string) (problems []string) {
	query, err := url.ParseQuery(raw)
	if err != nil {
		return []string{err.Error()}
	}
	for name := range query {
		if !slices.Contains(known, name) {
			problems = append(problems, "query property "+name+" should not exist")
		}
	}
	return problems
}

// oneOf checks a query parameter that may be absent, once at most.
func oneOf(query url.Values, name string, values ...string) (string, error) {
	given := query[name]
	if len(given) == 0 {
		return values[0], nil
	}
	if len(given) > 1 || !slices.Contains(values, given[0]) {
		return "", fmt.Errorf("%s must be one of the following values: %s", name, strings.Join(values, ", "))
	}
	return given[0], nil
}
