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

// AssetType is a type of flexible assets. Types belong to the whole portal.
type AssetType struct {
	ID          int64
	Name        string
	Description string
	// Fields are in the order of the portal. Once made, a field can be neither changed nor deleted.
	Fields []AssetField
}

// AssetField is a field of an AssetType.
type AssetField struct {
	ID   int64
	Name string
	// Key is what Asset.Traits has the value under. The portal derives it from the name.
	Key string
	// Kind is what the field holds: Text, Number and Date are the known ones.
	Kind        string
	Order       int
	Required    bool
	UseForTitle bool
	ShowInList  bool
}

// Asset is a flexible asset of a company.
type Asset struct {
	ID        int64
	TypeID    int64
	CompanyID int64
	// Name is the portal's, taken from the field that is used for the title.
	Name string
	// Traits are the values by the key of their field. CloudRadial holds every one as text, numbers too.
	Traits map[string]string
}

// AssetType returns the type of exactly that name, with its fields. Two types of one name are an error.
func (c *Client) AssetType(ctx context.Context, name string) (AssetType, bool, error) {
	types, err := readAll(ctx, c, collection{
		doing:  "read the flexible asset types",
		path:   "/v2/odata/flexibleassettype",
		key:    "id",
		filter: "name eq " + odataText(name),
	}, decodeAssetTypes)
	if err != nil {
		return AssetType{}, false, err
	}
	// Whether the API compares names with or without case is not documented.
	types = slices.DeleteFunc(types, func(found AssetType) bool { return found.Name != name })
	switch len(types) {
	case 0:
		return AssetType{}, false, nil
	case 1:
		types[0].Fields, err = c.assetFields(ctx, types[0].ID)
		return types[0], err == nil, err
	}
	return AssetType{}, false, fmt.Errorf("CloudRadial has %d flexible asset types named %q, with the ids %d and %d among them",
		len(types), name, types[0].ID, types[1].ID)
}

