package gradient

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// text is a string field that is read from a string, a number or null.
type text string

func (t *text) UnmarshalJSON(data []byte) error {
	var plain string
	var number json.Number
	switch {
	case string(data) == "null":
		return nil
	case json.Unmarshal(data, &plain) == nil:
		*t = text(plain)
	case json.Unmarshal(data, &number) == nil:
		*t = text(number)
	default:
		return errors.New("a field that should be text is not")
	}
	return nil
}

// identity is an object's id. The API moves from _id to id.
type identity struct {
	ID    text `json:"id"`
	OldID text `json:"_id"`
}

func (i identity) id() string {
	if i.ID != "" {
		return string(i.ID)
	}
	return string(i.OldID)
}

// unwrap returns what is under "data" when that is an object, and everything otherwise.
func unwrap(body []byte) []byte {
	var wrapper struct {
		Data json.RawMessage `json:"data"`
	}
	if json.Unmarshal(body, &wrapper) == nil && bytes.HasPrefix(wrapper.Data, []byte("{")) {
		return wrapper.Data
	}
	return body
}

func decodeWrappedIntegration(body []byte) (Integration, error) {
	return decodeIntegration(unwrap(body))
}

func decodeIntegration(body []byte) (Integration, error) {
	var got struct {
		IntegrationID  text            `json:"integrationId"`
		OrganizationID text            `json:"organizationId"`
		Name           text            `json:"name"`
		VendorID       text            `json:"vendorId"`
		VendorName     text            `json:"vendorName"`
		Status         text            `json:"status"`
		LastSyncedAt   json.RawMessage `json:"lastSyncedAt"`
	}
	if json.Unmarshal(body, &got) != nil {
		return Integration{}, errors.New("it is no integration")
	}
	if got.IntegrationID == "" {
		return Integration{}, errors.New("it lacks integrationId")
	}
	if got.Status == "" {
		return Integration{}, errors.New("it lacks the integration's status")
	}
	return Integration{
		ID:               string(got.IntegrationID),
		OrganizationID:   string(got.OrganizationID),
		OrganizationName: string(got.Name),
		VendorID:         string(got.VendorID),
		VendorName:       string(got.VendorName),
		Status:           Status(got.Status),
		LastSyncedAt:     decodeTime(got.LastSyncedAt),
	}, nil
}

// decodeTime reads a date that the API types loosely. The year 1900 stands for never, so does what is no date, or none that RFC 3339
// can write.
func decodeTime(raw json.RawMessage) time.Time {
	var value string
	if json.Unmarshal(raw, &value) != nil {
		return time.Time{}
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", time.DateOnly} {
		at, err := time.Parse(layout, value)
		if at = at.UTC(); err == nil && at.Year() >= 2000 && at.Year() <= 9999 {
			return at
		}
	}
	return time.Time{}
}

type accountJSON struct {
	identity
	Name        *text           `json:"name"`
	Description *text           `json:"description"`
	IsMapped    json.RawMessage `json:"isMapped"`
}

// account fills in what the answer to a write left out.
func (a accountJSON) account(written Account) Account {
	account := Account{ID: a.id(), Name: written.Name, Description: written.Description}
	if a.Name != nil {
		account.Name = string(*a.Name)
	}
	if a.Description != nil {
		account.Description = string(*a.Description)
	}
	var mapped *bool
	if json.Unmarshal(a.IsMapped, &mapped) == nil {
		account.IsMapped = mapped
	}
	return account
}

func decodeAccounts(body []byte) ([]Account, error) {
	list, err := decodeAccountList(body)
	if err != nil {
		return nil, err
	}
	accounts := make([]Account, 0, len(list))
	for i, got := range list {
		account := got.account(Account{})
		if account.ID == "" {
			return nil, fmt.Errorf("account %d of its list, %q, has no id", i+1, account.Name)
		}
		accounts = append(accounts, account)
	}
	return accounts, nil
}

func decodeAccountList(body []byte) ([]accountJSON, error) {
	var list []accountJSON
	if err := json.Unmarshal(body, &list); err != nil || list == nil {
		return nil, errors.New("it is no list of accounts")
	}
	return list, nil
}

// decodeCreated finds the accounts that were created in the echo of a creation.
func decodeCreated(body []byte, accounts []Account) ([]Account, error) {
	list, err := decodeAccountList(body)
	if err != nil {
		return nil, err
	}
	echoes := make(map[string]accountJSON, len(list))
	for _, got := range list {
		echoes[got.id()] = got
	}
	created := make([]Account, 0, len(accounts))
	for _, account := range accounts {
		echo, found := echoes[account.ID]
		if !found {
			return nil, fmt.Errorf("its accounts lack the new %q", account.ID)
		}
		created = append(created, echo.account(account))
	}
	return created, nil
}

// decodeUpdated reads the echo of an update. It need not repeat the id, but it must not be another one's.
func decodeUpdated(body []byte, account Account) (Account, error) {
	var got accountJSON
	if !bytes.HasPrefix(body, []byte("{")) || json.Unmarshal(body, &got) != nil {
		return Account{}, errors.New("it is no account")
	}
	if id := got.id(); id != "" && id != account.ID {
		return Account{}, fmt.Errorf("it is about the account %q", id)
	}
	updated := got.account(account)
	updated.ID = account.ID
	return updated, nil
}

func decodeWrappedVendor(body []byte) ([]Service, error) { return decodeVendor(unwrap(body)) }

// decodeVendor returns the catalogue of a vendor.
func decodeVendor(body []byte) ([]Service, error) {
	var vendor struct {
		SKUs []struct {
			identity
			Name           text `json:"name"`
			Description    text `json:"description"`
			Category       text `json:"category"`
			Subcategory    text `json:"subcategory"`
			SupportArticle text `json:"supportArticle"`
			SupportContact text `json:"supportContact"`
		} `json:"skus"`
	}
	if json.Unmarshal(body, &vendor) != nil {
		return nil, errors.New("it is no vendor with a list of skus")
	}
	if vendor.SKUs == nil {
		return nil, errors.New("it lacks the vendor's skus")
	}
	services := make([]Service, 0, len(vendor.SKUs))
	for i, sku := range vendor.SKUs {
		if sku.id() == "" || sku.Name == "" {
			return nil, fmt.Errorf("sku %d of its list, %q, lacks an id or a name", i+1, sku.Name)
		}
		services = append(services, Service{
			ID:             sku.id(),
			Name:           string(sku.Name),
			Description:    string(sku.Description),
			Category:       string(sku.Category),
			Subcategory:    string(sku.Subcategory),
			SupportArticle: string(sku.SupportArticle),
			SupportContact: string(sku.SupportContact),
		})
	}
	return services, nil
}

// checkAccepted checks that the answer to a count is the API's: a sign-in page of a proxy accepts no number.
func checkAccepted(body []byte) error {
	var got struct {
		Status     any `json:"status"`
		StatusCode any `json:"statusCode"`
	}
	if !bytes.HasPrefix(body, []byte("{")) || json.Unmarshal(body, &got) != nil {
		return errors.New("it does not say that the count was accepted")
	}
	for _, status := range []any{got.Status, got.StatusCode} {
		if code, ok := status.(float64); ok && code >= 400 {
			return fmt.Errorf("it speaks of the status %v", code)
		}
	}
	return nil
}
