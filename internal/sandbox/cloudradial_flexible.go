// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

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

// AssetType is a type of flexible assets: cloudradial.md §7.8. Types belong to the whole portal.
type AssetType struct {
	ID          int          `json:"id"`
	Name        string       `json:"name"`
	Description *string      `json:"description"`
	Icon        *string      `json:"icon"`
	ShowInMenu  bool         `json:"showInMenu"`
	Fields      []AssetField `json:"fields,omitempty"`
}

// AssetField is a field of an [AssetType]. NameKey is the key of its trait.
type AssetField struct {
	ID      int    `json:"id"`
	NameKey string `json:"nameKey"`
	assetFieldRequest
}

// assetFieldRequest is the body that creates a field: cloudradial.md §7.8.
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

// Asset is a flexible asset of a company. Traits are by the key of their field.
type Asset struct {
	ID          int               `json:"id"`
	TypeID      int               `json:"flexibleAssetTypeId"`
	CompanyID   int               `json:"companyId"`
	Name        string            `json:"name"`
	ResourceURL *string           `json:"resourceUrl"`
	Traits      map[string]string `json:"traits"`
}

// flexibleState holds types and assets by id. An id is not used again after a deletion.
type flexibleState struct {
	types                          map[int]*AssetType
	assets                         map[int]*Asset
	lastType, lastField, lastAsset int
}

func newFlexibleState() flexibleState {
	return flexibleState{types: map[int]*AssetType{}, assets: map[int]*Asset{}}
}

var notOfAKey = regexp.MustCompile(`[^a-z0-9]+`)

// makeNameKey makes the key of a field from its name, as the portal does: cloudradial.md §7.8.
func (s *Server) makeNameKey(name string) string {
	words := strings.Split(strings.Trim(notOfAKey.ReplaceAllString(strings.ToLower(name), "-"), "-"), "-")
	if s.switchValue(switchNameKey) == "camel" {
		for i := 1; i < len(words); i++ {
			words[i] = strings.ToUpper(words[i][:1]) + words[i][1:]
		}
		return strings.Join(words, "")
	}
	return strings.Join(words, "-")
}

func (t *AssetType) findField(key string) *AssetField {
	for i := range t.Fields {
		if t.Fields[i].NameKey == key {
			return &t.Fields[i]
		}
	}
	return nil
}

func (t *AssetType) clone() AssetType {
	held := *t
	held.Fields = slices.Clone(t.Fields)
	return held
}

func (a *Asset) clone() Asset {
	held := *a
	held.Traits = maps.Clone(a.Traits)
	return held
}

// setTitle names an asset after the title field of its type.
func (f *flexibleState) setTitle(asset *Asset) {
	asset.Name = ""
	for _, field := range f.types[asset.TypeID].Fields {
		if field.UseForTitle {
			asset.Name = asset.Traits[field.NameKey]
		}
	}
}

func (f *flexibleState) listTypes() []*AssetType {
	return slices.SortedFunc(maps.Values(f.types), func(a, b *AssetType) int { return a.ID - b.ID })
}

