package sandbox

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const (
	switchTypeReply    = "flexible-type-reply"
	switchAssetReply   = "flexible-asset-reply"
	switchTraitNumbers = "flexible-trait-numbers"
	switchTypeInUse    = "flexible-type-in-use"
	switchRepeatDelete = "repeat-delete"
)

var flexibleSwitches = []Switch{
	{switchTypeReply, "wrapped", []string{"wrapped", "bare", "no-id", "empty"}, "What creating a flexible asset type answers: the type in an envelope, bare, an envelope without it, or nothing."},
	{switchAssetReply, "wrapped", []string{"wrapped", "bare", "no-id", "empty"}, "What creating a flexible asset answers, likewise."},
	{switchTraitNumbers, "text", []string{"text", "number"}, "Whether traitsJson has the values of Number fields as text or as numbers."},
	{switchTypeInUse, "refused", []string{"refused", "removed"}, "Whether deleting a flexible asset type that has assets is refused with 400 or removes them."},
	{switchRepeatDelete, "404", []string{"404", "204"}, "What deleting a token, a flexible asset or a type once more answers."},
}

// AssetType is a type of flexible assets as the sandbox holds it. Types belong to the whole portal.
type AssetType struct {
	ID          int          `json:"id"`
	Name        string       `json:"name"`
	Description *string      `json:"description"`
	Icon        *string      `json:"icon"`
	ShowInMenu  bool         `json:"showInMenu"`
	Fields      []AssetField `json:"fields,omitempty"`
}

// AssetField is a field of an AssetType. NameKey is the key of its trait.
type AssetField struct {
	ID           int     `json:"id"`
	TypeID       int     `json:"flexibleAssetTypeId"`
	Name         string  `json:"name"`
	NameKey      string  `json:"nameKey"`
	Kind         string  `json:"kind"`
	Order        int     `json:"order"`
	Hint         *string `json:"hint"`
	DefaultValue *string `json:"defaultValue"`
	Required     bool    `json:"required"`
	UseForTitle  bool    `json:"useForTitle"`
	ShowInList   bool    `json:"showInList"`
}

// Asset is a flexible asset of a company. Traits are by the key of their field.
type Asset struct {
	ID          int               `json:"id"`
	TypeID      int               `json:"flexibleAssetTypeId"`
	CompanyID   int               `json:"companyId"`
	Name        string            `json:"name"`
	ResourceURL *string           `json:"resourceUrl"`
	Traits      map[string]string `json:"traits"`
}

// flexibleState holds types and assets by id. What was deleted is not in them; ids are never used again.
type flexibleState struct {
	types                          map[int]*AssetType
	assets                         map[int]*Asset
	lastType, lastField, lastAsset int
}

func newFlexibleState() flexibleState {
	return flexibleState{types: map[int]*AssetType{}, assets: map[int]*Asset{}}
}

var notOfAKey = regexp.MustCompile(`[^a-z0-9]+`)

// nameKey is what the portal makes of a field's name.
func nameKey(name string) string {
	return strings.Trim(notOfAKey.ReplaceAllString(strings.ToLower(name), "-"), "-")
}

func (t *AssetType) field(key string) *AssetField {
	for i := range t.Fields {
		if t.Fields[i].NameKey == key {
			return &t.Fields[i]
		}
	}
	return nil
}

func (t *AssetType) copied() AssetType {
	held := *t
	held.Fields = slices.Clone(t.Fields)
	return held
}

func (a *Asset) copied() Asset {
	held := *a
	held.Traits = maps.Clone(a.Traits)
	return held
}

// retitle gives an asset the name that its type's title field says.
func (f *flexibleState) retitle(asset *Asset) {
	asset.Name = ""
	for _, field := range f.types[asset.TypeID].Fields {
		if field.UseForTitle {
			asset.Name = asset.Traits[field.NameKey]
		}
	}
}

func (f *flexibleState) countOf(typeID int) int {
	count := 0
	for _, asset := range f.assets {
		if asset.TypeID == typeID {
			count++
		}
	}
	return count
}

