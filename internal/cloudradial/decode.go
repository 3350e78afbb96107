// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package cloudradial

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// The types named wire… are the API's own JSON, apart from the types that callers see. Unknown fields are ignored.

// wireNumber is a whole number. It is decoded from a number, a string of digits or null.
type wireNumber int64

func (n *wireNumber) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	var digits string
	if json.Unmarshal(data, &digits) != nil {
		digits = string(data)
	}
	value, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return errors.New("a field is not a whole number")
	}
	*n = wireNumber(value)
	return nil
}

// wireText is the text of a value: a string's own, the JSON of anything else, and empty for null. Enumerations read as names or as
// numbers (cloudradial.md §6), and trait values as strings or as numbers (cloudradial.md §7.8).
type wireText string

func (t *wireText) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) == nil { // null too
		*t = wireText(text)
		return nil
	}
	*t = wireText(strings.ToValidUTF8(string(data), "\ufffd")) // as the strings are
	return nil
}

// wireList is a list of OData. It never has a link to the next page (cloudradial.md §6).
type wireList struct {
	Value []json.RawMessage `json:"value"`
}

// wireCompany is a row of the list of companies (cloudradial.md §7.1).
type wireCompany struct {
	CompanyID     wireNumber `json:"companyId"`
	Name          string     `json:"name"`
	PSAKey        wireNumber `json:"psaKey"`
	PSAIdentifier string     `json:"psaIdentifier"`
}

// wireDomain is a row of the list of domains (cloudradial.md §7.4).
type wireDomain struct {
	CompanyDomainID wireNumber `json:"companyDomainId"`
	CompanyID       wireNumber `json:"companyId"`
	Name            string     `json:"name"`
	IsDefault       bool       `json:"isDefault"`
	IsDeleted       bool       `json:"isDeleted"`
}

// wireToken is a token. Lists have its name as "name", other answers as "token" (cloudradial.md §7.2).
type wireToken struct {
	CompanyID *wireNumber `json:"companyId"`
	Name      string      `json:"name"`
	Token     string      `json:"token"`
	Value     string      `json:"value"`
}

// wireTokenRequest creates or replaces a token, without its optional type (cloudradial.md §7.2).
type wireTokenRequest struct {
	CompanyID int64  `json:"companyId"`
	Token     string `json:"token"`
	Value     string `json:"value"`
}

// wireType is a row of the list of flexible asset types (cloudradial.md §7.8).
type wireType struct {
	ID          wireNumber `json:"id"`
	Name        string     `json:"name"`
	Description string     `json:"description"`
}

// wireNewType creates a flexible asset type with its fields (cloudradial.md §7.8).
type wireNewType struct {
	Name        string         `json:"name"`
	Description string         `json:"description"`
	Icon        string         `json:"icon,omitempty"`
	ShowInMenu  bool           `json:"showInMenu"`
	Fields      []wireNewField `json:"fields,omitempty"`
}

// wireField is a row of the list of flexible asset fields (cloudradial.md §7.8).
type wireField struct {
	ID          wireNumber `json:"id"`
	TypeID      wireNumber `json:"flexibleAssetTypeId"`
	Name        string     `json:"name"`
	NameKey     string     `json:"nameKey"`
	Kind        wireText   `json:"kind"`
	Order       wireNumber `json:"order"`
	Required    bool       `json:"required"`
	UseForTitle bool       `json:"useForTitle"`
	ShowInList  bool       `json:"showInList"`
}

// wireNewField creates a field of a flexible asset type (cloudradial.md §7.8).
type wireNewField struct {
	TypeID      int64  `json:"flexibleAssetTypeId,omitempty"` // left out where the field is sent with its type
	Name        string `json:"name"`
	Kind        string `json:"kind"`
	Order       int    `json:"order"`
	Required    bool   `json:"required"`
	UseForTitle bool   `json:"useForTitle"`
	ShowInList  bool   `json:"showInList"`
}

