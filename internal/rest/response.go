// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package rest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// Response is a 2xx answer with its complete body.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
	// Fields are those beside the list of [Client.DoList].
	Fields map[string]json.RawMessage

	call *call
}

func (c *call) answered(response *http.Response, body []byte) *Response {
	return &Response{Status: response.StatusCode, Header: response.Header, Body: body, Fields: c.fields, call: c}
}

// Decode decodes the JSON body into a value, with the secrets in its texts masked, because a value may get into a state. If the body is not
// JSON, has a field twice, or is of another shape, it returns an [*Error] that says what came instead.
func (r *Response) Decode(into any) error {
	if err := r.checkJSON(); err != nil {
		return err
	}
	body := trimBody(r.Body)
	holdsSecret, err := inspectJSON(body, r.call.masker)
	if err == nil && holdsSecret {
		body, err = maskJSON(body, r.call.masker)
	}
	if err != nil {
		return r.Unusable(err)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return r.Unusable(shapeError(err))
	}
	return nil
}

// checkJSON returns an [*Error] that says what came instead of JSON.
func (r *Response) checkJSON() error {
	switch sniff(r.Body) {
	case kindEmpty:
		return r.Unusable(errors.New("it is empty where JSON was expected"))
	case kindHTML:
		if title := r.call.readable(titleOf(r.Body), maxMessage); title != "" {
			return r.Unusable(fmt.Errorf("it is an HTML page instead of JSON, with the title %q", title))
		}
		return r.Unusable(errors.New("it is an HTML page instead of JSON"))
	case kindText:
		return r.Unusable(fmt.Errorf("it is not JSON; it begins with %q", r.call.readable(string(r.Body), 60)))
	}
	return nil
}

// Unusable returns an [*Error] that says why this answer cannot be used, for callers that miss a field in it.
func (r *Response) Unusable(reason error) error {
	e := r.call.newError()
	e.Status = r.Status
	e.Header = r.Header
	e.RequestID = r.call.readable(requestID(r.Header), maxMessage)
	e.JSON = r.call.list != nil && !errors.Is(r.call.listErr, errNoJSON) || sniff(r.Body) == kindJSON
	e.Sent = true
	e.Err = r.call.maskError(reason)
	return e
}

// shapeError says where JSON differs from the expected shape, without the names of Go types.
func shapeError(err error) error {
	var mismatch *json.UnmarshalTypeError
	if !errors.As(err, &mismatch) {
		return err
	}
	if mismatch.Field == "" {
		return fmt.Errorf("it is a JSON %s, which was not expected", mismatch.Value)
	}
	return fmt.Errorf("its field %q is a JSON %s, which was not expected", mismatch.Field, mismatch.Value)
}
