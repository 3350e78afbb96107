// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package sandbox

import (
	"html"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"
)

const mongoTime = "2006-01-02T15:04:05.000Z"

type vendorModule struct {
	Variation string `json:"variation"`
}

// vendorData has the fields of the sample in gradient.md §3.1, also those that no schema declares.
type vendorData struct {
	OldID           string         `json:"_id"`
	Name            string         `json:"name"`
	Description     string         `json:"description"`
	IntegrationType string         `json:"integrationType"`
	IsDistributor   bool           `json:"isDistributor"`
	ExternalStatus  string         `json:"externalIntegrationStatus"`
	MappingDuties   []string       `json:"mappingResponsibilities"`
	Modules         []vendorModule `json:"modules"`
	OrganizationID  string         `json:"organizationId"`
	Attributes      []string       `json:"attributes"`
	SKUs            []vendorSKU    `json:"skus"`
	CreatedAt       string         `json:"createdAt"`
	UpdatedAt       string         `json:"updatedAt"`
	Version         int            `json:"__v"`
	ID              string         `json:"id"`
}

type vendorSKU struct {
	OldID          string `json:"_id"`
	Name           string `json:"name"`
	Description    string `json:"description"`
	Category       string `json:"category"`
	Subcategory    string `json:"subcategory"`
	SupportArticle string `json:"supportArticle,omitempty"`
	SupportContact string `json:"supportContact,omitempty"`
	ID             string `json:"id"`
}

// The custom vendor.
const vendorName = "Microsoft 365 Licenses"

func vendorID() string { return objectID(3, 1) }

func (g *gradientState) describeVendor() vendorData {
	skus := []vendorSKU{}
	for _, service := range g.services {
		if time.Now().Before(g.listedAt[service.ID]) {
			continue
		}
		skus = append(skus, vendorSKU{
			OldID:          service.ID,
			Name:           service.Name,
			Description:    service.Description,
			Category:       service.Category,
			Subcategory:    service.Subcategory,
			SupportArticle: service.SupportArticle,
			SupportContact: service.SupportContact,
			ID:             service.ID,
		})
	}
	return vendorData{
		OldID:           vendorID(),
		Name:            vendorName,
		Description:     vendorName + " is a custom made vendor",
		IntegrationType: "custom",
		ExternalStatus:  "notIntegrated",
		MappingDuties:   []string{"accounts", "services"},
		Modules:         []vendorModule{{Variation: "billing"}},
		OrganizationID:  g.organization,
		Attributes:      []string{},
		SKUs:            skus,
		CreatedAt:       vendorCreated.Format(mongoTime),
		UpdatedAt:       g.vendorUpdated.UTC().Format(mongoTime),
		Version:         g.madeServices,
		ID:              vendorID(),
	}
}

// getVendor answers GET /, wrapped: gradient.md §3.1.
func (s *Server) getVendor(gradientCall) (int, any) {
	return wrapAnswer(s.gradient.describeVendor(), "Success - Retrieved Vendor")
}

// createService answers POST /service with the whole vendor, bare: gradient.md §3.3. Two services may have one name.
func (s *Server) createService(call gradientCall) (int, any) {
	g := s.gradient
	name := call.text("name")
	exists := slices.ContainsFunc(g.services, func(service *Service) bool { return service.Name == name })
	if exists && s.switchValue("gradient-duplicate-service") == "409" {
		return refuse(http.StatusConflict, "A resource with this name already exists.")
	}
	service := Service{
		Name:           storedName(name, s.switchValue("gradient-service-name")),
		Description:    call.text("description"),
		Category:       call.text("category"),
		Subcategory:    call.text("subcategory"),
		SupportArticle: call.text("supportArticle"),
		SupportContact: call.text("supportContact"),
	}
	if s.switchValue("gradient-auto-match-new") == "yes" && slices.Contains(g.psa.Products, name) {
		service.Mapped = mapped
	}
	g.addService(service)
	if s.switchValue("gradient-service-list") == "late" {
		g.listedAt[g.services[len(g.services)-1].ID] = time.Now().Add(2 * time.Second)
	}
	return http.StatusCreated, g.describeVendor()
}

