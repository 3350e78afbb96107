// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// What an answer may hold. All of it is far more than the upstreams send: an answer that is wrong, or was made to do harm, must not take all memory.
const (
	maxRow       = 256 << 10 // bytes of one row of a List
	maxHead      = 4 << 10   // bytes of the beginning of a List, which are kept for messages
	maxFields    = 100       // beside a List
	maxBeside    = 64 << 10  // bytes of all the fields beside a List
	maxErrorBody = 64 << 10  // bytes of an answer that is no 2xx; the rest is not read
	maxValues    = 500_000   // in an answer that Decode decodes as a whole
	maxDepth     = 100       // of lists and objects in each other
)

// List says how the rows of a list are read: one after the other as they arrive, so that an answer never takes more memory than one row and
// what Row keeps of it.
type List struct {
	// Field is the field that has the rows.
	Field string
	// MaxRows is the most rows that an answer may have.
	MaxRows int
	// Private says that no error may quote what the answer has.
	Private bool
	// Begin is called before the first row, once for each attempt: what was kept of an answer that was cut off is to be dropped.
	Begin func()
	// Row gets each row, with the secrets in it masked. It must not keep the bytes.
	Row func(row []byte) error
}

// DoList sends the request as [Client.Do] does, and reads the rows of the list in its answer. The fields beside the list are in
// [Response.Fields], and of the body there is the beginning only.
func (c *Client) DoList(ctx context.Context, request Request, list List) (*Response, error) {
	call := c.newCall(request)
	call.list = &list
	response, err := call.do(ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case errors.Is(call.listErr, errNoJSON) && list.Private && sniff(response.Body) == kindText:
		return nil, response.Unusable(errNoJSON)
	case errors.Is(call.listErr, errNoJSON):
		return nil, cmp.Or(response.checkJSON(), response.Unusable(errNoJSON)) // its beginning may be JSON
	case call.listErr != nil:
		return nil, response.Unusable(call.listErr)
	}
	return response, nil
}

// errNoJSON is the error of a list that is no JSON.
var errNoJSON = errors.New("it is not JSON")

// listReader reads a list from an answer.
type listReader struct {
	list    *List
	masker  *Masker
	source  *source
	decoder *json.Decoder
	fields  map[string]json.RawMessage
	beside  int // bytes of the fields
	found   bool
}

// readList reads a list. If the answer was cut off, or has more than most bytes, source says so.
func readList(body io.Reader, most int64, list *List, masker *Masker) *listReader {
	return &listReader{list: list, masker: masker, source: &source{from: body, left: most}, fields: map[string]json.RawMessage{}}
}

func (l *listReader) read() error {
	l.list.Begin()
	in := bufio.NewReader(l.source)
	start, _ := in.Peek(len(byteOrderMark))
	if bytes.Equal(start, byteOrderMark) {
		_, _ = in.Discard(len(byteOrderMark)) // they were peeked
	}
	l.decoder = json.NewDecoder(in)
	if err := l.object(); err != nil {
		return err
	}
	if _, err := l.decoder.Token(); !errors.Is(err, io.EOF) {
		return errNoJSON // something follows
	}
	if !l.found {
		return l.noList()
	}
	return nil
}

func (l *listReader) noList() error { return fmt.Errorf("it has no list in %q", l.list.Field) }

// token returns the next token. An answer that ends before is no JSON.
func (l *listReader) token() (json.Token, error) {
	token, err := l.decoder.Token()
	return token, describeSyntax(err)
}

func describeSyntax(err error) error {
	if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errNoJSON
	}
	return err
}

// object reads the object that has the list.
func (l *listReader) object() error {
	token, err := l.token()
	if err != nil {
		return err
	}
	if token != json.Delim('{') {
		return l.skipRest(token)
	}
	var names fieldNames
	for l.decoder.More() {
		token, err := l.token()
		if err != nil {
			return err
		}
		name, _ := token.(string) // the name of a field is nothing else
		if first := names.add([]byte(name)); first != nil {
			return repeatedField(string(first), name)
		}
		if names.n > maxFields || len(names.many) > maxFields {
			return fmt.Errorf("it has more than %d fields", maxFields)
		}
		if err := l.field(name); err != nil {
			return err
		}
	}
	_, err = l.token() // the brace
	return err
}

