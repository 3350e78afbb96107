// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package cloudradial

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

const (
	assetTypePath  = "/v2/flexible-asset-type"
	assetFieldPath = "/v2/flexible-asset-field"
	assetPath      = "/v2/flexible-asset"
)

// AssetType is a type of flexible assets. Types belong to the whole portal (cloudradial.md §7.8).
type AssetType struct {
	ID          int64
	Name        string
	Description string
	// Icon is the name of the type's icon in the menu. It is set at creation and not read back.
	Icon string
	// Fields are in the order of the portal. A field can be neither changed nor deleted (cloudradial.md §7.8).
	Fields []AssetField
}

// AssetField is a field of an [AssetType] (cloudradial.md §7.8).
type AssetField struct {
	ID   int64
	Name string
	// Key is the key of the value in Asset.Traits. The portal derives it from the name.
	Key string
	// Kind is the type of the value: Text, Number or Date.
	Kind        string
	Order       int
	Required    bool
	UseForTitle bool
	ShowInList  bool
}

// Asset is a flexible asset of a company (cloudradial.md §7.8).
type Asset struct {
	ID        int64
	TypeID    int64
	CompanyID int64
	// Name is set by the portal, from the field with UseForTitle.
	Name string
	// Traits are the values by the key of their field. All are text, numbers too (cloudradial.md §7.8).
	Traits map[string]string
}

// readAssetRows reads a list of assets, types or fields. It waits for what this client is creating or deleting, and that waits for it (see
// [Client.send]), because a list that changes while it is read contradicts its own count.
func readAssetRows[T row](ctx context.Context, c *Client, from collection, decode func([]byte) ([]T, error)) ([]T, error) {
	c.rows.Lock()
	defer c.rows.Unlock()
	return readAll(ctx, c, from, decode)
}

// AssetType reads the type with exactly that name and its fields, and returns whether there is one, with
// GET /v2/odata/flexibleassettype (cloudradial.md §7.8). Two types of that name are an error.
func (c *Client) AssetType(ctx context.Context, name string) (AssetType, bool, error) {
	types, err := readAssetRows(ctx, c, collection{
		doing:  "read the flexible asset types",
		path:   "/v2/odata/flexibleassettype",
		key:    "id",
		filter: "name eq " + quoteOData(name),
	}, decodeAssetTypes)
	if err != nil {
		return AssetType{}, false, err
	}
	// Whether a filter compares with or without case is not known.
	types = slices.DeleteFunc(types, func(found AssetType) bool { return found.Name != name })
	switch len(types) {
	case 0:
		return AssetType{}, false, nil
	case 1:
		types[0].Fields, err = c.readAssetFields(ctx, types[0].ID)
		return types[0], err == nil, err
	}
	return AssetType{}, false, fmt.Errorf("CloudRadial has %d flexible asset types named %q, with the ids %d and %d among them",
		len(types), name, types[0].ID, types[1].ID)
}

// readAssetFields reads the fields of a type, with GET /v2/odata/flexibleassetfield (cloudradial.md §7.8).
func (c *Client) readAssetFields(ctx context.Context, typeID int64) ([]AssetField, error) {
	rows, err := readAssetRows(ctx, c, collection{
		doing:  "read the flexible asset fields",
		path:   "/v2/odata/flexibleassetfield",
		key:    "id",
		filter: fmt.Sprintf("flexibleAssetTypeId eq %d", typeID),
	}, decodeAssetFields)
	if err != nil {
		return nil, err
	}
	fields := make([]AssetField, 0, len(rows))
	for _, row := range rows {
		if row.typeID == typeID {
			fields = append(fields, row.field)
		}
	}
	slices.SortFunc(fields, func(a, b AssetField) int { return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.ID, b.ID)) })
	return fields, nil
}

// newWireField returns the field as the API takes it. typeID is 0 for a field that is sent with its type.
func newWireField(typeID int64, field AssetField) wireNewField {
	return wireNewField{
		TypeID:      typeID,
		Name:        field.Name,
		Kind:        field.Kind,
		Order:       field.Order,
		Required:    field.Required,
		UseForTitle: field.UseForTitle,
		ShowInList:  field.ShowInList,
	}
}

