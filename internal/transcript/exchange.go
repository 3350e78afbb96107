// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package transcript

import (
	"encoding/json"
	"fmt"
	"html"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
)

// exchange replaces what identifies somebody in one request and its answer.
type exchange struct {
	pseudonyms *Pseudonyms
	originals  map[string]string // what was replaced, with its pseudonym
}

func newExchange(pseudonyms *Pseudonyms) *exchange {
	return &exchange{pseudonyms, map[string]string{}}
}

// replace returns the pseudonym of a value.
func (x *exchange) replace(value string) string {
	pseudonym := x.pseudonyms.Text(value)
	if original := strings.TrimSpace(value); pseudonym != value {
		x.originals[original] = strings.TrimSpace(pseudonym)
	}
	return pseudonym
}

// kept returns the value of a field that is kept. An id in it, as of a product that Microsoft's table lacks, is replaced all the same,
// and a value that is no word of an enumeration is treated as a message.
func (x *exchange) kept(value string) string {
	if len(value) > 200 || strings.ContainsAny(value, "\r\n@") {
		return x.message(value)
	}
	return guidInText.ReplaceAllStringFunc(value, x.replace)
}

// apiRoot is where the path of an API begins. What stands before it is the base URL's own path, and says who the gateway belongs to.
var apiRoot = map[string]*regexp.Regexp{
	Gradient:    regexp.MustCompile(`/api/vendor-api(?:/|$)`),
	CloudRadial: regexp.MustCompile(`/(?:v2|compatibility|api/beta)(?:/|$)`),
	Microsoft:   regexp.MustCompile(`/(?:v1\.0|beta)/`),
	Autotask:    regexp.MustCompile(`(?i)/atservicesrest/`),
	ConnectWise: regexp.MustCompile(`/apis/3\.0/`),
	HaloPSA:     regexp.MustCompile(`/(?:api|auth)/`),
}

// address replaces what identifies somebody in the URL of a request.
func (x *exchange) address(system string, address *url.URL) string {
	path := address.EscapedPath()
	if root := apiRoot[system].FindStringIndex(path); root != nil {
		path = path[root[0]:]
	}
	return address.Scheme + "://" + x.pseudonyms.host(address) + x.pseudonyms.path(path, x.replace) + x.pseudonyms.query(address.RawQuery, x.replace)
}

// body replaces what identifies somebody in a body. Every kind of content but JSON becomes a short text. field is the name of the field
// whose value the body could be, if any.
func (x *exchange) body(contentType, field string, body []byte) string {
	text := strings.TrimSpace(strings.TrimPrefix(string(body), "\ufeff"))
	if text == "" {
		return ""
	}
	if value, err := parseJSON([]byte(text)); err == nil {
		return formatJSON(x.value(field, value))
	}
	mediaType, _, _ := mime.ParseMediaType(contentType)
	switch {
	case mediaType == "text/html", strings.HasPrefix(text, "<"):
		return x.page(text)
	case !utf8.ValidString(text):
		return ""
	}
	return x.message(text)
}

// value replaces what identifies somebody in a JSON value. field is the name of the field that holds it, or that holds its array.
func (x *exchange) value(field string, value any) any {
	switch value := value.(type) {
	case object:
		return x.object(field, value)
	case []any:
		elements := make([]any, len(value))
		for i, element := range value {
			elements[i] = x.value(field, element)
		}
		return elements
	case string:
		return x.text(field, value)
	case json.Number:
		if keptFields()[field] {
			return value
		}
		return json.Number(x.number(value.String()))
	}
	return value // true, false and null identify nobody
}

func (x *exchange) object(field string, members object) object {
	replaced := make(object, 0, len(members))
	isPatch := members.get("op") != "" && members.get("path") != ""
	isService := slices.ContainsFunc(members, func(m member) bool { return m.name == "externalID" }) // of Autotask (psa.md §3.3)
	for _, m := range members {
		name := m.name
		switch {
		case field == "errors":
			name = "errors" // ASP.NET has the names of fields there, and their messages (cloudradial.md §5.4)
		case isPatch && name == "value":
			name = lastSegment(members.get("path"))
		case isService && name == "sku":
			name = "externalID" // the MSP's own code, which may be a name
		case name == "product" && members.get("sku") == m.value:
			name = "sku" // a product that Microsoft's table lacks is shown by its part number
		case name == "sku" && members.get("name") == m.value:
			name = "name" // the code of a product in a PSA can be its name, which is the MSP's own (psa.md §3.3)
		}
		replaced = append(replaced, member{publicName(m.name, x.replace), x.value(name, m.value)})
	}
	return replaced
}

