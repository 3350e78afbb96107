package cloudradial

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
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

// wireList is a list of OData, with value, or one in CloudRadial's envelope (cloudradial.md §5.1).
type wireList struct {
	Value   []json.RawMessage `json:"value"`
	Data    []json.RawMessage `json:"data"`
	Success *bool             `json:"success"`
	Message string            `json:"message"`
}

// wireNextLink is the link that a list never has (cloudradial.md §6).
type wireNextLink struct {
	NextLink string `json:"@odata.nextLink"`
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
	ShowInMenu  bool           `json:"showInMenu"`
	Fields      []wireNewField `json:"fields"`
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

// wirePatch is a JSON Patch operation. The API takes an array of them (cloudradial.md §5.3).
type wirePatch struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value string `json:"value"`
}

// decodeRows returns the rows of a list: those of OData, those of CloudRadial's envelope, or a bare array (cloudradial.md §5.1).
func decodeRows(body []byte) ([]json.RawMessage, error) {
	var rows []json.RawMessage
	if json.Unmarshal(body, &rows) == nil && rows != nil {
		return rows, nil
	}
	var envelope wireList
	if json.Unmarshal(body, &envelope) != nil {
		return nil, errors.New("it is not a list")
	}
	switch {
	case envelope.Success != nil && !*envelope.Success:
		return nil, fmt.Errorf("it says that it did not succeed: %q", envelope.Message)
	case envelope.Value != nil:
		return envelope.Value, nil
	case envelope.Success != nil && envelope.Data != nil:
		return envelope.Data, nil
	}
	return nil, errors.New("it is not a list")
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
	rows, err := decodeRows(body)
	if err != nil {
		return nil, err
	}
	companies := make([]Company, 0, len(rows))
	for i, raw := range rows {
		var got wireCompany
		if err := json.Unmarshal(raw, &got); err != nil {
			return nil, fmt.Errorf("row %d is not a company", i+1)
		}
		if got.CompanyID <= 0 {
			return nil, fmt.Errorf("company %d of its list, %q, has no companyId", i+1, got.Name)
		}
		companies = append(companies, Company{int64(got.CompanyID), got.Name, int64(got.PSAKey), got.PSAIdentifier})
	}
	return companies, nil
}

func decodeDomains(body []byte) ([]domainRow, error) {
	rows, err := decodeRows(body)
	if err != nil {
		return nil, err
	}
	domains := make([]domainRow, 0, len(rows))
	for i, raw := range rows {
		var got wireDomain
		if err := json.Unmarshal(raw, &got); err != nil {
			return nil, fmt.Errorf("row %d is not a domain", i+1)
		}
		if got.CompanyDomainID <= 0 || got.CompanyID <= 0 {
			return nil, fmt.Errorf("domain %d of its list, %q, lacks companyDomainId or companyId", i+1, got.Name)
		}
		domains = append(domains, domainRow{int64(got.CompanyDomainID), got.IsDeleted,
			Domain{int64(got.CompanyID), got.Name, got.IsDefault}})
	}
	return domains, nil
}

func decodeTokens(body []byte) ([]Token, error) {
	rows, err := decodeRows(body)
	if err != nil {
		return nil, err
	}
	tokens := make([]Token, 0, len(rows))
	for i, raw := range rows {
		token, err := decodeToken(raw)
		if err != nil {
			return nil, fmt.Errorf("row %d is not a token", i+1)
		}
		tokens = append(tokens, token)
	}
	return tokens, nil
}

// decodeToken decodes a token of any answer.
func decodeToken(data []byte) (Token, error) {
	var got wireToken
	if json.Unmarshal(data, &got) != nil || got.CompanyID == nil || *got.CompanyID < 0 || cmp.Or(got.Name, got.Token) == "" {
		return Token{}, errors.New("it is not a token")
	}
	return Token{int64(*got.CompanyID), cmp.Or(got.Name, got.Token), got.Value}, nil
}

func decodeAssetTypes(body []byte) ([]AssetType, error) {
	rows, err := decodeRows(body)
	if err != nil {
		return nil, err
	}
	types := make([]AssetType, 0, len(rows))
	for i, raw := range rows {
		var got wireType
		if err := json.Unmarshal(raw, &got); err != nil {
			return nil, fmt.Errorf("row %d is not a flexible asset type", i+1)
		}
		if got.ID <= 0 {
			return nil, fmt.Errorf("flexible asset type %d of its list, %q, has no id", i+1, got.Name)
		}
		types = append(types, AssetType{ID: int64(got.ID), Name: got.Name, Description: got.Description})
	}
	return types, nil
}

func decodeAssetFields(body []byte) ([]assetFieldRow, error) {
	rows, err := decodeRows(body)
	if err != nil {
		return nil, err
	}
	fields := make([]assetFieldRow, 0, len(rows))
	for i, raw := range rows {
		var got wireField
		if err := json.Unmarshal(raw, &got); err != nil {
			return nil, fmt.Errorf("row %d is not a flexible asset field", i+1)
		}
		if got.ID <= 0 || got.TypeID <= 0 || got.NameKey == "" {
			return nil, fmt.Errorf("flexible asset field %d of its list, %q, lacks id, flexibleAssetTypeId or nameKey", i+1, got.Name)
		}
		fields = append(fields, assetFieldRow{int64(got.TypeID), AssetField{int64(got.ID), got.Name, got.NameKey, string(got.Kind),
			int(got.Order), got.Required, got.UseForTitle, got.ShowInList}})
	}
	return fields, nil
}

func decodeAssets(body []byte) ([]Asset, error) {
	rows, err := decodeRows(body)
	if err != nil {
		return nil, err
	}
	assets := make([]Asset, 0, len(rows))
	for i, raw := range rows {
		var got wireAsset
		if err := json.Unmarshal(raw, &got); err != nil {
			return nil, fmt.Errorf("row %d is not a flexible asset", i+1)
		}
		if got.ID <= 0 || got.TypeID <= 0 || got.CompanyID <= 0 {
			return nil, fmt.Errorf("flexible asset %d of its list, %q, lacks id, flexibleAssetTypeId or companyId", i+1, got.Name)
		}
		traits, err := decodeTraits(got.TraitsJSON)
		if err != nil {
			return nil, fmt.Errorf("flexible asset %d, %q: %w", got.ID, got.Name, err)
		}
		assets = append(assets, Asset{int64(got.ID), int64(got.TypeID), int64(got.CompanyID), got.Name, traits})
	}
	return assets, nil
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