func (f *flexibleState) countAssets(typeID int) int {
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

// AssetTypes returns the flexible asset types, by id.
func (s *Server) AssetTypes() []AssetType {
	s.mu.Lock()
	defer s.mu.Unlock()
	types := []AssetType{}
	for _, held := range s.cloudradial.flexible.listTypes() {
		types = append(types, held.clone())
	}
	return types
}

// Assets returns the flexible assets of all companies, by id.
func (s *Server) Assets() []Asset {
	s.mu.Lock()
	defer s.mu.Unlock()
	assets := []Asset{}
	for _, id := range slices.Sorted(maps.Keys(s.cloudradial.flexible.assets)) {
		assets = append(assets, s.cloudradial.flexible.assets[id].clone())
	}
	return assets
}

// EditAsset sets a trait, as a person does in the portal. It panics when there is no such asset, or its type has no such field.
func (s *Server) EditAsset(id int, trait, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	flexible := &s.cloudradial.flexible
	asset := flexible.assets[id]
	must(asset != nil, "there is no flexible asset %d", id)
	field := flexible.types[asset.TypeID].findField(trait)
	must(field != nil, "flexible asset type %d has no field with the key %q", asset.TypeID, trait)
	asset.Traits[trait] = value
	flexible.setTitle(asset)
}

// DeleteAsset deletes an asset, as a person does in the portal. It panics when there is no such asset.
func (s *Server) DeleteAsset(id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	must(s.cloudradial.flexible.assets[id] != nil, "there is no flexible asset %d", id)
	delete(s.cloudradial.flexible.assets, id)
}

// RenameAssetType gives a type another name, as a person does in the portal. It panics when there is no such type.
func (s *Server) RenameAssetType(id int, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held := s.cloudradial.flexible.types[id]
	must(held != nil && name != "", "there is no flexible asset type %d, or its new name is empty", id)
	held.Name = name
}

// RenameTrait gives the field with that key another name, as a person does in the portal. The key of the field and of its values
// changes with the name. It panics when there is no such type or field.
func (s *Server) RenameTrait(typeID int, key, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	flexible := &s.cloudradial.flexible
	held := flexible.types[typeID]
	must(held != nil, "there is no flexible asset type %d", typeID)
	field, renamed := held.findField(key), s.makeNameKey(name)
	possible := field != nil && renamed != "" && (renamed == key || held.findField(renamed) == nil)
	must(possible, "flexible asset type %d has no field with the key %q, or it cannot be named %q", typeID, key, name)
	field.Name, field.NameKey = name, renamed
	for _, asset := range flexible.assets {
		if value, has := asset.Traits[key]; has && asset.TypeID == typeID {
			delete(asset.Traits, key)
			asset.Traits[renamed] = value
		}
	}
}

func (s *Server) assetTypeRows() []listedRow {
	var rows []listedRow
	for _, held := range s.cloudradial.flexible.listTypes() {
		row := held.clone()
		row.Fields = nil
		rows = append(rows, listedRow{filtered: row.Name, show: func() any { return row }})
	}
	return rows
}

// assetFieldRow is a field in its list: cloudradial.md §7.8.
type assetFieldRow struct {
	AssetField
	Kind       any     `json:"kind"` // instead of the field's
	Decimals   int     `json:"decimals"`
	TagType    *string `json:"tagType"`
	Expiration bool    `json:"expiration"`
}

func (s *Server) assetFieldRows() []listedRow {
	var fields []AssetField
	for _, held := range s.cloudradial.flexible.types {
		fields = append(fields, held.Fields...)
	}
	slices.SortFunc(fields, func(a, b AssetField) int { return a.ID - b.ID })
	var rows []listedRow
	for _, field := range fields {
		rows = append(rows, listedRow{filtered: field.TypeID, show: func() any {
			return assetFieldRow{AssetField: field, Kind: s.enumeration(field.Kind)}
		}})
	}
	return rows
}

// assetRow is an asset in its list: cloudradial.md §7.8.
type assetRow struct {
	ID          int     `json:"id"`
	TypeID      int     `json:"flexibleAssetTypeId"`
	CompanyID   int     `json:"companyId"`
	Name        string  `json:"name"`
	ResourceURL *string `json:"resourceUrl"`
	TraitsJSON  string  `json:"traitsJson"`
}

func (s *Server) assetRows() []listedRow {
	numbers := s.switchValue(switchTraitNumbers) == "number"
	flexible := &s.cloudradial.flexible
	var rows []listedRow
	for _, id := range slices.Sorted(maps.Keys(flexible.assets)) {
		held := flexible.assets[id]
		rows = append(rows, listedRow{company: held.CompanyID, filtered: held.TypeID, show: func() any {
			return assetRow{held.ID, held.TypeID, held.CompanyID, held.Name, held.ResourceURL, flexible.traitsJSON(held, numbers)}
		}})
	}
	return rows
}

// traitsJSON returns the traits as the list has them: JSON in a string.
func (f *flexibleState) traitsJSON(asset *Asset, numbers bool) string {
	traits := map[string]any{}
	for key, value := range asset.Traits {
		traits[key] = value
		if field := f.types[asset.TypeID].findField(key); numbers && field != nil && field.Kind == "Number" && plainNumber.MatchString(value) {
			traits[key] = json.Number(value)
		}
	}
	text, err := json.Marshal(traits)
	if err != nil {
		panic(err) // text and numbers only
	}
	return string(text)
}

// The bodies that create a type and an asset: cloudradial.md §7.8.
type assetTypeRequest struct {
	Name        string              `json:"name"`
	Description *string             `json:"description"`
	Icon        *string             `json:"icon"`
	ShowInMenu  bool                `json:"showInMenu"`
	Fields      []assetFieldRequest `json:"fields"`
}

type assetRequest struct {
	CompanyID   int                        `json:"companyId"`
	TypeID      int                        `json:"flexibleAssetTypeId"`
	ResourceURL *string                    `json:"resourceUrl"`
	Traits      map[string]json.RawMessage `json:"traits"`
}

// createAssetType answers POST /v2/flexible-asset-type: cloudradial.md §7.8.
func (s *Server) createAssetType(w http.ResponseWriter, r *http.Request) {
	var request assetTypeRequest
	if !readRequest(w, r, &request) {
		return
	}
	if request.Name == "" || len(request.Name) > 256 {
		writeProblem(w, "Name", "The Name field is required, of at most 256 characters.")
		return
	}
	if s.refusesType(w, request) {
		return
	}
	if s.switchValue(switchInlineFields) == "ignored" {
		request.Fields = nil
	}
	s.mu.Lock()
	flexible := &s.cloudradial.flexible
	created := &AssetType{
		ID: flexible.lastType + 1, Name: request.Name, Description: request.Description, Icon: request.Icon, ShowInMenu: request.ShowInMenu,
	}
	err := s.addFields(created, request.Fields)
	if err == nil {
		flexible.lastType++
		flexible.types[created.ID] = created
	}
	answer := created.clone()
	s.mu.Unlock()
	if err != nil {
		writeProblem(w, "Fields", err.Error())
		return
	}
	answer.Fields = nil // includeFields is false unless asked for
	s.writeCreated(w, switchTypeReply, answer)
}

// refusesType answers a type that lacks what a switch requires.
func (s *Server) refusesType(w http.ResponseWriter, request assetTypeRequest) bool {
	switch {
	case s.switchValue(switchIcon) == "required" && (request.Icon == nil || *request.Icon == ""):
		writeProblem(w, "Icon", "The Icon field is required.")
		return true
	case s.switchValue(switchInlineFields) == "refused" && len(request.Fields) > 0:
		writeProblem(w, "Fields[0].FlexibleAssetTypeId", "The FlexibleAssetTypeId field is required.")
		return true
	}
	return false
}

// fieldKinds are the kinds that automations name: cloudradial.md §7.8.
var fieldKinds = []string{"Text", "Textbox", "Date", "Number", "Checkbox", "Select", "Tag", "Upload", "Percent", "Header"}

// addFields adds all fields or none. The caller holds mu.
func (s *Server) addFields(held *AssetType, requests []assetFieldRequest) error {
	f := &s.cloudradial.flexible
	fields := slices.Clone(held.Fields)
	for i, request := range requests {
		key := s.makeNameKey(request.Name)
		switch {
		case request.Name == "" || key == "" || len(key) > 256:
			return apiMessage("The Name field is required.")
		case !slices.Contains(fieldKinds, request.Kind):
			return apiMessage(fmt.Sprintf("The Kind '%s' is invalid.", request.Kind))
		case slices.ContainsFunc(fields, func(other AssetField) bool { return other.NameKey == key }):
			return apiMessage(fmt.Sprintf("The field '%s' exists already.", request.Name))
		}
		request.TypeID = held.ID
		fields = append(fields, AssetField{f.lastField + 1 + i, key, request})
	}
	held.Fields = fields
	f.lastField += len(requests)
	return nil
}

// writeCreated answers a creation in the shape of the switch.
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

// readID reads the {id} of a path. It returns 0, which is never an id, when that is not a number.
func readID(r *http.Request) int {
	id, _ := strconv.Atoi(r.PathValue("id"))
	return id
}

// deleteAssetType answers DELETE /v2/flexible-asset-type/{id}: cloudradial.md §7.8.
func (s *Server) deleteAssetType(w http.ResponseWriter, r *http.Request) {
	id := readID(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	flexible := &s.cloudradial.flexible
	switch {
	case flexible.types[id] == nil:
		s.refuseDelete(w, id > 0 && id <= flexible.lastType, "Flexible asset type not found")
	case flexible.countAssets(id) > 0 && s.switchValue(switchTypeInUse) == "refused":
		writeEnvelope(w, http.StatusBadRequest, nil, "The flexible asset type has assets.")
	default:
		flexible.removeAssets(func(asset *Asset) bool { return asset.TypeID == id })
		delete(flexible.types, id)
		writeEnvelope(w, http.StatusOK, nil, "")
	}
}

// createAssetField answers POST /v2/flexible-asset-field: cloudradial.md §7.8.
func (s *Server) createAssetField(w http.ResponseWriter, r *http.Request) {
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
	if err := s.addFields(held, []assetFieldRequest{request}); err != nil {
		writeProblem(w, "Name", err.Error())
		return
	}
	writeEnvelope(w, http.StatusOK, held.Fields[len(held.Fields)-1], "Created")
}

// createAsset answers POST /v2/flexible-asset: cloudradial.md §7.8.
func (s *Server) createAsset(w http.ResponseWriter, r *http.Request) {
	var request assetRequest
	if !readRequest(w, r, &request) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuseCompany(w, request.CompanyID) {
		return
	}
	created, field, err := s.newAsset(request)
	if err != nil {
		writeProblem(w, field, err.Error())
		return
	}
	s.writeCreated(w, switchAssetReply, created)
}

// newAsset creates an asset. An error comes with the name of the field that is wrong.
func (s *Server) newAsset(request assetRequest) (created Asset, field string, err error) {
	c := s.cloudradial
	held := c.flexible.types[request.TypeID]
	switch {
	case !c.hasCompany(request.CompanyID):
		return created, "CompanyId", apiMessage("The company does not exist.")
	case held == nil:
		return created, "FlexibleAssetTypeId", apiMessage("The flexible asset type does not exist.")
	}
	asset := &Asset{CompanyID: request.CompanyID, TypeID: request.TypeID, ResourceURL: request.ResourceURL}
	if asset.Traits, err = s.traitValues(held, request.Traits); err != nil {
		return created, "Traits", err
	}
	for _, field := range held.Fields {
		if field.Required && asset.Traits[field.NameKey] == "" {
			return created, "Traits", apiMessage(fmt.Sprintf("The trait '%s' is required.", field.NameKey))
		}
	}
	c.flexible.lastAsset++
	asset.ID = c.flexible.lastAsset
	c.flexible.assets[asset.ID] = asset
	c.flexible.setTitle(asset)
	return asset.clone(), "", nil
}

// traitValues checks all traits of an asset.
func (s *Server) traitValues(held *AssetType, given map[string]json.RawMessage) (map[string]string, error) {
	traits := map[string]string{}
	for key, raw := range given {
		value, err := held.traitValue(key, raw)
		if err != nil {
			return nil, err
		}
		if value != "" || s.switchValue(switchBlankTraits) == "kept" {
			traits[key] = value
		}
	}
	return traits, nil
}

var plainNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)

// traitValue checks a value for the field with that key. Text and numbers are accepted and kept as text.
func (t *AssetType) traitValue(key string, raw json.RawMessage) (string, error) {
	field := t.findField(key)
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
		return "", apiMessage(fmt.Sprintf("The value of the trait '%s' is not a number.", key))
	}
	return value, nil
}