func (f *flexibleState) removeAssets(of func(*Asset) bool) {
	maps.DeleteFunc(f.assets, func(_ int, asset *Asset) bool { return of(asset) })
}

// AssetTypes are the flexible asset types, by id.
func (s *Server) AssetTypes() []AssetType {
	s.mu.Lock()
	defer s.mu.Unlock()
	types := []AssetType{}
	for _, id := range slices.Sorted(maps.Keys(s.cloudradial.flexible.types)) {
		types = append(types, s.cloudradial.flexible.types[id].copied())
	}
	return types
}

// Assets are the flexible assets of all companies, by id.
func (s *Server) Assets() []Asset {
	s.mu.Lock()
	defer s.mu.Unlock()
	assets := []Asset{}
	for _, id := range slices.Sorted(maps.Keys(s.cloudradial.flexible.assets)) {
		assets = append(assets, s.cloudradial.flexible.assets[id].copied())
	}
	return assets
}

// EditAsset sets a trait, as a person does in the portal. It panics when there is no such asset, or its type has no such field.
func (s *Server) EditAsset(id int, trait, value string) {
	if err := s.editAsset(id, trait, value); err != nil {
		panic("sandbox: " + err.Error())
	}
}

func (s *Server) editAsset(id int, trait, value string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	flexible := &s.cloudradial.flexible
	asset := flexible.assets[id]
	if asset == nil {
		return fmt.Errorf("there is no flexible asset %d", id)
	}
	if flexible.types[asset.TypeID].field(trait) == nil {
		return fmt.Errorf("flexible asset type %d has no field with the key %q", asset.TypeID, trait)
	}
	asset.Traits[trait] = value
	flexible.retitle(asset)
	return nil
}

// DeleteAsset deletes an asset, as a person does in the portal. It panics when there is no such asset.
func (s *Server) DeleteAsset(id int) {
	if err := s.deleteAsset(id); err != nil {
		panic("sandbox: " + err.Error())
	}
}

func (s *Server) deleteAsset(id int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cloudradial.flexible.assets[id] == nil {
		return fmt.Errorf("there is no flexible asset %d", id)
	}
	delete(s.cloudradial.flexible.assets, id)
	return nil
}

// RenameTrait gives the field with that key another name, from which its key and that of all its values follow. The API
// offers nobody to change a field. It panics when there is no such type or field.
func (s *Server) RenameTrait(typeID int, key, name string) {
	if err := s.renameTrait(typeID, key, name); err != nil {
		panic("sandbox: " + err.Error())
	}
}

func (s *Server) renameTrait(typeID int, key, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	flexible := &s.cloudradial.flexible
	held := flexible.types[typeID]
	if held == nil {
		return fmt.Errorf("there is no flexible asset type %d", typeID)
	}
	field, renamed := held.field(key), nameKey(name)
	if field == nil || renamed == "" || renamed != key && held.field(renamed) != nil {
		return fmt.Errorf("flexible asset type %d has no field with the key %q, or it cannot be named %q", typeID, key, name)
	}
	field.Name, field.NameKey = name, renamed
	for _, asset := range flexible.assets {
		if value, has := asset.Traits[key]; has && asset.TypeID == typeID {
			delete(asset.Traits, key)
			asset.Traits[renamed] = value
		}
	}
	return nil
}

var assetTypeEntity = &entityType{"FlexibleAssetType", []property{
	{"id", edmInt},
	{"name", edmString},
	{"description", edmString},
	{"icon", edmString},
	{"showInMenu", edmBoolean},
}}

func (c *cloudradialState) assetTypeRows() []row {
	var rows []row
	for _, id := range slices.Sorted(maps.Keys(c.flexible.types)) {
		t := c.flexible.types[id]
		rows = append(rows, row{int64(t.ID), t.Name, textOrNull(t.Description), textOrNull(t.Icon), t.ShowInMenu})
	}
	return rows
}

