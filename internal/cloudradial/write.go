package cloudradial

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// ask sends a request about one object and returns what the answer holds, nil when that is nothing.
func (c *Client) ask(ctx context.Context, request rest.Request) (json.RawMessage, *rest.Response, error) {
	response, err := c.rest.Do(ctx, request)
	if err != nil {
		return nil, nil, err
	}
	if len(strings.TrimSpace(string(response.Body))) == 0 {
		return nil, response, nil // most writes answer 204
	}
	var body json.RawMessage
	if err := response.Decode(&body); err != nil {
		return nil, nil, err
	}
	data, err := unwrap(body)
	if err != nil {
		return nil, nil, response.Unusable(err)
	}
	return data, response, nil
}

// unwrap takes an object out of CloudRadial's envelope, {data, success, message}, which some answers have and some not.
func unwrap(body json.RawMessage) (json.RawMessage, error) {
	var envelope map[string]json.RawMessage
	if json.Unmarshal(body, &envelope) != nil {
		return body, nil
	}
	if string(envelope["success"]) == "false" {
		var message string
		_ = json.Unmarshal(envelope["message"], &message) // what is no text is not shown
		return nil, fmt.Errorf("it says that it did not succeed: %q", message)
	}
	_, isOData := envelope["@odata.context"]
	_, isList := envelope["value"]
	_, hasSuccess := envelope["success"]
	data, hasData := envelope["data"]
	_, hasMessage := envelope["message"]
	switch {
	case hasSuccess && hasData && !isOData && !isList:
		if string(data) == "null" {
			return nil, nil
		}
		return data, nil
	case hasSuccess && hasMessage && len(envelope) == 2:
		return nil, nil
	}
	return body, nil
}

// missing reports whether CloudRadial says that there is no such object. A page that says so comes from elsewhere.
func missing(err error) bool {
	var failed *rest.Error
	if !errors.As(err, &failed) || failed.Status != http.StatusNotFound {
		return false
	}
	mediaType, _, _ := mime.ParseMediaType(failed.Header.Get("Content-Type"))
	return mediaType != "text/html"
}

// remove deletes what is at the path. What is gone already counts as deleted: whether a second DELETE answers 404 or 204 is
// not documented.
func (c *Client) remove(ctx context.Context, request rest.Request) error {
	request.Method, request.Repeatable = http.MethodDelete, true
	if _, _, err := c.ask(ctx, request); err != nil && !missing(err) {
		return err
	}
	return nil
}
