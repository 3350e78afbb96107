package cloudradial

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// number is a whole number that is read from a number, a string of digits or null.
type number int64

func (n *number) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	var digits string
	if json.Unmarshal(data, &digits) != nil {
		digits = string(data)
	}
	value, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return errors.New("a field that should be a whole number is not")
	}
	*n = number(value)
	return nil
}

// rowsOf finds the rows of a list, which come as OData's "value", in CloudRadial's own envelope, or bare.
func rowsOf(body []byte) ([]json.RawMessage, error) {
	var rows []json.RawMessage
	if json.Unmarshal(body, &rows) == nil && rows != nil {
		return rows, nil
	}
	var envelope struct {
		Value   []json.RawMessage `json:"value"`
		Data    []json.RawMessage `json:"data"`
		Success *bool             `json:"success"`
		Message string            `json:"message"`
	}
	if json.Unmarshal(body, &envelope) != nil {
		return nil, errors.New("it is no list")
	}
	switch {
	case envelope.Success != nil && !*envelope.Success:
		return nil, fmt.Errorf("it says that it did not succeed: %q", envelope.Message)
	case envelope.Value != nil:
		return envelope.Value, nil
	case envelope.Success != nil && envelope.Data != nil:
		return envelope.Data, nil
	}
	return nil, errors.New("it is no list")
}

func (c Company) key() rowKey { return rowKey{id: c.ID} }

func decodeCompanies(body []byte) ([]Company, error) {
	rows, err := rowsOf(body)
	if err != nil {
		return nil, err
	}
	companies := make([]Company, 0, len(rows))
	for i, raw := range rows {
		var got struct {
			CompanyID     number `json:"companyId"`
			Name          string `json:"name"`
			PSAKey        number `json:"psaKey"`
			PSAIdentifier string `json:"psaIdentifier"`
		}
		if err := json.Unmarshal(raw, &got); err != nil {
			return nil, fmt.Errorf("row %d is no company", i+1)
		}
		if got.CompanyID <= 0 {
			return nil, fmt.Errorf("company %d of its list, %q, has no companyId", i+1, got.Name)
		}
		companies = append(companies, Company{int64(got.CompanyID), got.Name, int64(got.PSAKey), got.PSAIdentifier})
	}
	return companies, nil
}

// domainRow is a domain with what only reading the list needs.
type domainRow struct {
	id      int64
	deleted bool
	domain  Domain
}

func (d domainRow) key() rowKey { return rowKey{id: d.id} }

func decodeDomains(body []byte) ([]domainRow, error) {
	rows, err := rowsOf(body)
	if err != nil {
		return nil, err
	}
	domains := make([]domainRow, 0, len(rows))
	for i, raw := range rows {
		var got struct {
			CompanyDomainID number `json:"companyDomainId"`
			CompanyID       number `json:"companyId"`
			Name            string `json:"name"`
			IsDefault       bool   `json:"isDefault"`
			IsDeleted       bool   `json:"isDeleted"`
		}
		if err := json.Unmarshal(raw, &got); err != nil {
			return nil, fmt.Errorf("row %d is no domain", i+1)
		}
		if got.CompanyDomainID <= 0 || got.CompanyID <= 0 {
			return nil, fmt.Errorf("domain %d of its list, %q, lacks companyDomainId or companyId", i+1, got.Name)
		}
		domains = append(domains, domainRow{int64(got.CompanyDomainID), got.IsDeleted,
			Domain{int64(got.CompanyID), got.Name, got.IsDefault}})
	}
	return domains, nil
}
