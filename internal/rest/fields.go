// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// inspector walks through JSON that is valid. It makes nearly no garbage, because a list may have tens of megabytes.
type inspector struct {
	body        []byte
	at          int
	masker      *Masker
	holdsSecret bool // in one of its texts
	values      int  // so far
	depth       int  // at the current place
}

// inspectJSON refuses an object that has a field twice, also when only the case differs: encoding/json takes the last one and says nothing, so a
// count could be either of them. It also refuses more values than a
// list has, and more levels, before they take memory. It reports whether a text holds a secret, which must not get into a state. The body must be valid JSON.
func inspectJSON(body []byte, masker *Masker) (holdsSecret bool, err error) {
	i := &inspector{body: body, masker: masker}
	err = i.value()
	return i.holdsSecret, err
}

// next returns the next byte that is no white space.
func (i *inspector) next() byte {
	for i.body[i.at] <= ' ' {
		i.at++
	}
	return i.body[i.at]
}

func (i *inspector) value() error {
	if i.values++; i.values > maxValues {
		return fmt.Errorf("it has more than %d values", maxValues)
	}
	switch i.next() {
	case '"':
		text := i.text()
		if !i.holdsSecret && i.masker.mayHold(text) {
			plain := plainText(text)
			i.holdsSecret = i.masker.maskData(plain) != plain
		}
	case '{', '[':
		if i.depth == maxDepth {
			return fmt.Errorf("its lists and objects are more than %d deep", maxDepth)
		}
		i.depth++
		err := i.container()
		i.depth--
		return err
	default:
		for i.at < len(i.body) && !bytes.ContainsRune([]byte(",]} \t\r\n"), rune(i.body[i.at])) {
			i.at++
		}
	}
	return nil
}

func (i *inspector) container() error {
	if i.body[i.at] == '{' {
		return i.object()
	}
	i.at++
	for i.next() != ']' {
		if err := i.value(); err != nil {
			return err
		}
		i.skipComma()
	}
	i.at++
	return nil
}

func (i *inspector) skipComma() {
	if i.next() == ',' {
		i.at++
	}
}

// text returns what is between the quotes of the string at the current place, with its escapes.
func (i *inspector) text() []byte {
	i.at++
	begin := i.at
	for i.body[i.at] != '"' {
		if i.body[i.at] == '\\' {
			i.at++
		}
		i.at++
	}
	i.at++
	return i.body[begin : i.at-1]
}

// plainText returns the text without its escapes.
func plainText(text []byte) string {
	if !bytes.ContainsRune(text, '\\') {
		return string(text)
	}
	var plain string
	_ = json.Unmarshal(slices.Concat([]byte{'"'}, text, []byte{'"'}), &plain) // it is valid
	return plain
}

func (i *inspector) object() error {
	i.at++
	var fields fieldNames
	for i.next() != '}' {
		name := i.text()
		if bytes.ContainsRune(name, '\\') {
			name = []byte(plainText(name))
		}
		if first := fields.add(name); first != nil {
			return repeatedField(string(first), string(name))
		}
		i.next()
		i.at++ // the colon
		if err := i.value(); err != nil {
			return err
		}
		i.skipComma()
	}
	i.at++
	return nil
}

// fieldNames are the names in one object. Most objects have few, which need no map.
type fieldNames struct {
	few  [maxFew][]byte
	n    int
	many map[string][]byte // by the folded name
}

const maxFew = 24

// add adds a name. It returns the one that was added before and is the same for encoding/json, or nil.
func (f *fieldNames) add(name []byte) []byte {
	if f.n < maxFew {
		for _, other := range f.few[:f.n] {
			if bytes.EqualFold(other, name) {
				return other
			}
		}
		f.few[f.n] = name
		f.n++
		return nil
	}
	if f.many == nil {
		f.many = map[string][]byte{}
		for _, other := range f.few {
			f.many[fold(other)] = other
		}
	}
	folded := fold(name)
	if other, twice := f.many[folded]; twice {
		return other
	}
	f.many[folded] = name
	return nil
}

// fold returns a name as encoding/json compares it: the long s is an s.
func fold(name []byte) string { return strings.ToLower(strings.ToUpper(string(name))) }

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
