package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// odataPage is the number of rows that a list never exceeds. There is no next link.
const odataPage = 200

// entityType names the properties of an OData list, in the order of the answer.
type entityType struct {
	name       string
	properties []property
}

type property struct {
	name string
	edm  string
}

// row holds the values of one entity, in the order of its type's properties: nil, string, int64, bool or time.Time.
type row []any

// index finds a property; its error is what the API says in a 400.
func (e *entityType) index(name string) (int, error) {
	i := slices.IndexFunc(e.properties, func(p property) bool { return p.name == name })
	if i < 0 {
		return 0, badQuery("Could not find a property named '%s' on type 'CloudRadial.%s'.", name, e.name)
	}
	return i, nil
}

func (e *entityType) expression(name string) (expression, error) {
	i, err := e.index(name)
	if err != nil {
		return expression{}, err
	}
	return expression{e.properties[i].edm, func(r row) any { return r[i] }}, nil
}

// badQuery is an error in the words of the API.
func badQuery(format string, args ...any) error { return apiMessage(fmt.Sprintf(format, args...)) }

// odataQuery is a checked set of query options.
type odataQuery struct {
	filter    func(row) bool
	order     []func(a, b row) int
	columns   []int
	top, skip int
}

// parseQuery checks the options of a list. Only what is known to work is accepted, so that a client cannot come to rely on a guess.
func parseQuery(entity *entityType, values url.Values, clampTop bool) (odataQuery, error) {
	query := odataQuery{filter: func(row) bool { return true }, top: odataPage}
	for name, given := range values {
		if len(given) != 1 {
			return query, badQuery("Query option '%s' was specified more than once, but it must be specified at most once.", name)
		}
		var err error
		switch value := given[0]; name {
		case "$filter":
			query.filter, err = parseFilter(entity, value)
		case "$orderby":
			query.order, err = parseOrder(entity, value)
		case "$select":
			query.columns, err = parseSelect(entity, value)
		case "$skip":
			query.skip, err = parseRowCount(name, value)
		case "$top":
			query.top, err = parseTop(value, clampTop)
		default:
			err = badQuery("The query parameter '%s' is not supported.", name)
		}
		if err != nil {
			return query, err
		}
	}
	if query.columns == nil {
		for i := range entity.properties {
			query.columns = append(query.columns, i)
		}
	}
	return query, nil
}

func parseOrder(entity *entityType, text string) ([]func(a, b row) int, error) {
	var order []func(a, b row) int
	for part := range strings.SplitSeq(text, ",") {
		words := strings.Fields(part)
		if len(words) == 0 || len(words) > 2 || len(words) == 2 && words[1] != "asc" && words[1] != "desc" {
			return nil, badQuery("Syntax error in the $orderby %q.", text)
		}
		i, err := entity.index(words[0])
		if err != nil {
			return nil, err
		}
		sign := 1
		if len(words) == 2 && words[1] == "desc" {
			sign = -1
		}
		order = append(order, func(a, b row) int { return sign * compareValues(a[i], b[i]) })
	}
	return order, nil
}

func parseSelect(entity *entityType, text string) ([]int, error) {
	var columns []int
	for name := range strings.SplitSeq(text, ",") {
		i, err := entity.index(strings.TrimSpace(name))
		if err != nil {
			return nil, err
		}
		columns = append(columns, i)
	}
	slices.Sort(columns)
	return slices.Compact(columns), nil
}

func parseRowCount(option, value string) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 {
		return 0, badQuery("Invalid value '%s' for %s query option found. The %s query option requires a non-negative integer value.", value, option, option)
	}
	return n, nil
}

func parseTop(value string, clamp bool) (int, error) {
	n, err := parseRowCount("$top", value)
	if err == nil && n > odataPage && !clamp {
		return 0, badQuery("The limit of '%d' for Top query has been exceeded. The value from the incoming request is '%d'.", odataPage, n)
	}
	return min(n, odataPage), err
}