// CreateAssetType creates a type with its fields, shown in the portal's menu, with POST /v2/flexible-asset-type
// (cloudradial.md §7.8). It reads the type back and returns it with its ids and keys. It may lack some fields: see
// [Client.AddAssetField].
//
// After a 400, which created nothing, it tries again without the fields and adds them one by one: the schema wants the id of the type in
// each field. Then it tries another icon. Otherwise the request is sent once. After an unclear outcome a type of that name counts as created,
// so make sure first that there is none.
func (c *Client) CreateAssetType(ctx context.Context, wanted AssetType) (AssetType, error) {
	fields := make([]wireNewField, 0, len(wanted.Fields))
	for _, field := range wanted.Fields {
		fields = append(fields, newWireField(0, field))
	}
	body := wireNewType{Name: wanted.Name, Description: wanted.Description, Icon: wanted.Icon, ShowInMenu: true, Fields: fields}
	response, err := c.postAssetType(ctx, body)
	if rest.Status(err) != http.StatusBadRequest {
		return c.confirmAssetType(ctx, wanted, response, err)
	}
	bare := body
	bare.Fields = nil
	response, bareErr := c.postAssetType(ctx, bare)
	if rest.Status(bareErr) == http.StatusBadRequest && bare.Icon != "" {
		bare.Icon = knownIcon
		response, bareErr = c.postAssetType(ctx, bare)
	}
	if rest.Status(bareErr) == http.StatusBadRequest {
		return AssetType{}, err // the fields and the icon were not the reason
	}
	created, err := c.confirmAssetType(ctx, wanted, response, bareErr)
	if err != nil {
		return AssetType{}, err
	}
	for _, field := range wanted.Fields {
		if slices.ContainsFunc(created.Fields, func(held AssetField) bool { return held.Name == field.Name }) {
			continue
		}
		if err := c.AddAssetField(ctx, created.ID, field); err != nil {
			return AssetType{}, err
		}
	}
	return c.confirmAssetType(ctx, wanted, response, nil)
}

// knownIcon is an icon that an official automation falls back to where the portal refuses another one (cloudradial.md §7.8).
const knownIcon = "router"

// postAssetType sends the creation of a type. The content of the answer is not known (cloudradial.md §7.8), so only its success counts.
func (c *Client) postAssetType(ctx context.Context, body wireNewType) (*rest.Response, error) {
	_, response, err := c.send(ctx, rest.Request{
		Doing:  fmt.Sprintf("create the flexible asset type %q", body.Name),
		Method: http.MethodPost,
		Path:   assetTypePath,
		Body:   body,
	})
	return response, err
}

// confirmAssetType reads a type after its creation, also when the outcome is unclear.
func (c *Client) confirmAssetType(ctx context.Context, wanted AssetType, response *rest.Response, err error) (AssetType, error) {
	if err != nil && (!rest.Ambiguous(err) || ctx.Err() != nil) {
		return AssetType{}, err
	}
	created, found, readErr := c.AssetType(ctx, wanted.Name)
	switch {
	case readErr != nil && err != nil:
		return AssetType{}, fmt.Errorf("it is unknown whether the flexible asset type %q exists now: %w; and reading it again failed: %w",
			wanted.Name, err, readErr)
	case readErr != nil:
		return AssetType{}, fmt.Errorf("the flexible asset type %q is created, but cannot be read: %w", wanted.Name, readErr)
	case found:
		return created, nil
	case err != nil:
		return AssetType{}, err
	}
	return AssetType{}, response.Unusable(fmt.Errorf("it says that the type is created, but no type is named %q", wanted.Name))
}