// skipRest reads to the end of an answer that is no object, to see whether it is JSON. It gives up where a row would be too long or too deep.
func (l *listReader) skipRest(first json.Token) error {
	open := 0
	for token := first; ; {
		switch token {
		case json.Delim('['), json.Delim('{'):
			open++
		case json.Delim(']'), json.Delim('}'):
			open--
		}
		if open == 0 || open > maxDepth || l.source.taken > maxRow {
			return nil
		}
		var err error
		if token, err = l.token(); err != nil {
			return err
		}
	}
}

// field reads the value of a field: the rows, or a value that is kept. None is left out, because it may be the link to the next page.
func (l *listReader) field(name string) error {
	var raw json.RawMessage
	if name != l.list.Field {
		err := l.value(&raw)
		if l.beside += len(raw); l.beside > maxBeside {
			return fmt.Errorf("its fields beside the list have more than %d bytes", maxBeside)
		}
		l.fields[name] = raw
		return err
	}
	token, err := l.token()
	if err != nil {
		return err
	}
	if token != json.Delim('[') {
		return l.noList()
	}
	l.found = true
	for rows := 0; l.decoder.More(); rows++ {
		if rows == l.list.MaxRows {
			return fmt.Errorf("its list has more than %d rows", l.list.MaxRows)
		}
		if err := l.value(&raw); err != nil {
			return err
		}
		if err := l.list.Row(raw); err != nil {
			return err
		}
	}
	_, err = l.token() // the bracket
	return err
}

// value reads one value, with the secrets in it masked.
func (l *listReader) value(raw *json.RawMessage) error {
	l.source.taken = 0
	if err := describeSyntax(l.decoder.Decode(raw)); err != nil {
		return err
	}
	holdsSecret, err := inspectJSON(*raw, l.masker)
	if err == nil && holdsSecret {
		*raw, err = maskJSON(*raw, l.masker)
	}
	return err
}

// source is a body of which no more than left bytes are read, and no more than maxRow for one row.
type source struct {
	from  io.Reader
	left  int64
	taken int    // since the last row began
	head  []byte // the beginning of the body
	err   error  // that reading ended with, when that was not at the end
	long  bool   // there are more than left bytes
}

func (s *source) Read(into []byte) (int, error) {
	if s.taken > maxRow {
		return 0, fmt.Errorf("a row of its list has more than %d bytes", maxRow)
	}
	n, err := s.from.Read(into)
	s.taken += n
	if s.left -= int64(n); s.left < 0 {
		s.long = true
		return 0, errTooLong
	}
	s.head = append(s.head, into[:min(n, maxHead-len(s.head))]...)
	if err != nil && err != io.EOF { //nolint:errorlint // a Reader returns io.EOF itself
		s.err = err
	}
	return n, err
}

var errTooLong = errors.New("the answer is too long")

// repeatedField is the error of an object that has a field twice.
func repeatedField(first, again string) error {
	return fmt.Errorf("an object in it has the field %q twice%s", cutAt(first, 60), alsoWritten(first, again))
}

// TextField returns a field beside the list, whatever the case of its name. It is empty when the field is null or not there, and an [*Error] is
// returned when it is no text.
func (r *Response) TextField(name string) (string, error) {
	for field, value := range r.Fields {
		var text string
		if !strings.EqualFold(field, name) {
			continue
		}
		if json.Unmarshal(value, &text) != nil {
			return "", r.Unusable(fmt.Errorf("its field %q is no text", name))
		}
		return strings.TrimSpace(text), nil
	}
	return "", nil
}

// DecodeRow decodes a row of a [List].
func DecodeRow(row []byte, into any) error {
	if err := json.Unmarshal(row, into); err != nil {
		return shapeError(err)
	}
	return nil
}
