// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// odataPage is the number of rows that a list never exceeds, without a link to more: cloudradial.md §6.
const odataPage = 200

// odataList is a list below /v2/odata/.
type odataList struct {
	section  string
	entity   string // name of the type
	key      string // the one value of $orderby that is simulated; the rows are in this order
	filtered string // the one property that $filter is simulated for; none when empty
	row      any    // an empty row, for the names of its properties
	rows     func(*Server) []listedRow
}

// listedRow is a row before it is shown.
type listedRow struct {
	company  int // that it belongs to; 0 for none
	filtered any // value of the property that $filter is simulated for: a string or an int
	show     func() any
}

var odataLists = map[string]odataList{
	"company": {section: "cloudradial.md §7.1", entity: "Company", key: "companyId", row: companyRow{}, rows: (*Server).companyRows},
	"token":   {section: "cloudradial.md §7.2", entity: "Token", key: "companyId,name", row: tokenRow{}, rows: (*Server).tokenRows},
	"domain":  {section: "cloudradial.md §7.4", entity: "CompanyDomain", key: "companyDomainId", row: domainRow{}, rows: (*Server).domainRows},
	"flexibleassettype": {section: "cloudradial.md §7.8", entity: "FlexibleAssetType", key: "id", filtered: "name",
		row: AssetType{}, rows: (*Server).assetTypeRows},
	"flexibleassetfield": {section: "cloudradial.md §7.8", entity: "FlexibleAssetField", key: "id", filtered: "flexibleAssetTypeId",
		row: assetFieldRow{}, rows: (*Server).assetFieldRows},
	"flexibleasset": {section: "cloudradial.md §7.8", entity: "FlexibleAsset", key: "id", filtered: "flexibleAssetTypeId",
		row: assetRow{}, rows: (*Server).assetRows},
}

// odataQuery is the checked query of a list.
type odataQuery struct {
	equal     any      // value that the filtered property must have; nil for all rows
	columns   []string // nil for all properties
	skip, top int
	total     bool // $count=true
}

// unsimulated is the error of a request that the contract describes and the sandbox does not simulate.
type unsimulated string

func (u unsimulated) Error() string { return string(u) }

// serveList answers a list: cloudradial.md §6.
func (s *Server) serveList(w http.ResponseWriter, r *http.Request, list odataList) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rows, query, ok := s.readList(w, r, list)
	if !ok {
		return
	}
	answer := struct {
		Context string `json:"@odata.context"`
		Count   *int   `json:"@odata.count,omitempty"`
		Value   []any  `json:"value"`
	}{Context: baseURL(r) + "/v2/odata/$metadata#" + list.entity, Value: query.pick(rows)}
	if total := len(rows); query.total && s.switchValue(switchCountOption) == "total" {
		answer.Count = &total
	}
	writeBody(w, http.StatusOK, "application/json; odata.metadata=minimal; odata.streaming=true; charset=utf-8", answer)
}

// countList answers the number of rows: cloudradial.md §5.1.
func (s *Server) countList(w http.ResponseWriter, r *http.Request, list odataList) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rows, _, ok := s.readList(w, r, list)
	if !ok {
		return
	}
	contentType := "text/plain"
	if s.switchValue(switchCountContent) == "json" {
		contentType = jsonUTF8
	}
	writeBody(w, http.StatusOK, contentType, len(rows))
}

// readList returns the rows of a list that the key sees and the filter leaves, with the checked query. It answers what it refuses. The
// caller holds mu.
func (s *Server) readList(w http.ResponseWriter, r *http.Request, list odataList) ([]listedRow, odataQuery, bool) {
	query, err := s.parseQuery(r.URL.RawQuery, list)
	if missing, is := errors.AsType[unsimulated](err); is {
		refuseUnsimulated(w, string(missing), "cloudradial.md §6")
		return nil, query, false
	}
	if err != nil {
		writeBody(w, http.StatusBadRequest, jsonUTF8, map[string]any{"error": map[string]string{"code": "", "message": err.Error()}})
		return nil, query, false
	}
	switch {
	case list.entity == "Company" && s.switchValue(switchKeySees) == "no-company":
		writeEnvelope(w, http.StatusForbidden, nil, "The key has no access to companies.")
		return nil, query, false
	case list.entity == "FlexibleAsset" && query.columns != nil && s.switchValue(switchSelect) == "400":
		writeBody(w, http.StatusBadRequest, jsonUTF8, map[string]any{"error": map[string]string{"code": "", "message": "The query option '$select' is not supported."}})
		return nil, query, false
	case list.entity == "FlexibleAsset" && query.columns != nil && s.switchValue(switchSelect) == "500":
		w.WriteHeader(http.StatusInternalServerError)
		return nil, query, false
	}
	rows := slices.DeleteFunc(list.rows(s), func(row listedRow) bool {
		return row.company != 0 && !s.sees(row.company) || query.equal != nil && row.filtered != query.equal
	})
	return rows, query, true
}