// wireAsset is a row of the list of flexible assets, with the traits as JSON in a string (cloudradial.md §7.8).
type wireAsset struct {
	ID         wireNumber `json:"id"`
	TypeID     wireNumber `json:"flexibleAssetTypeId"`
	CompanyID  wireNumber `json:"companyId"`
	Name       string     `json:"name"`
	TraitsJSON string     `json:"traitsJson"`
}

// wireNewAsset creates a flexible asset (cloudradial.md §7.8).
type wireNewAsset struct {
	CompanyID int64             `json:"companyId"`
	TypeID    int64             `json:"flexibleAssetTypeId"`
	Traits    map[string]string `json:"traits"`
}

// wireCreatedAsset is the answer to the creation of an asset. Which id it has, if any, is not known (cloudradial.md §7.8).
type wireCreatedAsset struct {
	ID      wireNumber `json:"id"`
	AssetID wireNumber `json:"flexibleAssetId"`
}

// wireCompatibleAsset changes a flexible asset through the route in the shape of IT Glue (cloudradial.md §7.8).
type wireCompatibleAsset struct {
	Data wireCompatibleData `json:"data"`
}

type wireCompatibleData struct {
	Type       string               `json:"type"`
	ID         int64                `json:"id"`
	Attributes wireCompatibleTraits `json:"attributes"`
}

type wireCompatibleTraits struct {
	Traits map[string]string `json:"traits"`
}

// wirePatch is a JSON Patch operation. The API takes an array of them (cloudradial.md §5.3).
type wirePatch struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value string `json:"value"`
}

// decodeRows decodes the rows of a list: those of OData, those of CloudRadial's envelope, or a bare array (cloudradial.md §5.1).
// what names a row in errors, and an error of decode goes on from there.
func decodeRows[W, T any](body []byte, what string, decode func(W) (T, error)) ([]T, error) {
	data, err := unwrap(body)
	if err != nil {
		return nil, err
	}
	var rows []json.RawMessage
	var list wireList
	if json.Unmarshal(data, &rows) != nil && json.Unmarshal(data, &list) == nil {
		rows = list.Value
	}
	if rows == nil {
		return nil, errors.New("it is not a list")
	}
	decoded := make([]T, 0, len(rows))
	for i, raw := range rows {
		var wire W
		if json.Unmarshal(raw, &wire) != nil {
			return nil, fmt.Errorf("row %d is not a %s", i+1, what)
		}
		row, err := decode(wire)
		if err != nil {
			return nil, fmt.Errorf("%s %d of its list, %w", what, i+1, err)
		}
		decoded = append(decoded, row)
	}
	return decoded, nil
}

