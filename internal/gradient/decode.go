// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package gradient

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// The types named wire… are the API's own JSON, apart from the types that callers see. Unknown fields are ignored, because the
// API adds some (gradient.md §3.1, gradient.md §13).

// wireText is a text field. It is decoded from a string, a number or null.
type wireText string

func (t *wireText) UnmarshalJSON(data []byte) error {
	var plain string
	var number json.Number
	switch {
	case string(data) == "null":
		return nil
	case json.Unmarshal(data, &plain) == nil:
		*t = wireText(plain)
	case json.Unmarshal(data, &number) == nil:
		*t = wireText(number)
	default:
		return errors.New("a field is not text")
	}
	return nil
}

// wireID is the id of an object: "id", or "_id" in older versions of the API (gradient.md §3.1).
type wireID struct {
	ID    wireText `json:"id"`
	OldID wireText `json:"_id"`
}

func (i wireID) id() string {
	if i.ID != "" {
		return string(i.ID)
	}
	return string(i.OldID)
}

// wireIntegration is IntegrationData (gradient.md §3.7).
type wireIntegration struct {
	IntegrationID  wireText        `json:"integrationId"`
	OrganizationID wireText        `json:"organizationId"`
	Name           wireText        `json:"name"`
	VendorID       wireText        `json:"vendorId"`
	VendorName     wireText        `json:"vendorName"`
	Status         wireText        `json:"status"`
	LastSyncedAt   json.RawMessage `json:"lastSyncedAt"`
}

// wireAccount is an account in an answer (gradient.md §3.9, gradient.md §3.10, gradient.md §3.11).
type wireAccount struct {
	wireID
	Name        *wireText       `json:"name"`
	Description *wireText       `json:"description"`
	IsMapped    json.RawMessage `json:"isMapped"`
	MappingID   wireText        `json:"mappingId"`
}

// wireNewAccount is an element of the array that creates accounts (gradient.md §3.10).
type wireNewAccount struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
}

// wireAccountUpdate changes an account (gradient.md §3.11). It has no id: an id there would give the account another one.
type wireAccountUpdate struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}

// wireVendor is VendorData, as far as it is the catalogue (gradient.md §3.1).
type wireVendor struct {
	SKUs []wireService `json:"skus"`
}

// wireService is a VendorSku (gradient.md §3.1).
type wireService struct {
	wireID
	Name           wireText `json:"name"`
	Description    wireText `json:"description"`
	Category       wireText `json:"category"`
	Subcategory    wireText `json:"subcategory"`
	SupportArticle wireText `json:"supportArticle"`
	SupportContact wireText `json:"supportContact"`
}

// wireNewService is a CreateServiceRequest (gradient.md §3.3).
type wireNewService struct {
	Name           string `json:"name"`
	Description    string `json:"description"`
	Category       string `json:"category"`
	Subcategory    string `json:"subcategory"`
	SupportArticle string `json:"supportArticle,omitempty"`
	SupportContact string `json:"supportContact,omitempty"`
}

// wireUnitCount is a CreateBillingRequest (gradient.md §3.6). The deprecated clientOId is left out.
type wireUnitCount struct {
	AccountID string `json:"accountId"`
	UnitCount int64  `json:"unitCount"`
}

// unwrap returns the object under "data", or the body when it has none: some routes wrap their answers, others do not
// (gradient.md §3).
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
	var got wireIntegration
	if json.Unmarshal(body, &got) != nil {
		return Integration{}, errors.New("it is not an integration")
	}
	if got.IntegrationID == "" {
		return Integration{}, errors.New("it lacks integrationId")
	}
	if HasControl(string(got.IntegrationID)) {
		return Integration{}, errors.New("its integrationId has control characters")
	}
	if got.Status == "" {
		return Integration{}, errors.New("it lacks the integration's status")
	}
	return Integration{
		ID:               string(got.IntegrationID),
		OrganizationID:   string(got.OrganizationID),
		OrganizationName: oneLine(got.Name),
		VendorID:         string(got.VendorID),
		VendorName:       oneLine(got.VendorName),
		Status:           Status(got.Status),
		LastSyncedAt:     decodeTime(got.LastSyncedAt),
	}, nil
}

// decodeTime decodes lastSyncedAt, which the API types loosely (gradient.md §3.7). It returns zero for a year before 2000,
// which means never, for a year that RFC 3339 cannot write, and for anything that is not a date.
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

// newAccount converts the account. Fields that the answer to a write leaves out are those of written.
func (a wireAccount) newAccount(written Account) Account {
	account := Account{ID: a.id(), Name: written.Name, Description: written.Description}
	if a.Name != nil {
		account.Name = text(*a.Name)
	}
	if a.Description != nil {
		account.Description = text(*a.Description)
	}
	account.MappingID = string(a.MappingID)
	var mapped *bool
	if json.Unmarshal(a.IsMapped, &mapped) == nil {
		account.IsMapped = mapped
	}
	return account
}

func decodeAccounts(body []byte) ([]Account, error) {
	list, err := decodeAccountArray(body)
	if err != nil {
		return nil, err
	}
	accounts := make([]Account, 0, len(list))
	for i, got := range list {
		account := got.newAccount(Account{})
		if account.ID == "" {
			return nil, fmt.Errorf("account %d of its list, %q, has no id", i+1, account.Name)
		}
		if HasControl(account.ID) {
			return nil, fmt.Errorf("account %d of its list, %q, has control characters in its id", i+1, account.Name)
		}
		accounts = append(accounts, account)
	}
	return accounts, nil
}