// AddAssetField adds a field to a type, with POST /v2/flexible-asset-field (cloudradial.md §7.8). The field cannot be removed.
// The request is sent once. After an unclear outcome a field of that name counts as added.
func (c *Client) AddAssetField(ctx context.Context, typeID int64, field AssetField) error {
	_, _, err := c.send(ctx, rest.Request{
		Doing:  fmt.Sprintf("add the field %q to the flexible asset type %d", field.Name, typeID),
		Method: http.MethodPost,
		Path:   assetFieldPath,
		Body:   newWireField(typeID, field),
	})
	if err == nil || !rest.Ambiguous(err) || ctx.Err() != nil {
		return err
	}
	fields, readErr := c.readAssetFields(ctx, typeID)
	if readErr != nil {
		return fmt.Errorf("it is unknown whether the flexible asset type %d has the field %q now: %w; and reading it again failed: %w",
			typeID, field.Name, err, readErr)
	}
	if slices.ContainsFunc(fields, func(found AssetField) bool { return found.Name == field.Name }) {
		return nil
	}
	return err
}

// DeleteAssetType deletes a type, with DELETE /v2/flexible-asset-type/{id} (cloudradial.md §7.8). A type that does not exist counts
// as deleted.
func (c *Client) DeleteAssetType(ctx context.Context, id int64) error {
	return c.delete(ctx, rest.Request{
		Doing: fmt.Sprintf("delete the flexible asset type %d", id),
		Path:  fmt.Sprintf("%s/%d", assetTypePath, id),
	})
}

// Assets reads the assets of a type, of all companies, ordered by id, with GET /v2/odata/flexibleasset (cloudradial.md §7.8).
// Every call sends requests.
func (c *Client) Assets(ctx context.Context, typeID int64) ([]Asset, error) {
	assets, err := readAssetRows(ctx, c, collection{
		doing:  "read the flexible assets",
		path:   "/v2/odata/flexibleasset",
		key:    "id",
		fields: "id,flexibleAssetTypeId,companyId,name,traitsJson",
		filter: fmt.Sprintf("flexibleAssetTypeId eq %d", typeID),
	}, decodeAssets)
	if err != nil {
		return nil, err
	}
	assets = slices.DeleteFunc(assets, func(asset Asset) bool { return asset.TypeID != typeID })
	slices.SortFunc(assets, func(a, b Asset) int { return cmp.Compare(a.ID, b.ID) })
	return assets, nil
}

// CreateAsset creates an asset from TypeID, CompanyID and Traits, with POST /v2/flexible-asset (cloudradial.md §7.8). Set every
// trait, because one that is missing here cannot be changed later. It returns the asset with its id, or with 0 when the answer
// does not have the id.
//
// The request is sent once. After an unclear outcome ([rest.Ambiguous]) only [Client.Assets] shows whether the asset exists.
func (c *Client) CreateAsset(ctx context.Context, asset Asset) (Asset, error) {
	data, response, err := c.send(ctx, rest.Request{
		Doing:  fmt.Sprintf("create a flexible asset for the company %d", asset.CompanyID),
		Method: http.MethodPost,
		Path:   assetPath,
		Body:   wireNewAsset{CompanyID: asset.CompanyID, TypeID: asset.TypeID, Traits: asset.Traits},
	})
	if err != nil {
		return Asset{}, err
	}
	asset.ID = 0
	if data == nil {
		return asset, nil
	}
	var created wireCreatedAsset
	if err := json.Unmarshal(data, &created); err != nil {
		return Asset{}, response.Unusable(errors.New("it is not a flexible asset"))
	}
	asset.ID = int64(cmp.Or(created.ID, created.AssetID))
	return asset, nil
}

// UpdateAsset replaces the values of traits by their key. asset is the asset as it was read, with all its traits. Set only traits that it
// has. Which way of changing an asset works is not certain, because CloudRadial's own sources disagree: the client tries those that they name,
// in the order of [updateWays], until one is not refused with 400, and uses only that one from then on (cloudradial.md §7.8).
func (c *Client) UpdateAsset(ctx context.Context, asset Asset, changed map[string]string) error {
	if len(changed) == 0 {
		return nil
	}
	if way := c.updateWay.Load(); way != nil {
		_, _, err := c.send(ctx, (*way)(asset, changed))
		return err
	}
	var refusals []error
	for i, way := range updateWays {
		_, _, err := c.send(ctx, way(asset, changed))
		if err == nil {
			c.updateWay.Store(&way)
			return nil
		}
		status, isLast := rest.Status(err), i == len(updateWays)-1
		if refused := status == http.StatusBadRequest || isLast && isNoRoute(status); !refused {
			return err // it may be carried out, or another way would fail too
		}
		refusals = append(refusals, err)
	}
	return fmt.Errorf("CloudRadial refuses all known ways to change a flexible asset. After the first one it answered %s and %s: %w",
		answerOf(refusals[1]), answerOf(refusals[2]), refusals[0])
}