var assetFieldEntity = &entityType{"FlexibleAssetField", []property{
	{"id", edmInt},
	{"flexibleAssetTypeId", edmInt},
	{"name", edmString},
	{"nameKey", edmString},
	{"kind", edmString},
	{"order", edmInt},
	{"hint", edmString},
	{"defaultValue", edmString},
	{"required", edmBoolean},
	{"useForTitle", edmBoolean},
	{"showInList", edmBoolean},
	{"decimals", edmInt},
	{"tagType", edmString},
	{"expiration", edmBoolean},
}}

func (c *cloudradialState) assetFieldRows() []row {
	var rows []row
	for _, id := range slices.Sorted(maps.Keys(c.flexible.types)) {
		for _, f := range c.flexible.types[id].Fields {
			rows = append(rows, row{int64(f.ID), int64(f.TypeID), f.Name, f.NameKey, f.Kind, int64(f.Order), textOrNull(f.Hint),
				textOrNull(f.DefaultValue), f.Required, f.UseForTitle, f.ShowInList, int64(0), nil, false})
		}
	}
	slices.SortFunc(rows, func(a, b row) int { return compareValues(a[0], b[0]) })
	return rows
}

var assetEntity = &entityType{"FlexibleAsset", []property{
	{"id", edmInt},
	{"flexibleAssetTypeId", edmInt},
	{"companyId", edmInt},
	{"name", edmString},
	{"resourceUrl", edmString},
	{"traitsJson", edmString},
}}

func (c *cloudradialState) assetRows(numbers bool) []row {
	var rows []row
	for _, id := range slices.Sorted(maps.Keys(c.flexible.assets)) {
		a := c.flexible.assets[id]
		rows = append(rows, row{int64(a.ID), int64(a.TypeID), int64(a.CompanyID), a.Name, textOrNull(a.ResourceURL),
			c.flexible.traitsJSON(a, numbers)})
	}
	return rows
}

// traitsJSON is the text in which a list has the traits.
func (f *flexibleState) traitsJSON(asset *Asset, numbers bool) string {
	traits := map[string]any{}
	for key, value := range asset.Traits {
		traits[key] = value
		if field := f.types[asset.TypeID].field(key); numbers && field != nil && field.Kind == "Number" && plainNumber.MatchString(value) {
			traits[key] = json.Number(value)
		}
	}
	text, err := json.Marshal(traits)
	if err != nil {
		panic(err) // text and numbers only
	}
	return string(text)
}

// assetTypeRequest and the two below hold the fields that a caller may set. A body with another field is refused.
type assetTypeRequest struct {
	Name        string              `json:"name"`
	Description *string             `json:"description"`
	Icon        *string             `json:"icon"`
	ShowInMenu  bool                `json:"showInMenu"`
	Fields      []assetFieldRequest `json:"fields"`
}

type assetFieldRequest struct {
	TypeID       int     `json:"flexibleAssetTypeId"`
	Name         string  `json:"name"`
	Kind         string  `json:"kind"`
	Order        int     `json:"order"`
	Hint         *string `json:"hint"`
	DefaultValue *string `json:"defaultValue"`
	Required     bool    `json:"required"`
	UseForTitle  bool    `json:"useForTitle"`
	ShowInList   bool    `json:"showInList"`
}

type assetRequest struct {
	CompanyID   int                        `json:"companyId"`
	TypeID      int                        `json:"flexibleAssetTypeId"`
	ResourceURL *string                    `json:"resourceUrl"`
	Traits      map[string]json.RawMessage `json:"traits"`
}