// storedName is what Gradient stores of the name of a new service: gradient.md §12.
func storedName(name, form string) string {
	switch form {
	case "trimmed":
		return strings.TrimSpace(name)
	case "escaped":
		return html.EscapeString(name)
	case "cut":
		letters := []rune(name)
		return string(letters[:min(50, len(letters))])
	case "nfd":
		return norm.NFD.String(name)
	}
	return name
}

var objectIDShape = regexp.MustCompile(`^[0-9a-fA-F]{24}$`)

type integrationData struct {
	OrganizationID string  `json:"organizationId"`
	Name           string  `json:"name"`
	VendorID       string  `json:"vendorId"`
	VendorName     string  `json:"vendorName"`
	IntegrationID  string  `json:"integrationId"`
	Status         string  `json:"status"`
	LastSyncedAt   *string `json:"lastSyncedAt"`
}

func (s *Server) describeIntegration() integrationData {
	g := s.gradient
	synced := neverSynced
	if !g.lastSynced.IsZero() {
		synced = g.lastSynced.UTC().Format(mongoTime)
	}
	data := integrationData{
		OrganizationID: g.organization,
		Name:           "Bluebird Managed Services",
		VendorID:       vendorID(),
		VendorName:     vendorName,
		IntegrationID:  objectID(4, g.integrations),
		Status:         g.status,
		LastSyncedAt:   &synced,
	}
	if g.lastSynced.IsZero() && s.switchValue("gradient-never-synced") == "null" {
		data.LastSyncedAt = nil
	}
	return data
}

// getIntegration answers GET /organization, bare: gradient.md §3.7.
func (s *Server) getIntegration(gradientCall) (int, any) {
	return http.StatusOK, s.describeIntegration()
}

// updateStatus answers PATCH /organization/status/{status}, wrapped: gradient.md §3.8. The two states of 2023 are refused.
func (s *Server) updateStatus(call gradientCall) (int, any) {
	if !slices.Contains([]string{statusInactive, statusPending, statusActive}, call.id) {
		if s.switchValue("gradient-unknown-status") == "404" {
			return refuse(http.StatusNotFound, "Not Found")
		}
		return s.refuseInvalid("status must be one of the following values: inactive, active, pending")
	}
	s.gradient.status = call.id
	return wrapAnswer(s.describeIntegration(), "Success - Updated Integration Status")
}

// accountEcho is an account in the answer of a write: gradient.md §3.10.
type accountEcho struct {
	ID          string  `json:"id"`
	Name        string  `json:"name"`
	Description string  `json:"description"`
	MappingID   *string `json:"mappingId,omitempty"`
}

type accountRow struct {
	accountEcho
	IsMapped *bool `json:"isMapped,omitempty"`
}

func (s *Server) echoAccount(account *gradientAccount) accountEcho {
	echo := accountEcho{ID: account.ID, Name: account.Name, Description: account.Description}
	if s.switchValue("gradient-account-shape") == "2026" {
		mappingID := ""
		if s.isMapped(account) {
			mappingID = account.mappingID
		}
		echo.MappingID = &mappingID
	}
	return echo
}

// isMapped returns the isMapped of an account: gradient.md §3.9.
func (s *Server) isMapped(account *gradientAccount) bool {
	if s.switchValue("gradient-is-mapped") == "false" {
		return false
	}
	return account.Mapped == mapped || account.Mapped == excluded && s.switchValue("gradient-excluded-is-mapped") == "yes"
}

// getAccounts answers GET /organization/accounts, bare and in one page: gradient.md §3.9.
func (s *Server) getAccounts(call gradientCall) (int, any) {
	rows := []accountRow{}
	for _, account := range s.gradient.accounts {
		if slices.Contains(falseTexts, call.query.Get("returnUnmapped")) && !s.isMapped(account) {
			continue
		}
		row := accountRow{accountEcho: s.echoAccount(account)}
		if s.switchValue("gradient-account-shape") != "2023" {
			isMapped := s.isMapped(account)
			row.IsMapped = &isMapped
		}
		rows = append(rows, row)
	}
	return http.StatusOK, rows
}