// parseQuery checks the options of a list.
func (s *Server) parseQuery(raw string, list odataList) (odataQuery, error) {
	query := odataQuery{top: odataPage}
	values, err := url.ParseQuery(raw)
	if err != nil {
		return query, apiMessage("The query is malformed.")
	}
	for option, given := range values {
		if len(given) != 1 {
			return query, refuseQuery("Query option '%s' was specified more than once, but it must be specified at most once.", option)
		}
		var err error
		switch value := given[0]; option {
		case "$filter":
			query.equal, err = list.parseFilter(value)
		case "$orderby":
			if value != list.key {
				err = unsimulated("$orderby=" + value)
			}
		case "$select":
			query.columns, err = list.parseSelect(value)
		case "$skip":
			query.skip, err = s.parseSkip(value)
		case "$top":
			query.top, err = parseRowCount(option, value)
			if err == nil && query.top > odataPage && s.switchValue(switchTopOver200) == "refused" {
				err = refuseQuery("The limit of '%d' for Top query has been exceeded. The value from the incoming request is '%d'.",
					odataPage, query.top)
			}
		case "$count":
			query.total, err = s.parseCountOption(value)
		case "$expand", "$search":
			err = unsimulated(option)
		default:
			err = refuseQuery("The query parameter '%s' is not supported.", option)
		}
		if err != nil {
			return query, err
		}
	}
	most, err := strconv.Atoi(s.switchValue(switchPageRows))
	if err != nil {
		panic(err) // every value of the switch is a number
	}
	query.top = min(query.top, most)
	return query, nil
}

func (s *Server) parseSkip(value string) (int, error) {
	skip, err := parseRowCount("$skip", value)
	switch s.switchValue(switchSkip) {
	case "refused":
		return 0, refuseQuery("The query option '$skip' is not allowed.")
	case "ignored":
		return 0, err
	}
	return skip, err
}

func (s *Server) parseCountOption(value string) (bool, error) {
	switch {
	case s.switchValue(switchCountOption) == "refused":
		return false, refuseQuery("The query option '$count' is not allowed.")
	case value != "true" && value != "false":
		return false, refuseQuery("Invalid value '%s' for $count query option found.", value)
	}
	return value == "true", nil
}

func refuseQuery(format string, args ...any) error { return apiMessage(fmt.Sprintf(format, args...)) }

func (list odataList) parseSelect(text string) ([]string, error) {
	known := jsonProperties(list.row)
	columns := strings.Split(text, ",")
	for _, column := range columns {
		if _, ok := known[column]; !ok {
			return nil, refuseQuery("Could not find a property named '%s' on type 'CloudRadial.%s'.", column, list.entity)
		}
	}
	return columns, nil
}

// The two forms of $filter that are simulated.
var (
	nameFilter = regexp.MustCompile(`^name eq '((?:[^']|'')*)'$`)
	typeFilter = regexp.MustCompile(`^flexibleAssetTypeId eq ([0-9]{1,9})$`)
)

func (list odataList) parseFilter(text string) (any, error) {
	if match := nameFilter.FindStringSubmatch(text); match != nil && list.filtered == "name" {
		return strings.ReplaceAll(match[1], "''", "'"), nil
	}
	if match := typeFilter.FindStringSubmatch(text); match != nil && list.filtered == "flexibleAssetTypeId" {
		return strconv.Atoi(match[1])
	}
	return nil, unsimulated("$filter=" + text)
}

func parseRowCount(option, value string) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 {
		return 0, refuseQuery("Invalid value '%s' for %s query option found. The %s query option requires a non-negative integer value.",
			value, option, option)
	}
	return n, nil
}

// pick returns the rows of the page, with the selected properties.
func (q odataQuery) pick(rows []listedRow) []any {
	picked := []any{}
	start := min(q.skip, len(rows))
	for _, row := range rows[start:min(start+q.top, len(rows))] {
		picked = append(picked, selectProperties(row.show(), q.columns))
	}
	return picked
}