// serveFlexible answers /v2/flexible-asset…; the path begins with it.
func (s *Server) serveFlexible(w http.ResponseWriter, r *http.Request) {
	kind, idText, hasID := strings.Cut(strings.TrimPrefix(r.URL.Path, "/v2/"), "/")
	id, err := strconv.Atoi(idText)
	known := map[string][2]func(http.ResponseWriter, *http.Request, int){
		"flexible-asset-type":  {s.createAssetType, s.serveAssetType},
		"flexible-asset-field": {s.createAssetField, s.serveAssetField},
		"flexible-asset":       {s.createAsset, s.serveAsset},
	}[kind]
	switch {
	case known[0] == nil || hasID && err != nil:
		w.WriteHeader(http.StatusNotFound)
	case hasID:
		known[1](w, r, id)
	case r.Method != http.MethodPost:
		refuseMethod(w, http.MethodPost)
	default:
		known[0](w, r, 0)
	}
}

// readRequest reads a body of JSON strictly.
func readRequest(w http.ResponseWriter, r *http.Request, request any) bool {
	if !isJSON(w, r, "application/json") {
		return false
	}
	if err := decodeStrictly(r.Body, request); err != nil {
		writeProblem(w, "$", err.Error())
		return false
	}
	return true
}

func (s *Server) createAssetType(w http.ResponseWriter, r *http.Request, _ int) {
	var request assetTypeRequest
	if !readRequest(w, r, &request) {
		return
	}
	if request.Name == "" || len(request.Name) > 256 {
		writeProblem(w, "Name", "The Name field is required, of at most 256 characters.")
		return
	}
	s.mu.Lock()
	flexible := &s.cloudradial.flexible
	created := &AssetType{ID: flexible.lastType + 1, Name: request.Name, Description: request.Description, Icon: request.Icon, ShowInMenu: request.ShowInMenu}
	err := flexible.addFields(created, request.Fields)
	if err == nil {
		flexible.lastType++
		flexible.types[created.ID] = created
	}
	answer := created.copied()
	s.mu.Unlock()
	if err != nil {
		writeProblem(w, "Fields", err.Error())
		return
	}
	answer.Fields = nil // includeFields is false unless asked for
	s.writeCreated(w, switchTypeReply, answer)
}

// addFields adds all fields or none.
func (f *flexibleState) addFields(held *AssetType, requests []assetFieldRequest) error {
	fields := slices.Clone(held.Fields)
	for i, request := range requests {
		key := nameKey(request.Name)
		switch {
		case request.Name == "" || key == "" || len(key) > 256:
			return apiMessage("The Name field is required.")
		case !slices.Contains([]string{"Text", "Number", "Date"}, request.Kind):
			return apiMessage(fmt.Sprintf("The Kind '%s' is invalid.", request.Kind))
		case slices.ContainsFunc(fields, func(other AssetField) bool { return other.NameKey == key }):
			return apiMessage(fmt.Sprintf("The field '%s' exists already.", request.Name))
		}
		fields = append(fields, AssetField{f.lastField + 1 + i, held.ID, request.Name, key, request.Kind, request.Order, request.Hint,
			request.DefaultValue, request.Required, request.UseForTitle, request.ShowInList})
	}
	held.Fields = fields
	f.lastField += len(requests)
	return nil
}

// writeCreated answers a creation, in the shape that the switch says.
func (s *Server) writeCreated(w http.ResponseWriter, shape string, created any) {
	switch s.switchValue(shape) {
	case "bare":
		writeBody(w, http.StatusOK, jsonUTF8, created)
	case "no-id":
		writeEnvelope(w, http.StatusOK, nil, "Created")
	case "empty":
		w.WriteHeader(http.StatusOK)
	default:
		writeEnvelope(w, http.StatusOK, created, "Created")
	}
}

func (s *Server) serveAssetType(w http.ResponseWriter, r *http.Request, id int) {
	switch r.Method {
	case http.MethodGet:
		s.showAssetType(w, r, id)
	case http.MethodPatch:
		s.patchAssetType(w, r, id)
	case http.MethodDelete:
		s.deleteAssetType(w, id)
	default:
		refuseMethod(w, "GET, PATCH, DELETE")
	}
}