// createAccounts answers POST /organization/accounts, bare: gradient.md §3.10.
func (s *Server) createAccounts(call gradientCall) (int, any) {
	if len(call.items) > 1 && s.switchValue("gradient-accounts-per-call") == "1" {
		return s.refuseInvalid("accounts must contain no more than 1 elements")
	}
	for _, item := range call.items {
		if s.switchValue("gradient-account-id") == "short" && len(item["id"].(string)) > 20 {
			return s.refuseInvalid("id must be shorter than or equal to 20 characters")
		}
	}
	policy := s.switchValue("gradient-duplicate-accounts")
	duplicates := s.findDuplicates(call.items)
	if len(duplicates) > 0 && policy == "atomic" {
		return refuse(http.StatusConflict, "A resource with this Id already exists.")
	}
	echoes := []accountEcho{}
	for i, item := range call.items {
		if duplicates[i] && policy == "partial" {
			continue
		}
		echoes = append(echoes, s.echoAccount(s.putAccount(item)))
	}
	if len(duplicates) > 0 && policy == "partial" {
		return refuse(http.StatusConflict, "A resource with this Id already exists.")
	}
	if s.switchValue("gradient-accounts-post-status") == "200" {
		return http.StatusOK, echoes
	}
	return http.StatusCreated, echoes
}

// findDuplicates returns the indexes of items with an id that an account or an earlier item has.
func (s *Server) findDuplicates(items []map[string]any) map[int]bool {
	duplicates, ids := map[int]bool{}, map[string]bool{}
	for i, item := range items {
		id := item["id"].(string)
		if ids[id] || s.gradient.findAccount(id) != nil {
			duplicates[i] = true
		}
		ids[id] = true
	}
	return duplicates
}

func (s *Server) putAccount(item map[string]any) *gradientAccount {
	g := s.gradient
	account := g.findAccount(item["id"].(string))
	if account == nil {
		account = &gradientAccount{Account: Account{ID: item["id"].(string)}}
		g.accounts = append(g.accounts, account)
	}
	account.Name = item["name"].(string)
	account.Description, _ = item["description"].(string)
	if s.switchValue("gradient-auto-match-new") == "yes" {
		g.autoMatch(account)
	}
	return account
}

func (g *gradientState) findAccount(id string) *gradientAccount {
	i := slices.IndexFunc(g.accounts, func(account *gradientAccount) bool { return account.ID == id })
	if i < 0 {
		return nil
	}
	return g.accounts[i]
}

func (g *gradientState) findService(id string) *Service {
	i := slices.IndexFunc(g.services, func(service *Service) bool { return service.ID == id })
	if i < 0 {
		return nil
	}
	return g.services[i]
}

// updateAccount answers PATCH /organization/accounts/{accountId}, bare: gradient.md §3.11.
func (s *Server) updateAccount(call gradientCall) (int, any) {
	account := s.gradient.findAccount(call.id)
	if account == nil {
		return refuse(http.StatusNotFound, "No account found with id: "+call.id)
	}
	if name := call.text("name"); name != "" && name != account.Name {
		account.Name = name
		if s.switchValue("gradient-rename-matches") == "yes" {
			s.gradient.autoMatch(account)
		}
	}
	if _, given := call.items[0]["description"]; given {
		account.Description = call.text("description")
	}
	return http.StatusOK, accountEcho{ID: account.ID, Name: account.Name, Description: account.Description}
}

// missesToAnomaly is how many counts in a row may find nothing mapped, where the switch makes more an anomaly.
const missesToAnomaly = 5

