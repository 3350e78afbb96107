// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package cloudradial

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

const tokenPath = "/v2/token"

// Token is a variable that texts of the portal refer to as @Name (cloudradial.md §7.2).
type Token struct {
	// CompanyID is 0 for the partner level, which holds for every company that has no token of that name.
	CompanyID int64
	// Name is without the @ and case-sensitive. Company and name identify a token.
	Name  string
	Value string
}

func (t Token) key() rowKey { return rowKey{t.CompanyID, t.Name} }

// tokenList is immutable. A write makes a new one.
type tokenList map[rowKey]Token

// Token returns the token of that company and name, and whether there is one. The tokens of the partner level and of all companies are
// read once per client, with GET /v2/odata/token (cloudradial.md §7.2). CloudRadial's predefined tokens are not among them.
func (c *Client) Token(ctx context.Context, companyID int64, name string) (Token, bool, error) {
	list, err := c.tokens.Get(ctx)
	token, found := list[rowKey{companyID, name}]
	return token, found, err
}

// Tokens returns all tokens of the list of [Client.Token], by company and name.
func (c *Client) Tokens(ctx context.Context) ([]Token, error) {
	list, err := c.tokens.Get(ctx)
	tokens := slices.Collect(maps.Values(list))
	slices.SortFunc(tokens, func(a, b Token) int {
		return cmp.Or(cmp.Compare(a.CompanyID, b.CompanyID), cmp.Compare(a.Name, b.Name))
	})
	return tokens, err
}

func (c *Client) readTokens(ctx context.Context) (tokenList, error) {
	rows, err := readAll(ctx, c, collection{
		doing:  "read the tokens",
		path:   "/v2/odata/token",
		key:    "companyId,name",
		fields: "companyId,name,value",
	}, decodeTokens)
	if err != nil {
		return nil, err
	}
	list := make(tokenList, len(rows))
	for _, token := range rows {
		list[token.key()] = token
	}
	return list, nil
}

// readToken reads one token and returns whether it exists, with GET /v2/token/{tokenName} (cloudradial.md §7.2). Every call sends a
// request.
func (c *Client) readToken(ctx context.Context, companyID int64, name string) (Token, bool, error) {
	request, err := newTokenRequest("read", companyID, name)
	if err != nil {
		return Token{}, false, err
	}
	request.Method = http.MethodGet
	data, response, err := c.send(ctx, request)
	if isNotFound(err) {
		return Token{}, false, nil
	}
	if err != nil {
		return Token{}, false, err
	}
	token, err := decodeToken(data)
	if err != nil {
		return Token{}, false, response.Unusable(err)
	}
	// A token of another level does not count, for example the partner level's.
	if token.CompanyID != companyID || token.Name != name {
		return Token{}, false, nil
	}
	return token, true, nil
}

// newTokenRequest returns a request about one token. It always has the companyId, because without it CloudRadial acts on the
// partner level's token (cloudradial.md §7.2).
func newTokenRequest(verb string, companyID int64, name string) (rest.Request, error) {
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, `/\`) {
		return rest.Request{}, fmt.Errorf("%q cannot be used as the name of a token", name)
	}
	return rest.Request{
		Doing: fmt.Sprintf("%s the token %q of %s", verb, name, describeLevel(companyID)),
		Path:  tokenPath + "/" + url.PathEscape(name),
		Query: url.Values{"companyId": {strconv.FormatInt(companyID, 10)}},
	}, nil
}

func describeLevel(companyID int64) string {
	if companyID == 0 {
		return "the partner level"
	}
	return fmt.Sprintf("the company %d", companyID)
}

// SetToken creates the token or replaces its value, with POST /v2/token, which does both (cloudradial.md §7.2). It reads the
// token back and returns an error when CloudRadial has another value then.
func (c *Client) SetToken(ctx context.Context, token Token) error {
	request, err := newTokenRequest("set", token.CompanyID, token.Name)
	if err != nil {
		return err
	}
	request.Method, request.Path, request.Query = http.MethodPost, tokenPath, nil
	request.Repeatable = true
	request.Secrets = []string{token.Value} // a 400 may quote it, and nobody but the user knows whether it is secret
	request.Body = wireTokenRequest{CompanyID: token.CompanyID, Token: token.Name, Value: token.Value}
	if _, _, err := c.send(ctx, request); err != nil {
		c.tokens.Forget()
		return err
	}
	held, found, err := c.readToken(ctx, token.CompanyID, token.Name)
	switch {
	case err != nil:
		c.tokens.Forget()
		return fmt.Errorf("the token %q of %s is set, but cannot be read back: %w", token.Name, describeLevel(token.CompanyID), err)
	case !found:
		c.tokens.Forget()
		return fmt.Errorf("CloudRadial accepted the token %q of %s, but does not have it", token.Name, describeLevel(token.CompanyID))
	}
	c.tokens.Update(func(list tokenList) tokenList {
		list = maps.Clone(list)
		list[held.key()] = held
		return list
	})
	if held.Value != token.Value {
		return fmt.Errorf("CloudRadial accepted the token %q of %s, but has another value: one of %d characters, where %d were sent; "+
			"it may have removed white space at an end", token.Name, describeLevel(token.CompanyID),
			utf8.RuneCountInString(held.Value), utf8.RuneCountInString(token.Value))
	}
	return nil
}

// DeleteToken deletes a token, with DELETE /v2/token/{tokenName} (cloudradial.md §7.2). A token that does not exist counts as
// deleted.
func (c *Client) DeleteToken(ctx context.Context, companyID int64, name string) error {
	request, err := newTokenRequest("delete", companyID, name)
	if err != nil {
		return err
	}
	if err := c.delete(ctx, request); err != nil {
		c.tokens.Forget()
		return err
	}
	c.tokens.Update(func(list tokenList) tokenList {
		list = maps.Clone(list)
		delete(list, rowKey{companyID, name})
		return list
	})
	return nil
}