func (s *Server) showAssetType(w http.ResponseWriter, r *http.Request, id int) {
	s.mu.Lock()
	held := s.cloudradial.flexible.types[id]
	var answer AssetType
	if held != nil {
		answer = held.copied()
	}
	s.mu.Unlock()
	if held == nil {
		writeEnvelope(w, http.StatusNotFound, nil, "Flexible asset type not found")
		return
	}
	if !strings.EqualFold(r.URL.Query().Get("includeFields"), "true") {
		answer.Fields = nil
	}
	writeEnvelope(w, http.StatusOK, answer, "")
}

func (s *Server) patchAssetType(w http.ResponseWriter, r *http.Request, id int) {
	operations, ok := readPatch(w, r)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	held := s.cloudradial.flexible.types[id]
	if held == nil {
		writeEnvelope(w, http.StatusNotFound, nil, "Flexible asset type not found")
		return
	}
	changed := held.copied()
	err := replaceFields(operations, map[string]any{"/name": &changed.Name, "/description": &changed.Description, "/icon": &changed.Icon,
		"/showInMenu": &changed.ShowInMenu})
	if err == nil && changed.Name == "" {
		err = apiMessage("The Name field is required.")
	}
	if err != nil {
		writeEnvelope(w, http.StatusBadRequest, nil, err.Error())
		return
	}
	s.cloudradial.flexible.types[id] = &changed
	writeEnvelope(w, http.StatusOK, nil, "")
}

func (s *Server) deleteAssetType(w http.ResponseWriter, id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	flexible := &s.cloudradial.flexible
	switch {
	case flexible.types[id] == nil:
		s.refuseDelete(w, id > 0 && id <= flexible.lastType, "Flexible asset type not found")
	case flexible.countOf(id) > 0 && s.switchValue(switchTypeInUse) == "refused":
		writeEnvelope(w, http.StatusBadRequest, nil, "The flexible asset type has assets.")
	default:
		flexible.removeAssets(func(asset *Asset) bool { return asset.TypeID == id })
		delete(flexible.types, id)
		writeEnvelope(w, http.StatusOK, nil, "")
	}
}