func decodeAccountArray(body []byte) ([]wireAccount, error) {
	var list []wireAccount
	if err := json.Unmarshal(body, &list); err != nil || list == nil {
		return nil, errors.New("it is not a list of accounts")
	}
	return list, nil
}

// decodeCreatedAccounts decodes the echo of a creation, which must have all the accounts that were sent (gradient.md §3.10).
func decodeCreatedAccounts(body []byte, accounts []Account) ([]Account, error) {
	list, err := decodeAccountArray(body)
	if err != nil {
		return nil, err
	}
	echoes := make(map[string]wireAccount, len(list))
	for _, got := range list {
		echoes[got.id()] = got
	}
	created := make([]Account, 0, len(accounts))
	for _, account := range accounts {
		echo, found := echoes[account.ID]
		if !found {
			return nil, fmt.Errorf("it does not have the new account %q", account.ID)
		}
		created = append(created, echo.newAccount(account))
	}
	return created, nil
}

// decodeUpdatedAccount decodes the echo of an update (gradient.md §3.11). It may leave out the id, but not have another.
func decodeUpdatedAccount(body []byte, account Account) (Account, error) {
	var got wireAccount
	if !bytes.HasPrefix(body, []byte("{")) || json.Unmarshal(body, &got) != nil {
		return Account{}, errors.New("it is not an account")
	}
	if id := got.id(); id != "" && id != account.ID {
		return Account{}, fmt.Errorf("it is about the account %q", id)
	}
	updated := got.newAccount(account)
	updated.ID = account.ID
	return updated, nil
}

// decodeVendor returns the services of a vendor, wrapped or bare (gradient.md §3.1, gradient.md §3.3). Their texts are in Unicode NFC.
func decodeVendor(body []byte) ([]Service, error) {
	var vendor wireVendor
	if json.Unmarshal(unwrap(body), &vendor) != nil {
		return nil, errors.New("it is not a vendor with a list of skus")
	}
	if vendor.SKUs == nil {
		return nil, errors.New("it lacks the vendor's skus")
	}
	services := make([]Service, 0, len(vendor.SKUs))
	for i, sku := range vendor.SKUs {
		if sku.id() == "" || sku.Name == "" {
			return nil, fmt.Errorf("sku %d of its list, %q, lacks an id or a name", i+1, sku.Name)
		}
		if HasControl(sku.id()) {
			return nil, fmt.Errorf("sku %d of its list, %q, has control characters in its id", i+1, sku.Name)
		}
		services = append(services, Service{
			ID:             sku.id(),
			Name:           text(sku.Name),
			Description:    text(sku.Description),
			Category:       string(sku.Category),
			Subcategory:    string(sku.Subcategory),
			SupportArticle: text(sku.SupportArticle),
			SupportContact: text(sku.SupportContact),
		})
	}
	return services, nil
}

// checkAccepted checks that the body of a 201 says that this count was accepted: an object with a status of 200 to 299 that reports no
// error and is not about another count (gradient.md §3.6). A proxy's page, or a refusal in the body, accepts nothing. Names of fields
// are compared exactly, case included.
func checkAccepted(body []byte, accountID string, units int64) error {
	var got map[string]json.RawMessage
	if json.Unmarshal(body, &got) != nil || got == nil {
		return errors.New("it does not say that the count was accepted")
	}
	if code, ok := numberIn(got["status"]); !ok || code < 200 || code > 299 {
		return fmt.Errorf("it reports the status %s", orNone(got["status"]))
	}
	if code, ok := numberIn(got["statusCode"]); given(got["statusCode"]) && (!ok || code < 200 || code > 299) {
		return fmt.Errorf("it reports the statusCode %s", got["statusCode"])
	}
	for _, name := range []string{"error", "errors"} {
		if given(got[name]) {
			return fmt.Errorf("it reports %s: %s", name, got[name])
		}
	}
	if success := string(got["success"]); success != "" && success != "true" && success != "null" {
		return fmt.Errorf("it reports success: %s", success)
	}
	var data map[string]json.RawMessage
	_ = json.Unmarshal(got["data"], &data) // what is no object has no account
	for _, fields := range []map[string]json.RawMessage{got, data} {
		if err := checkEcho(fields, accountID, units); err != nil {
			return err
		}
	}
	return nil
}

// checkEcho checks that the account and the units in an answer, if it has any, are those that were sent.
func checkEcho(fields map[string]json.RawMessage, accountID string, units int64) error {
	if raw := fields["accountId"]; given(raw) {
		var id wireText
		if json.Unmarshal(raw, &id) != nil || string(id) != accountID {
			return fmt.Errorf("it is about the account %s", raw)
		}
	}
	if raw := fields["unitCount"]; given(raw) {
		if number, ok := numberIn(raw); !ok || number != float64(units) {
			return fmt.Errorf("it is about %s units", raw)
		}
	}
	return nil
}

// given reports whether a field says anything: it is there, and neither null, false nor empty.
func given(raw json.RawMessage) bool {
	switch string(raw) {
	case "", "null", "false", `""`, "[]", "{}":
		return false
	}
	return true
}

func numberIn(raw json.RawMessage) (number float64, ok bool) {
	return number, len(raw) > 0 && string(raw) != "null" && json.Unmarshal(raw, &number) == nil
}

func orNone(raw json.RawMessage) string {
	if len(raw) == 0 {
		return "none"
	}
	return string(raw)
}