// run filters, sorts and cuts the rows.
func (q odataQuery) run(rows []row) []row {
	rows = q.matching(rows)
	slices.SortStableFunc(rows, func(a, b row) int {
		for _, compare := range q.order {
			if order := compare(a, b); order != 0 {
				return order
			}
		}
		return 0
	})
	rows = rows[min(q.skip, len(rows)):]
	return rows[:min(q.top, len(rows))]
}

func (q odataQuery) matching(rows []row) []row {
	var found []row
	for _, r := range rows {
		if q.filter(r) {
			found = append(found, r)
		}
	}
	return found
}

// encode writes the selected columns of a row as a JSON object.
func (q odataQuery) encode(entity *entityType, r row) json.RawMessage {
	var object bytes.Buffer
	object.WriteByte('{')
	for n, i := range q.columns {
		if n > 0 {
			object.WriteByte(',')
		}
		value := r[i]
		if at, isTime := value.(time.Time); isTime {
			value = at.UTC().Format(time.RFC3339)
		}
		text, err := json.Marshal(value)
		if err != nil {
			panic(err) // none of the types of a row can fail
		}
		fmt.Fprintf(&object, "%q:%s", entity.properties[i].name, text)
	}
	object.WriteByte('}')
	return object.Bytes()
}

// serveOData answers /v2/odata/<list> and /v2/odata/<list>/$count; path is what follows /v2/odata/.
func (s *Server) serveOData(w http.ResponseWriter, r *http.Request, path string) {
	name, rest, _ := strings.Cut(strings.ToLower(path), "/")
	var entity *entityType
	var rows func() []row
	switch name {
	case "company":
		entity, rows = companyType, s.cloudradial.companyRows
	case "domain":
		entity, rows = domainType, s.cloudradial.domainRows
	case "token":
		entity, rows = tokenType, s.cloudradial.tokenRows
	case "flexibleassettype":
		entity, rows = assetTypeEntity, s.cloudradial.assetTypeRows
	case "flexibleassetfield":
		entity, rows = assetFieldEntity, s.cloudradial.assetFieldRows
	case "flexibleasset":
		numbers := s.switchValue(switchTraitNumbers) == "number"
		entity, rows = assetEntity, func() []row { return s.cloudradial.assetRows(numbers) }
	}
	if entity == nil || rest != "" && rest != "$count" {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if r.Method != http.MethodGet {
		refuseMethod(w, http.MethodGet)
		return
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		writeODataError(w, "The query is malformed.")
		return
	}
	counted := values.Get("$count")
	if s.switchValue(switchCountOption) != "refused" && (counted == "true" || counted == "false") {
		values.Del("$count")
	}
	query, err := parseQuery(entity, values, s.switchValue(switchTopOver200) != "refused")
	if err != nil {
		writeODataError(w, err.Error())
		return
	}
	s.mu.Lock()
	all := rows()
	s.mu.Unlock()
	if rest == "$count" {
		s.writeCount(w, len(query.matching(all)))
		return
	}
	answer := struct {
		Context string            `json:"@odata.context"`
		Count   *int              `json:"@odata.count,omitempty"`
		Value   []json.RawMessage `json:"value"`
	}{Context: baseURL(r) + "/v2/odata/$metadata#" + entity.name, Value: []json.RawMessage{}}
	if counted == "true" && s.switchValue(switchCountOption) == "total" {
		total := len(query.matching(all))
		answer.Count = &total
	}
	for _, found := range query.run(all) {
		answer.Value = append(answer.Value, query.encode(entity, found))
	}
	writeBody(w, http.StatusOK, "application/json; odata.metadata=minimal; odata.streaming=true; charset=utf-8", answer)
}

func (s *Server) writeCount(w http.ResponseWriter, n int) {
	contentType := "text/plain; charset=utf-8"
	if s.switchValue(switchCountType) == "json" {
		contentType = "application/json; charset=utf-8"
	}
	writeBody(w, http.StatusOK, contentType, n)
}

func writeODataError(w http.ResponseWriter, message string) {
	type inner struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	writeBody(w, http.StatusBadRequest, "application/json; charset=utf-8", map[string]inner{"error": {Message: message}})
}