// refuseDelete answers the deletion of what is not there, or not there any more.
func (s *Server) refuseDelete(w http.ResponseWriter, wasThere bool, message string) {
	if wasThere && s.switchValue(switchRepeatDelete) == "204" {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	writeEnvelope(w, http.StatusNotFound, nil, message)
}

func (s *Server) createAssetField(w http.ResponseWriter, r *http.Request, _ int) {
	var request assetFieldRequest
	if !readRequest(w, r, &request) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	held := s.cloudradial.flexible.types[request.TypeID]
	if held == nil {
		writeProblem(w, "FlexibleAssetTypeId", "The flexible asset type does not exist.")
		return
	}
	if err := s.cloudradial.flexible.addFields(held, []assetFieldRequest{request}); err != nil {
		writeProblem(w, "Name", err.Error())
		return
	}
	writeEnvelope(w, http.StatusOK, held.Fields[len(held.Fields)-1], "Created")
}

// serveAssetField only shows: the API changes and deletes no field.
func (s *Server) serveAssetField(w http.ResponseWriter, r *http.Request, id int) {
	if r.Method != http.MethodGet {
		refuseMethod(w, http.MethodGet)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, held := range s.cloudradial.flexible.types {
		for _, field := range held.Fields {
			if field.ID == id {
				writeEnvelope(w, http.StatusOK, field, "")
				return
			}
		}
	}
	writeEnvelope(w, http.StatusNotFound, nil, "Flexible asset field not found")
}

func (s *Server) createAsset(w http.ResponseWriter, r *http.Request, _ int) {
	var request assetRequest
	if !readRequest(w, r, &request) {
		return
	}
	s.mu.Lock()
	created, field, err := s.cloudradial.newAsset(request)
	s.mu.Unlock()
	if err != nil {
		writeProblem(w, field, err.Error())
		return
	}
	s.writeCreated(w, switchAssetReply, created)
}

// newAsset makes and keeps an asset. Its error comes with the field that is at fault.
func (c *cloudradialState) newAsset(request assetRequest) (created Asset, field string, err error) {
	held := c.flexible.types[request.TypeID]
	switch {
	case c.companies[request.CompanyID] == nil:
		return created, "CompanyId", apiMessage("The company does not exist.")
	case held == nil:
		return created, "FlexibleAssetTypeId", apiMessage("The flexible asset type does not exist.")
	}
	asset := &Asset{CompanyID: request.CompanyID, TypeID: request.TypeID, ResourceURL: request.ResourceURL, Traits: map[string]string{}}
	for key, raw := range request.Traits {
		if asset.Traits[key], err = held.traitValue(key, raw); err != nil {
			return created, "Traits", err
		}
	}
	for _, field := range held.Fields {
		if field.Required && asset.Traits[field.NameKey] == "" {
			return created, "Traits", apiMessage(fmt.Sprintf("The trait '%s' is required.", field.NameKey))
		}
	}
	c.flexible.lastAsset++
	asset.ID = c.flexible.lastAsset
	c.flexible.assets[asset.ID] = asset
	c.flexible.retitle(asset)
	return asset.copied(), "", nil
}

var plainNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)

// traitValue checks a value for the field with that key. Text and numbers are taken, and kept as text.
func (t *AssetType) traitValue(key string, raw json.RawMessage) (string, error) {
	field := t.field(key)
	if field == nil {
		return "", apiMessage(fmt.Sprintf("The trait '%s' does not exist.", key))
	}
	var value string
	if json.Unmarshal(raw, &value) != nil {
		if value = string(raw); !plainNumber.MatchString(value) {
			return "", apiMessage(fmt.Sprintf("The value of the trait '%s' is invalid.", key))
		}
	}
	if field.Kind == "Number" && value != "" && !plainNumber.MatchString(value) {
		return "", apiMessage(fmt.Sprintf("The value of the trait '%s' is no number.", key))
	}
	return value, nil
}

func (s *Server) serveAsset(w http.ResponseWriter, r *http.Request, id int) {
	var operations []patchOperation
	switch r.Method {
	case http.MethodGet, http.MethodDelete:
	case http.MethodPatch:
		var ok bool
		if operations, ok = readPatch(w, r); !ok {
			return
		}
	default:
		refuseMethod(w, "GET, PATCH, DELETE")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	flexible := &s.cloudradial.flexible
	held := flexible.assets[id]
	switch {
	case held == nil && r.Method == http.MethodDelete:
		s.refuseDelete(w, id > 0 && id <= flexible.lastAsset, "Flexible asset not found")
	case held == nil:
		writeEnvelope(w, http.StatusNotFound, nil, "Flexible asset not found")
	case r.Method == http.MethodGet:
		writeEnvelope(w, http.StatusOK, held, "")
	case r.Method == http.MethodDelete:
		delete(flexible.assets, id)
		writeEnvelope(w, http.StatusOK, nil, "")
	default:
		if err := flexible.patchAsset(held, operations); err != nil {
			writeEnvelope(w, http.StatusBadRequest, nil, err.Error())
			return
		}
		writeEnvelope(w, http.StatusOK, nil, "")
	}
}

// patchAsset replaces values of traits that the asset has. The traits as a whole, as object or as text, cannot be replaced.
func (f *flexibleState) patchAsset(held *Asset, operations []patchOperation) error {
	traits := maps.Clone(held.Traits)
	for _, operation := range operations {
		segment, isTrait := strings.CutPrefix(operation.Path, "/traits/")
		key := strings.NewReplacer("~1", "/", "~0", "~").Replace(segment)
		if _, exists := traits[key]; operation.Op != "replace" || !isTrait || !exists || operation.Value == nil {
			return impossible(operation)
		}
		value, err := f.types[held.TypeID].traitValue(key, operation.Value)
		if err != nil {
			return err
		}
		traits[key] = value
	}
	held.Traits = traits
	f.retitle(held)
	return nil
}