// lastSegment returns the field that a path of a JSON Patch leads to (cloudradial.md §5.3).
func lastSegment(pointer string) string {
	segment := pointer[strings.LastIndex(pointer, "/")+1:]
	return strings.NewReplacer("~1", "/", "~0", "~").Replace(segment)
}

var contextWord = regexp.MustCompile(`[A-Za-z.]+`)

var odataContext = regexp.MustCompile(`^https?://[^/]+(/.*)?/\$metadata#[A-Za-z/(),.]+$`)

func (x *exchange) text(field, text string) string {
	switch {
	case text == "":
		return ""
	case keptFields()[field]:
		return x.kept(text)
	case messageFields()[field]:
		return x.message(html.UnescapeString(text))
	case field == "traitsJson":
		return x.traits(text)
	case field == "path" && strings.HasPrefix(text, "/"):
		return x.pointer(text)
	case field == "product" && billing.IsProduct(text):
		return text
	case field == "@odata.context" && odataContext.MatchString(text):
		return x.context(text)
	}
	return x.replace(text)
}

// traits replaces in the JSON that is the text of traitsJson (cloudradial.md §7.8).
func (x *exchange) traits(text string) string {
	value, err := parseJSON([]byte(text))
	if err != nil {
		return x.message(text)
	}
	return formatJSON(x.value("traits", value))
}

// pointer replaces the segments of the path of a JSON Patch.
func (x *exchange) pointer(path string) string {
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		if segment != "" {
			segments[i] = publicName(segment, x.replace)
		}
	}
	return strings.Join(segments, "/")
}

// context replaces the host of @odata.context, which otherwise has words of the API alone.
func (x *exchange) context(text string) string {
	address, err := url.Parse(text)
	if err != nil {
		return x.replace(text)
	}
	fragment := contextWord.ReplaceAllStringFunc(address.Fragment, func(word string) string {
		if publicSegments()[strings.ToLower(word)] || publicSegments()[word] || publicFields()[word] {
			return word
		}
		return x.pseudonyms.Text(word)
	})
	return address.Scheme + "://" + x.pseudonyms.host(address) + x.pseudonyms.path(address.EscapedPath(), x.replace) + "#" + fragment
}

// number returns the pseudonym of a JSON number. 0 stays, because it says that there is none.
func (x *exchange) number(text string) string {
	sign, digits := "", text
	if rest, negative := strings.CutPrefix(text, "-"); negative {
		sign, digits = "-", rest
	}
	pseudonym := x.pseudonyms.Number(digits)
	if pseudonym != digits {
		x.originals[digits] = pseudonym
	}
	return sign + pseudonym
}

// headers keeps the headers of a list.
func (x *exchange) headers(header http.Header, kept map[string]bool) []harPair {
	pairs := []harPair{}
	for _, name := range sortedNames(header) {
		for _, value := range header[name] {
			switch {
			case kept[name]:
				pairs = append(pairs, harPair{name, x.kept(value)})
			case textHeaders()[name]:
				pairs = append(pairs, harPair{name, x.message(value)})
			case idHeaders()[name]:
				pairs = append(pairs, harPair{name, x.replace(value)})
			}
		}
	}
	return pairs
}

// check returns an error when a part of a record still has a secret, or a value that was replaced. The message does not repeat it.
func (x *exchange) check(parts []string, isSecret func(string) bool) error {
	for _, part := range parts {
		if isSecret(part) {
			return fmt.Errorf("a secret is left in it")
		}
		lower := strings.ToLower(part)
		for original := range x.originals {
			if identifies(original) && (indexWhole(lower, strings.ToLower(original)) >= 0 || indexWhole(lower, strings.ToLower(inJSON(original))) >= 0) {
				return fmt.Errorf("a value that was to be replaced is left in it")
			}
		}
	}
	return nil
}

func inJSON(text string) string { return strings.Trim(quoteJSON(text), `"`) }

var letters = regexp.MustCompile(`\p{L}`)

// identifies reports whether a replaced value can be searched for in a whole record. A short one, a number, or one that has only words of
// the lists or is a product of Microsoft may stand elsewhere and mean something else.
func identifies(original string) bool {
	if len(original) < 4 || !letters.MatchString(original) || billing.IsProduct(original) {
		return false
	}
	for _, word := range token.FindAllString(original, -1) {
		if !publicWords()[strings.ToLower(word)] && !publicFields()[word] && !publicSegments()[word] && !keptToken.MatchString(word) {
			return true
		}
	}
	return false
}
