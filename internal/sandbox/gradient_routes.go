package sandbox

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"time"
)

const mongoTime = "2006-01-02T15:04:05.000Z"

type vendorModule struct {
	Variation string `json:"variation"`
}

// vendorData has the fields of the vendor's sample, the undeclared ones included, in its order.
type vendorData struct {
	OldID                 string         `json:"_id"`
	Name                  string         `json:"name"`
	Description           string         `json:"description"`
	IntegrationType       string         `json:"integrationType"`
	IsDistributor         bool           `json:"isDistributor"`
	ExternalStatus        string         `json:"externalIntegrationStatus"`
	MappingDuties         []string       `json:"mappingResponsibilities"`
	Modules               []vendorModule `json:"modules"`
	OrganizationID        string         `json:"organizationId"`
	Attributes            []string       `json:"attributes"`
	SKUs                  []vendorSKU    `json:"skus"`
	VendorSupportPageURL  string         `json:"vendorSupportPageUrl,omitempty"`
	IntegrationPortalPage string         `json:"integrationPortalUrl,omitempty"`
	CreatedAt             string         `json:"createdAt"`
	UpdatedAt             string         `json:"updatedAt"`
	Version               int            `json:"__v"`
	ID                    string         `json:"id"`
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

// vendorID is the id of the custom vendor, which all of a vendor's routes speak of.
func vendorID() string { return objectID(3, 1) }

func (g *gradientState) vendorData(include func(Service) bool) vendorData {
	skus := []vendorSKU{}
	for _, service := range g.services {
		if !include(*service) {
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
		OldID:                 vendorID(),
		Name:                  g.vendor.name,
		Description:           g.vendor.description,
		IntegrationType:       "custom",
		ExternalStatus:        "notIntegrated",
		MappingDuties:         []string{"accounts", "services"},
		Modules:               []vendorModule{{Variation: "billing"}},
		OrganizationID:        g.organization,
		Attributes:            []string{},
		SKUs:                  skus,
		VendorSupportPageURL:  g.vendor.supportPage,
		IntegrationPortalPage: g.vendor.portal,
		CreatedAt:             vendorCreated.Format(mongoTime),
		UpdatedAt:             g.vendorUpdated.UTC().Format(mongoTime),
		Version:               g.madeServices,
		ID:                    vendorID(),
	}
}

func every(Service) bool { return true }

// getVendor is route 1, wrapped.
func (s *Server) getVendor(gradientCall) (int, any) {
	return wrapped(s.gradient.vendorData(every), "Success - Retrieved Vendor")
}

// updateVendor is route 2, wrapped.
func (s *Server) updateVendor(call gradientCall) (int, any) {
	if len(call.items[0]) == 0 {
		return s.invalid("Must provide at least one property value for updating")
	}
	vendor := &s.gradient.vendor
	targets := map[string]*string{
		"name":                 &vendor.name,
		"description":          &vendor.description,
		"vendorSupportPageUrl": &vendor.supportPage,
		"integrationPortalUrl": &vendor.portal,
	}
	for name := range call.items[0] {
		*targets[name] = call.text(name)
	}
	s.gradient.vendorUpdated = time.Now()
	return wrapped(s.gradient.vendorData(every), "Success - Updated Vendor")
}

// createService is route 3: the answer is the whole vendor, bare. The name is no key.
func (s *Server) createService(call gradientCall) (int, any) {
	g := s.gradient
	name := call.text("name")
	exists := slices.ContainsFunc(g.services, func(service *Service) bool { return service.Name == name })
	if exists && s.switchValue("gradient-duplicate-service") == "409" {
		return refuse(http.StatusConflict, "A resource with this name already exists.")
	}
	service := Service{
		Name:           name,
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
	return http.StatusCreated, g.vendorData(every)
}

var objectIDShape = regexp.MustCompile(`^[0-9a-fA-F]{24}$`)

// misshapen tells whether an id is none that MongoDB could have given.
func (s *Server) misshapen(id string) bool {
	return s.switchValue("gradient-service-id-check") == "on" && !objectIDShape.MatchString(id)
}

// getService is route 4: the vendor, wrapped, with at most one service.
func (s *Server) getService(call gradientCall) (int, any) {
	if s.misshapen(call.id) {
		return refuse(http.StatusBadRequest, "You have provided an invalid Id type")
	}
	only := func(service Service) bool { return service.ID == call.id }
	return wrapped(s.gradient.vendorData(only), "Success - Retrieved Vendor")
}

type integrationData struct {
	OrganizationID string  `json:"organizationId"`
	Name           string  `json:"name"`
	VendorID       string  `json:"vendorId"`
	VendorName     string  `json:"vendorName"`
	IntegrationID  string  `json:"integrationId"`
	Status         string  `json:"status"`
	LastSyncedAt   *string `json:"lastSyncedAt"`
}

func (s *Server) integration() integrationData {
	g := s.gradient
	synced := neverSynced
	if !g.lastSynced.IsZero() {
		synced = g.lastSynced.UTC().Format(mongoTime)
	}
	data := integrationData{
		OrganizationID: g.organization,
		Name:           "Bluebird Managed Services",
		VendorID:       vendorID(),
		VendorName:     g.vendor.name,
		IntegrationID:  objectID(4, g.integrations),
		Status:         g.status,
		LastSyncedAt:   &synced,
	}
	if g.lastSynced.IsZero() && s.switchValue("gradient-never-synced") == "null" {
		data.LastSyncedAt = nil
	}
	return data
}

// getIntegration is route 7, bare.
func (s *Server) getIntegration(gradientCall) (int, any) { return http.StatusOK, s.integration() }

// updateStatus is route 8, wrapped. The two states of 2023 are refused.
func (s *Server) updateStatus(call gradientCall) (int, any) {
	if !slices.Contains([]string{statusInactive, statusPending, statusActive}, call.id) {
		if s.switchValue("gradient-bad-status") == "404" {
			return refuse(http.StatusNotFound, "Unknown status")
		}
		return s.invalid("status must be one of the following values: inactive, active, pending")
	}
	s.gradient.status = call.id
	return wrapped(s.integration(), "Success - Updated Integration Status")
}

// accountEcho is how an account comes back from a write.
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

func (s *Server) echo(account *gradientAccount) accountEcho {
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

// isMapped is the bit that the newer API shows. Whether an excluded account has it is not known.
func (s *Server) isMapped(account *gradientAccount) bool {
	return account.Mapped == mapped || account.Mapped == excluded && s.switchValue("gradient-excluded-is-mapped") == "yes"
}

// getAccounts is route 9, bare and never paged.
func (s *Server) getAccounts(call gradientCall) (int, any) {
	withUnmapped, err := oneOf(call.query, "returnUnmapped", "true", "false")
	if err != nil {
		return s.invalid(err.Error())
	}
	ids := slices.Concat(call.query["accountIds"], call.query["accountIds[]"])
	rows := []accountRow{}
	for _, account := range s.gradient.accounts {
		isMapped := s.isMapped(account)
		if len(ids) > 0 && !slices.Contains(ids, account.ID) || withUnmapped == "false" && !isMapped {
			continue
		}
		row := accountRow{accountEcho: s.echo(account)}
		if s.switchValue("gradient-account-shape") != "2023" {
			row.IsMapped = &isMapped
		}
		rows = append(rows, row)
	}
	return http.StatusOK, rows
}

// createAccounts is route 10: an array in, an array out, both bare.
func (s *Server) createAccounts(call gradientCall) (int, any) {
	if len(call.items) == 0 && s.switchValue("gradient-empty-accounts") == "refuse" {
		return s.invalid("the body must not be empty")
	}
	policy := s.switchValue("gradient-duplicate-accounts")
	duplicates := s.duplicates(call.items)
	if len(duplicates) > 0 && policy == "atomic" {
		return refuse(http.StatusConflict, "A resource with this Id already exists.")
	}
	echoes := []accountEcho{}
	for i, item := range call.items {
		if duplicates[i] && policy == "partial" {
			continue
		}
		echoes = append(echoes, s.echo(s.putAccount(item)))
	}
	if len(duplicates) > 0 && policy == "partial" {
		return refuse(http.StatusConflict, "A resource with this Id already exists.")
	}
	if s.switchValue("gradient-accounts-post-status") == "200" {
		return http.StatusOK, echoes
	}
	return http.StatusCreated, echoes
}

// duplicates finds the items whose id is taken, be it by an item before them.
func (s *Server) duplicates(items []map[string]any) map[int]bool {
	duplicates, ids := map[int]bool{}, map[string]bool{}
	for i, item := range items {
		id := item["id"].(string)
		if ids[id] || s.gradient.account(id) != nil {
			duplicates[i] = true
		}
		ids[id] = true
	}
	return duplicates
}

func (s *Server) putAccount(item map[string]any) *gradientAccount {
	g := s.gradient
	account := g.account(item["id"].(string))
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

func (g *gradientState) account(id string) *gradientAccount {
	i := slices.IndexFunc(g.accounts, func(account *gradientAccount) bool { return account.ID == id })
	if i < 0 {
		return nil
	}
	return g.accounts[i]
}

func (g *gradientState) service(id string) *Service {
	i := slices.IndexFunc(g.services, func(service *Service) bool { return service.ID == id })
	if i < 0 {
		return nil
	}
	return g.services[i]
}

// updateAccount is route 11, bare. A new id re-keys the account, its counts included.
func (s *Server) updateAccount(call gradientCall) (int, any) {
	g := s.gradient
	account := g.account(call.id)
	if account == nil {
		return refuse(http.StatusNotFound, "No account found with id: "+call.id)
	}
	if id := call.text("id"); id != "" && id != account.ID {
		if g.account(id) != nil {
			return refuse(http.StatusConflict, "A resource with this Id already exists.")
		}
		g.rekey(account, id)
	}
	if name := call.text("name"); name != "" && name != account.Name {
		account.Name = name
		if s.switchValue("gradient-rename-matches") == "yes" {
			g.autoMatch(account)
		}
	}
	if _, given := call.items[0]["description"]; given {
		account.Description = call.text("description")
	}
	if active, given := call.items[0]["isActive"].(bool); given {
		account.inactive = !active
	}
	return http.StatusOK, accountEcho{ID: account.ID, Name: account.Name, Description: account.Description}
}

func (g *gradientState) rekey(account *gradientAccount, id string) {
	for _, counts := range []map[string]map[string]float64{g.counts, g.view} {
		if units, counted := counts[account.ID]; counted {
			counts[id] = units
			delete(counts, account.ID)
		}
	}
	account.ID = id
}

// getClients is route 17, deprecated; the shape of its elements is not known, so there are none unless a switch makes them texts.
func (s *Server) getClients(gradientCall) (int, any) {
	clients := []string{}
	if s.switchValue("gradient-clients") == "names" {
		clients = append(clients, s.gradient.psa.Accounts...)
	}
	return http.StatusOK, map[string]any{"meta": map[string]any{}, "clients": clients}
}

// setCount is route 6. What is refused is not stored.
func (s *Server) setCount(call gradientCall) (int, any) {
	noBuild, err := oneOf(call.query, "no_build", "false", "true")
	if err != nil {
		return s.invalid(err.Error())
	}
	if s.misshapen(call.id) {
		return refuse(http.StatusBadRequest, "You have provided an invalid Id type")
	}
	item := call.items[0]
	units, problem := s.units(item)
	if problem != "" {
		return s.invalid(problem)
	}
	if s.gradient.status == statusInactive && s.switchValue("gradient-count-while-inactive") == "refuse" {
		return refuse(http.StatusBadRequest, "Integration is inactive")
	}
	accountID, given := item["accountId"].(string)
	if !given {
		// Ids of PSA clients are not imitated: nobody maps by them any more.
		return refuse(http.StatusNotFound, fmt.Sprintf("No account map found with id: %s", item["clientOId"]))
	}
	account, service := s.gradient.account(accountID), s.gradient.service(call.id)
	if !s.countsFor(account) {
		return refuse(http.StatusNotFound, "No account map found with id: "+accountID)
	}
	if service == nil || !s.countsWhen(service.Mapped) {
		if s.switchValue("gradient-unmapped-service-message") == "account-map" {
			return refuse(http.StatusNotFound, "No account map found with id: "+accountID)
		}
		return refuse(http.StatusNotFound, "Unknown account, or service is not mapped")
	}
	s.store(account, service, units, noBuild == "true")
	return http.StatusCreated, gradientEnvelope{Status: http.StatusCreated, Message: "Success - Created service unit count"}
}

// units checks the body of a count beyond the types of its fields.
func (s *Server) units(item map[string]any) (units float64, problem string) {
	_, account := item["accountId"]
	_, client := item["clientOId"]
	if account == client {
		return 0, "exactly one of accountId and clientOId must be given"
	}
	units, isNumber := item["unitCount"].(float64)
	if (!isNumber || units < 0) && s.switchValue("gradient-invalid-unit-count") == "refuse" {
		return 0, "unitCount must be a number not less than 0"
	}
	if isNumber && units == 0 && s.switchValue("gradient-zero-count") == "refuse" {
		return 0, "unitCount must be a positive number"
	}
	return units, ""
}

func (s *Server) countsFor(account *gradientAccount) bool {
	if account == nil || account.inactive && s.switchValue("gradient-inactive-account-count") == "refuse" {
		return false
	}
	return s.countsWhen(account.Mapped)
}

func (s *Server) countsWhen(state string) bool {
	return state == mapped || state == excluded && s.switchValue("gradient-excluded-count") == "accept"
}

// store keeps a count. The first one makes the integration active.
func (s *Server) store(account *gradientAccount, service *Service, units float64, noBuild bool) {
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
	if !noBuild || s.switchValue("gradient-no-build") == "immediate" {
		g.view = cloneCounts(g.counts)
	}
}
