package rest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// inspector walks through JSON that is valid.
type inspector struct {
	decoder     *json.Decoder
	masker      *Masker
	holdsSecret bool // in one of its texts
}

// inspectJSON refuses an object that has a field twice, also when only the case differs: encoding/json takes the last one and says nothing, so a
// count could be either of them. It reports whether a text holds a secret, which must not get into a state.
func inspectJSON(body []byte, masker *Masker) (holdsSecret bool, err error) {
	i := &inspector{decoder: json.NewDecoder(bytes.NewReader(body)), masker: masker}
	i.decoder.UseNumber()
	err = i.value()
	return i.holdsSecret, err
}

func (i *inspector) value() error {
	token, err := i.decoder.Token()
	if err != nil {
		return err
	}
	switch token := token.(type) {
	case string:
		i.holdsSecret = i.holdsSecret || i.masker.maskData(token) != token
	case json.Delim:
		if token == '{' {
			return i.object()
		}
		for i.decoder.More() {
			if err := i.value(); err != nil {
				return err
			}
		}
		_, err = i.decoder.Token()
	}
	return err
}

func (i *inspector) object() error {
	fields := map[string]string{}
	for i.decoder.More() {
		token, err := i.decoder.Token()
		if err != nil {
			return err
		}
		field, _ := token.(string)
		folded := strings.ToLower(strings.ToUpper(field)) // as encoding/json folds: the long s is an s
		if first, twice := fields[folded]; twice {
			return fmt.Errorf("an object in it has the field %q twice%s", cutAt(first, 60), alsoWritten(first, field))
		}
		fields[folded] = field
		if err := i.value(); err != nil {
			return err
		}
	}
	_, err := i.decoder.Token()
	return err
}

func alsoWritten(first, field string) string {
	if first == field {
		return ""
	}
	return fmt.Sprintf(", the second time as %q", cutAt(field, 60))
}

// maskJSON returns the JSON with the secrets in its texts masked.
func maskJSON(body []byte, masker *Masker) ([]byte, error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	return json.Marshal(maskTexts(value, masker))
}

func maskTexts(value any, masker *Masker) any {
	switch value := value.(type) {
	case string:
		return masker.maskData(value)
	case []any:
		for i := range value {
			value[i] = maskTexts(value[i], masker)
		}
	case map[string]any:
		for field := range value {
			value[field] = maskTexts(value[field], masker)
		}
	}
	return value
}