// removeAsset answers DELETE /v2/flexible-asset/{id}: cloudradial.md §7.8.
func (s *Server) removeAsset(w http.ResponseWriter, r *http.Request) {
	id := readID(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	flexible := &s.cloudradial.flexible
	if flexible.assets[id] == nil {
		s.refuseDelete(w, id > 0 && id <= flexible.lastAsset, "Flexible asset not found")
		return
	}
	if s.refuseCompany(w, flexible.assets[id].CompanyID) {
		return
	}
	delete(flexible.assets, id)
	writeEnvelope(w, http.StatusOK, nil, "")
}

// patchOperation is one member of an RFC 6902 array: cloudradial.md §5.3.
type patchOperation struct {
	Op    string          `json:"op"`
	Path  string          `json:"path"`
	Value json.RawMessage `json:"value"`
	From  *string         `json:"from"`
}

// patchAsset answers PATCH /v2/flexible-asset/{id}: cloudradial.md §7.8.
func (s *Server) patchAsset(w http.ResponseWriter, r *http.Request) {
	var body json.RawMessage
	if !readRequest(w, r, &body) {
		return
	}
	var operations []patchOperation
	if err := json.Unmarshal(body, &operations); err != nil {
		writeEnvelope(w, http.StatusBadRequest, nil, "The JSON patch document was malformed and could not be parsed.")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	held := s.findAsset(w, r)
	if held == nil {
		return
	}
	traits, err := s.patchTraits(held, operations)
	s.writePatched(w, held, traits, err)
}

// findAsset returns the asset that a path names. It answers what it refuses.
func (s *Server) findAsset(w http.ResponseWriter, r *http.Request) *Asset {
	held := s.cloudradial.flexible.assets[readID(r)]
	switch {
	case held == nil:
		s.refuseMissing(w, "Flexible asset not found")
	case s.refuseCompany(w, held.CompanyID):
		held = nil
	}
	return held
}

func (s *Server) writePatched(w http.ResponseWriter, held *Asset, traits map[string]string, err error) {
	if err != nil {
		writeEnvelope(w, http.StatusBadRequest, nil, err.Error())
		return
	}
	held.Traits = traits
	s.cloudradial.flexible.setTitle(held)
	writeEnvelope(w, http.StatusOK, nil, "")
}

// patchCompatible answers PATCH /compatibility/flexible_assets/{id}, in IT Glue's shape: cloudradial.md §7.8.
func (s *Server) patchCompatible(w http.ResponseWriter, r *http.Request) {
	var request struct {
		Data struct {
			Type       string `json:"type"`
			ID         any    `json:"id"`
			Attributes struct {
				Traits map[string]json.RawMessage `json:"traits"`
			} `json:"attributes"`
		} `json:"data"`
	}
	if !readRequest(w, r, &request) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	held := s.findAsset(w, r)
	if held == nil {
		return
	}
	if s.switchValue(switchUpdate) != "compatibility" || request.Data.Type != "flexible-assets" || fmt.Sprint(request.Data.ID) != strconv.Itoa(held.ID) {
		writeEnvelope(w, http.StatusBadRequest, nil, "The flexible asset cannot be changed in this way.")
		return
	}
	traits, err := s.traitValues(s.cloudradial.flexible.types[held.TypeID], request.Data.Attributes.Traits)
	s.writePatched(w, held, traits, err)
}

// patchTraits returns the traits of an asset after the operations: cloudradial.md §7.8.
func (s *Server) patchTraits(held *Asset, operations []patchOperation) (map[string]string, error) {
	switch s.switchValue(switchUpdate) {
	case "trait":
		return s.cloudradial.flexible.replaceTraits(held, operations)
	case "traits-json":
		return s.replaceAllTraits(held, operations)
	}
	return nil, apiMessage("The flexible asset cannot be changed in this way.")
}

// replaceAllTraits replaces all traits by those of a JSON object in a string.
func (s *Server) replaceAllTraits(held *Asset, operations []patchOperation) (map[string]string, error) {
	var text string
	var given map[string]json.RawMessage
	if len(operations) != 1 || operations[0].Op != "replace" || operations[0].Path != "/traitsJson" ||
		json.Unmarshal(operations[0].Value, &text) != nil || json.Unmarshal([]byte(text), &given) != nil {
		return nil, apiMessage("Only /traitsJson can be replaced.")
	}
	return s.traitValues(s.cloudradial.flexible.types[held.TypeID], given)
}

// replaceTraits replaces values of traits that the asset has. The API refuses to replace all traits at once: cloudradial.md §5.3.
func (f *flexibleState) replaceTraits(held *Asset, operations []patchOperation) (map[string]string, error) {
	traits := maps.Clone(held.Traits)
	for _, operation := range operations {
		segment, isTrait := strings.CutPrefix(operation.Path, "/traits/")
		key := strings.NewReplacer("~1", "/", "~0", "~").Replace(segment)
		if _, exists := traits[key]; operation.Op != "replace" || !isTrait || !exists || operation.Value == nil {
			return nil, apiMessage(fmt.Sprintf("The operation '%s' on the target location '%s' is not possible.", operation.Op, operation.Path))
		}
		value, err := f.types[held.TypeID].traitValue(key, operation.Value)
		if err != nil {
			return nil, err
		}
		traits[key] = value
	}
	return traits, nil
}