// setCount answers POST /service/{serviceId}/count: gradient.md §3.6. A refused count is not stored.
func (s *Server) setCount(call gradientCall) (int, any) {
	g := s.gradient
	status, body := s.tryCount(call)
	if status != http.StatusNotFound {
		g.misses = 0
		return status, body
	}
	g.misses++
	if s.switchValue("gradient-anomaly") != "never" && g.misses >= missesToAnomaly {
		g.misses, g.blockedUntil = 0, time.Now().Add(time.Hour)
	}
	return status, body
}

func (s *Server) tryCount(call gradientCall) (int, any) {
	if s.switchValue("gradient-service-id-check") == "on" && !objectIDShape.MatchString(call.id) {
		return refuse(http.StatusBadRequest, "You have provided an invalid Id type")
	}
	units, isNumber := call.items[0]["unitCount"].(float64)
	if !isNumber || units < 0 {
		return s.refuseInvalid("unitCount must be a number not less than 0")
	}
	if units == 0 && s.switchValue("gradient-zero-count") == "refuse" {
		return s.refuseInvalid("unitCount must be a positive number")
	}
	if units != math.Trunc(units) && s.switchValue("gradient-decimal-count") == "refuse" {
		return s.refuseInvalid("unitCount must be an integer number")
	}
	if s.gradient.status == statusInactive && s.switchValue("gradient-count-while-inactive") == "refuse" {
		return refuse(http.StatusBadRequest, "Integration is inactive")
	}
	noMap := "No account map found with id: " + call.text("accountId")
	account, service := s.gradient.findAccount(call.text("accountId")), s.gradient.findService(call.id)
	if account == nil || !s.takesCounts(account.Mapped) {
		return refuse(http.StatusNotFound, noMap)
	}
	if service == nil || !s.takesCounts(service.Mapped) {
		return s.refuseService(call, noMap)
	}
	s.storeCount(account, service, units, call.query.Get("no_build") == "true")
	return http.StatusCreated, gradientEnvelope{Status: http.StatusCreated, Message: "Success - Created service unit count"}
}

// refuseService answers a count for a service that is unknown or not mapped: gradient.md §3.6.
func (s *Server) refuseService(call gradientCall, noMap string) (int, any) {
	switch s.switchValue("gradient-unmapped-service-message") {
	case "account-map":
		return refuse(http.StatusNotFound, noMap)
	case "cannot":
		return refuse(http.StatusNotFound, "Cannot find service map with id: "+call.id)
	case "none":
		return refuse(http.StatusNotFound, nil)
	case "empty":
		return http.StatusNotFound, nil
	}
	return refuse(http.StatusNotFound, "Unknown account, or service is not mapped")
}

func (s *Server) takesCounts(state string) bool {
	return state == mapped || state == excluded && s.switchValue("gradient-excluded-count") == "accept"
}

// storeCount stores a count: gradient.md §7.6. The first one makes the integration active: gradient.md §7.1.
func (s *Server) storeCount(account *gradientAccount, service *Service, units float64, noBuild bool) {
	g := s.gradient
	if g.counts[account.ID] == nil {
		g.counts[account.ID] = map[string]float64{}
	}
	g.counts[account.ID][service.ID] = units
	if s.switchValue("gradient-first-count") == "activates" {
		g.status = statusActive
	}
	if !noBuild {
		g.rebuilds++
	}
	if !noBuild || s.switchValue("gradient-last-synced") == "count" {
		g.lastSynced = time.Now()
	}
	s.show(account.ID, service.ID, noBuild)
}

// show updates the billing view after a count: gradient.md §6.
func (s *Server) show(accountID, serviceID string, noBuild bool) {
	g := s.gradient
	visible := s.switchValue("gradient-no-build")
	switch {
	case noBuild && visible != "immediate":
	case visible == "service" || visible == "pair":
		for account, units := range g.counts {
			if count, has := units[serviceID]; has && (visible == "service" || account == accountID) {
				if g.view[account] == nil {
					g.view[account] = map[string]float64{}
				}
				g.view[account][serviceID] = count
			}
		}
	default:
		g.view = cloneCounts(g.counts)
	}
}