func (c *Client) assetFields(ctx context.Context, typeID int64) ([]AssetField, error) {
	rows, err := readAll(ctx, c, collection{
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

// assetFieldBody is a field as the API takes it.
type assetFieldBody struct {
	// TypeID is left out where the field comes with its type.
	TypeID      int64  `json:"flexibleAssetTypeId,omitempty"`
	Name        string `json:"name"`
	Kind        string `json:"kind"`
	Order       int    `json:"order"`
	Required    bool   `json:"required"`
	UseForTitle bool   `json:"useForTitle"`
	ShowInList  bool   `json:"showInList"`
}

func newAssetFieldBody(typeID int64, field AssetField) assetFieldBody {
	return assetFieldBody{typeID, field.Name, field.Kind, field.Order, field.Required, field.UseForTitle, field.ShowInList}
}

// CreateAssetType creates a type with its fields, shown in the portal's menu, and returns it as it reads back, with ids and
// keys. It is sent once; after an unclear outcome a type of that name that can be read counts as created. So the caller makes
// sure first that there is none. The fields that read back may lack some: see AddAssetField.
func (c *Client) CreateAssetType(ctx context.Context, wanted AssetType) (AssetType, error) {
	fields := make([]assetFieldBody, 0, len(wanted.Fields))
	for _, field := range wanted.Fields {
		fields = append(fields, newAssetFieldBody(0, field))
	}
	// What the answer looks like is not documented, so only its success is read.
	_, response, err := c.ask(ctx, rest.Request{
		Doing:  fmt.Sprintf("create the flexible asset type %q", wanted.Name),
		Method: http.MethodPost,
		Path:   assetTypePath,
		Body: struct {
			Name        string           `json:"name"`
			Description string           `json:"description"`
			ShowInMenu  bool             `json:"showInMenu"`
			Fields      []assetFieldBody `json:"fields"`
		}{wanted.Name, wanted.Description, true, fields},
	})
	if err != nil && (!rest.Ambiguous(err) || ctx.Err() != nil) {
		return AssetType{}, err
	}
	created, found, readErr := c.AssetType(ctx, wanted.Name)
	switch {
	case readErr != nil && err != nil:
		return AssetType{}, fmt.Errorf("it is unknown whether the flexible asset type %q exists now: %w; and then: %w", wanted.Name, err, readErr)
	case readErr != nil:
		return AssetType{}, fmt.Errorf("the flexible asset type %q is created, but cannot be read: %w", wanted.Name, readErr)
	case found:
		return created, nil
	case err != nil:
		return AssetType{}, err
	}
	return AssetType{}, response.Unusable(fmt.Errorf("it says that the type is created, but no type is named %q", wanted.Name))
}

// AddAssetField adds a field to a type, for ever. It is sent once; after an unclear outcome a field of that name that can be
// read counts as added.
func (c *Client) AddAssetField(ctx context.Context, typeID int64, field AssetField) error {
	_, _, err := c.ask(ctx, rest.Request{
		Doing:  fmt.Sprintf("add the field %q to the flexible asset type %d", field.Name, typeID),
		Method: http.MethodPost,
		Path:   assetFieldPath,
		Body:   newAssetFieldBody(typeID, field),
	})
	if err == nil || !rest.Ambiguous(err) || ctx.Err() != nil {
		return err
	}
	fields, readErr := c.assetFields(ctx, typeID)
	if readErr != nil {
		return fmt.Errorf("it is unknown whether the flexible asset type %d has the field %q now: %w; and then: %w", typeID, field.Name, err, readErr)
	}
	if slices.ContainsFunc(fields, func(found AssetField) bool { return found.Name == field.Name }) {
		return nil
	}
	return err
}

// DeleteAssetType deletes a type. One that is gone already counts as deleted.
func (c *Client) DeleteAssetType(ctx context.Context, id int64) error {
	return c.remove(ctx, rest.Request{
		Doing: fmt.Sprintf("delete the flexible asset type %d", id),
		Path:  fmt.Sprintf("%s/%d", assetTypePath, id),
	})
}

// Assets returns the assets of a type, of all companies, by id. Every call reads them, 200 a page.
func (c *Client) Assets(ctx context.Context, typeID int64) ([]Asset, error) {
	assets, err := readAll(ctx, c, collection{
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

// CreateAsset creates an asset from TypeID, CompanyID and Traits. A trait that is not given here cannot be changed later, so
// give all, empty ones too. It returns the asset with its id, which is 0 when the answer did not tell it: what the answer
// holds is not documented. It is sent once; after an unclear outcome (rest.Ambiguous) only Assets tells whether it exists.
func (c *Client) CreateAsset(ctx context.Context, asset Asset) (Asset, error) {
	data, response, err := c.ask(ctx, rest.Request{
		Doing:  fmt.Sprintf("create a flexible asset for the company %d", asset.CompanyID),
		Method: http.MethodPost,
		Path:   assetPath,
		Body: struct {
			CompanyID int64             `json:"companyId"`
			TypeID    int64             `json:"flexibleAssetTypeId"`
			Traits    map[string]string `json:"traits"`
		}{asset.CompanyID, asset.TypeID, asset.Traits},
	})
	if err != nil {
		return Asset{}, err
	}
	asset.ID = 0
	if data == nil {
		return asset, nil
	}
	var created struct {
		ID      number `json:"id"`
		AssetID number `json:"flexibleAssetId"`
	}
	if err := json.Unmarshal(data, &created); err != nil {
		return Asset{}, response.Unusable(errors.New("it is no flexible asset"))
	}
	asset.ID = int64(cmp.Or(created.ID, created.AssetID))
	return asset, nil
}

// patchOperation is a change of one field, RFC 6902. The API takes an array of them.
type patchOperation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value string `json:"value"`
}

// UpdateAsset replaces the values of traits that the asset has, by key. CloudRadial refuses to replace them as a whole.
func (c *Client) UpdateAsset(ctx context.Context, id int64, changed map[string]string) error {
	if len(changed) == 0 {
		return nil
	}
	pointer := strings.NewReplacer("~", "~0", "/", "~1")
	operations := make([]patchOperation, 0, len(changed))
	for _, key := range slices.Sorted(maps.Keys(changed)) {
		operations = append(operations, patchOperation{"replace", "/traits/" + pointer.Replace(key), changed[key]})
	}
	_, _, err := c.ask(ctx, rest.Request{
		Doing:      fmt.Sprintf("change the flexible asset %d", id),
		Method:     http.MethodPatch,
		Path:       fmt.Sprintf("%s/%d", assetPath, id),
		Body:       operations,
		Repeatable: true,
	})
	return err
}

// DeleteAsset deletes an asset. One that is gone already counts as deleted.
func (c *Client) DeleteAsset(ctx context.Context, id int64) error {
	return c.remove(ctx, rest.Request{
		Doing: fmt.Sprintf("delete the flexible asset %d", id),
		Path:  fmt.Sprintf("%s/%d", assetPath, id),
	})
}

// odataText is a text as a filter has it.
func odataText(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

func (t AssetType) key() rowKey { return rowKey{id: t.ID} }

func decodeAssetTypes(body []byte) ([]AssetType, error) {
	rows, err := rowsOf(body)
	if err != nil {
		return nil, err
	}
	types := make([]AssetType, 0, len(rows))
	for i, raw := range rows {
		var got struct {
			ID          number `json:"id"`
			Name        string `json:"name"`
			Description string `json:"description"`
		}
		if err := json.Unmarshal(raw, &got); err != nil {
			return nil, fmt.Errorf("row %d is no flexible asset type", i+1)
		}
		if got.ID <= 0 {
			return nil, fmt.Errorf("flexible asset type %d of its list, %q, has no id", i+1, got.Name)
		}
		types = append(types, AssetType{ID: int64(got.ID), Name: got.Name, Description: got.Description})
	}
	return types, nil
}

// assetFieldRow is a field with the type that it belongs to.
type assetFieldRow struct {
	typeID int64
	field  AssetField
}

func (r assetFieldRow) key() rowKey { return rowKey{id: r.field.ID} }

func decodeAssetFields(body []byte) ([]assetFieldRow, error) {
	rows, err := rowsOf(body)
	if err != nil {
		return nil, err
	}
	fields := make([]assetFieldRow, 0, len(rows))
	for i, raw := range rows {
		var got struct {
			ID          number    `json:"id"`
			TypeID      number    `json:"flexibleAssetTypeId"`
			Name        string    `json:"name"`
			NameKey     string    `json:"nameKey"`
			Kind        traitText `json:"kind"` // enumerations read as names, or as numbers
			Order       number    `json:"order"`
			Required    bool      `json:"required"`
			UseForTitle bool      `json:"useForTitle"`
			ShowInList  bool      `json:"showInList"`
		}
		if err := json.Unmarshal(raw, &got); err != nil {
			return nil, fmt.Errorf("row %d is no flexible asset field", i+1)
		}
		if got.ID <= 0 || got.TypeID <= 0 || got.NameKey == "" {
			return nil, fmt.Errorf("flexible asset field %d of its list, %q, lacks id, flexibleAssetTypeId or nameKey", i+1, got.Name)
		}
		fields = append(fields, assetFieldRow{int64(got.TypeID), AssetField{int64(got.ID), got.Name, got.NameKey, string(got.Kind),
			int(got.Order), got.Required, got.UseForTitle, got.ShowInList}})
	}
	return fields, nil
}

func (a Asset) key() rowKey { return rowKey{id: a.ID} }

func decodeAssets(body []byte) ([]Asset, error) {
	rows, err := rowsOf(body)
	if err != nil {
		return nil, err
	}
	assets := make([]Asset, 0, len(rows))
	for i, raw := range rows {
		var got struct {
			ID         number `json:"id"`
			TypeID     number `json:"flexibleAssetTypeId"`
			CompanyID  number `json:"companyId"`
			Name       string `json:"name"`
			TraitsJSON string `json:"traitsJson"`
		}
		if err := json.Unmarshal(raw, &got); err != nil {
			return nil, fmt.Errorf("row %d is no flexible asset", i+1)
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

// decodeTraits reads the traits, which a list has as JSON in a text.
func decodeTraits(text string) (map[string]string, error) {
	traits := map[string]string{}
	if strings.TrimSpace(text) == "" {
		return traits, nil
	}
	var got map[string]traitText
	if json.Unmarshal([]byte(text), &got) != nil {
		return nil, errors.New("its traitsJson is no JSON object")
	}
	for key, value := range got {
		traits[key] = string(value)
	}
	return traits, nil
}

// traitText is the text of a value: that of a string, and of anything else its JSON. Null is empty.
type traitText string

func (t *traitText) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) == nil { // null too
		*t = traitText(text)
		return nil
	}
	*t = traitText(strings.ToValidUTF8(string(data), "\ufffd")) // as the strings are
	return nil
}