// isNoRoute reports whether a status says that CloudRadial does not have a route.
func isNoRoute(status int) bool {
	return status == http.StatusNotFound || status == http.StatusMethodNotAllowed || status == http.StatusNotImplemented
}

// answerOf returns what CloudRadial answered in a few words.
func answerOf(err error) string {
	failed, _ := errors.AsType[*rest.Error](err)
	return strings.TrimSpace(fmt.Sprintf("%d %s", failed.Status, failed.Message))
}

// updateWay makes the request that changes traits of an asset. Repeating it does no harm, because the values are absolute.
type updateWay func(asset Asset, changed map[string]string) rest.Request

// updateWays are the ways that public sources name (cloudradial.md §7.8). The first is the one of a note about a live portal.
var updateWays = []updateWay{patchTraits, patchTraitsJSON, patchCompatible}

// patchTraits replaces each changed trait, with PATCH /v2/flexible-asset/{id} (cloudradial.md §5.3).
func patchTraits(asset Asset, changed map[string]string) rest.Request {
	pointer := strings.NewReplacer("~", "~0", "/", "~1")
	operations := make([]wirePatch, 0, len(changed))
	for _, key := range slices.Sorted(maps.Keys(changed)) {
		operations = append(operations, wirePatch{Op: "replace", Path: "/traits/" + pointer.Replace(key), Value: changed[key]})
	}
	return newUpdate(asset, assetPath, operations)
}

// patchTraitsJSON replaces all traits as JSON in a text, with PATCH /v2/flexible-asset/{id} (cloudradial.md §7.8).
func patchTraitsJSON(asset Asset, changed map[string]string) rest.Request {
	text, _ := json.Marshal(withChanges(asset, changed)) // a map of strings has no error
	return newUpdate(asset, assetPath, []wirePatch{{Op: "replace", Path: "/traitsJson", Value: string(text)}})
}

// patchCompatible replaces all traits through PATCH /compatibility/flexible_assets/{id} (cloudradial.md §7.8).
func patchCompatible(asset Asset, changed map[string]string) rest.Request {
	return newUpdate(asset, "/compatibility/flexible_assets", wireCompatibleAsset{wireCompatibleData{
		Type: "flexible-assets", ID: asset.ID, Attributes: wireCompatibleTraits{withChanges(asset, changed)},
	}})
}

func withChanges(asset Asset, changed map[string]string) map[string]string {
	traits := make(map[string]string, len(asset.Traits))
	maps.Copy(traits, asset.Traits)
	maps.Copy(traits, changed)
	return traits
}

func newUpdate(asset Asset, path string, body any) rest.Request {
	return rest.Request{
		Doing:      fmt.Sprintf("change the flexible asset %d", asset.ID),
		Method:     http.MethodPatch,
		Path:       fmt.Sprintf("%s/%d", path, asset.ID),
		Body:       body,
		Repeatable: true,
	}
}

// DeleteAsset deletes an asset, with DELETE /v2/flexible-asset/{id} (cloudradial.md §7.8). An asset that does not exist counts as
// deleted.
func (c *Client) DeleteAsset(ctx context.Context, id int64) error {
	return c.delete(ctx, rest.Request{
		Doing: fmt.Sprintf("delete the flexible asset %d", id),
		Path:  fmt.Sprintf("%s/%d", assetPath, id),
	})
}

func (t AssetType) key() rowKey { return rowKey{id: t.ID} }

func (a Asset) key() rowKey { return rowKey{id: a.ID} }

// assetFieldRow is a row of the list: a field with the id of its type.
type assetFieldRow struct {
	typeID int64
	field  AssetField
}

func (r assetFieldRow) key() rowKey { return rowKey{id: r.field.ID} }