// decodeCount decodes the answer of a list's $count: a number, bare, as text or in the envelope (cloudradial.md §5.1).
func decodeCount(body []byte) (int, error) {
	data, err := unwrap(bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff"))))
	if err != nil {
		return 0, err
	}
	var count wireNumber
	if err := json.Unmarshal(data, &count); err != nil {
		return 0, err
	}
	if string(data) == "null" || count < 0 {
		return 0, errors.New("it is not a count")
	}
	return int(count), nil
}

// unwrap returns the data of CloudRadial's envelope, {data, success, message}, or the body when it is no envelope
// (cloudradial.md §5.1).
func unwrap(body json.RawMessage) (json.RawMessage, error) {
	var envelope map[string]json.RawMessage
	if json.Unmarshal(body, &envelope) != nil {
		return body, nil
	}
	if string(envelope["success"]) == "false" {
		var message string
		_ = json.Unmarshal(envelope["message"], &message) // anything but a string is not shown
		return nil, fmt.Errorf("it says that it did not succeed: %q", message)
	}
	_, isOData := envelope["@odata.context"]
	_, isList := envelope["value"]
	_, hasSuccess := envelope["success"]
	data, hasData := envelope["data"]
	_, hasMessage := envelope["message"]
	switch {
	case hasSuccess && hasData && !isOData && !isList:
		if string(data) == "null" {
			return nil, nil
		}
		return data, nil
	case hasSuccess && hasMessage && len(envelope) == 2:
		return nil, nil
	}
	return body, nil
}

func decodeCompanies(body []byte) ([]Company, error) {
	return decodeRows(body, "company", func(got wireCompany) (Company, error) {
		if got.CompanyID <= 0 {
			return Company{}, fmt.Errorf("%q, has no companyId", got.Name)
		}
		return Company{int64(got.CompanyID), norm.NFC.String(got.Name), int64(got.PSAKey), got.PSAIdentifier}, nil
	})
}

func decodeDomains(body []byte) ([]domainRow, error) {
	return decodeRows(body, "domain", func(got wireDomain) (domainRow, error) {
		if got.CompanyDomainID <= 0 || got.CompanyID <= 0 {
			return domainRow{}, fmt.Errorf("%q, lacks companyDomainId or companyId", got.Name)
		}
		return domainRow{int64(got.CompanyDomainID), got.IsDeleted, Domain{int64(got.CompanyID), got.Name, got.IsDefault}}, nil
	})
}

func decodeTokens(body []byte) ([]Token, error) { return decodeRows(body, "token", wireToken.token) }

// decodeToken decodes an answer that is one token.
func decodeToken(data []byte) (Token, error) {
	var got wireToken
	if json.Unmarshal(data, &got) == nil {
		if token, err := got.token(); err == nil {
			return token, nil
		}
	}
	return Token{}, errors.New("it is not a token")
}

func (t wireToken) token() (Token, error) {
	name := cmp.Or(t.Name, t.Token)
	if name == "" || t.CompanyID == nil || *t.CompanyID < 0 {
		return Token{}, fmt.Errorf("%q, lacks companyId or name", name)
	}
	return Token{int64(*t.CompanyID), name, t.Value}, nil
}

func decodeAssetTypes(body []byte) ([]AssetType, error) {
	return decodeRows(body, "flexible asset type", func(got wireType) (AssetType, error) {
		if got.ID <= 0 {
			return AssetType{}, fmt.Errorf("%q, has no id", got.Name)
		}
		return AssetType{ID: int64(got.ID), Name: got.Name, Description: got.Description}, nil
	})
}

func decodeAssetFields(body []byte) ([]assetFieldRow, error) {
	return decodeRows(body, "flexible asset field", func(got wireField) (assetFieldRow, error) {
		if got.ID <= 0 || got.TypeID <= 0 || got.NameKey == "" {
			return assetFieldRow{}, fmt.Errorf("%q, lacks id, flexibleAssetTypeId or nameKey", got.Name)
		}
		return assetFieldRow{int64(got.TypeID), AssetField{int64(got.ID), got.Name, got.NameKey, string(got.Kind),
			int(got.Order), got.Required, got.UseForTitle, got.ShowInList}}, nil
	})
}

func decodeAssets(body []byte) ([]Asset, error) {
	return decodeRows(body, "flexible asset", func(got wireAsset) (Asset, error) {
		if got.ID <= 0 || got.TypeID <= 0 || got.CompanyID <= 0 {
			return Asset{}, fmt.Errorf("%q, lacks id, flexibleAssetTypeId or companyId", got.Name)
		}
		traits, err := decodeTraits(got.TraitsJSON)
		if err != nil {
			return Asset{}, fmt.Errorf("%q: %w", got.Name, err)
		}
		return Asset{int64(got.ID), int64(got.TypeID), int64(got.CompanyID), got.Name, traits}, nil
	})
}

// decodeTraits decodes traitsJson (cloudradial.md §7.8).
func decodeTraits(text string) (map[string]string, error) {
	traits := map[string]string{}
	if strings.TrimSpace(text) == "" {
		return traits, nil
	}
	var got map[string]wireText
	if json.Unmarshal([]byte(text), &got) != nil {
		return nil, errors.New("its traitsJson is not a JSON object")
	}
	for key, value := range got {
		traits[key] = string(value)
	}
	return traits, nil
}
