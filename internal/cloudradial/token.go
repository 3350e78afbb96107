package cloudradial

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

const tokenPath = "/v2/token"

// Token is a variable that texts of the portal refer to as @Name.
type Token struct {
	// CompanyID is the company's, or 0 for the partner level, which holds for every company that has none of that name.
	CompanyID int64
	// Name is without the @ and case-sensitive. Company and name together identify a token.
	Name  string
	Value string
}

func (t Token) key() rowKey { return rowKey{t.CompanyID, t.Name} }

// tokenList is never changed: a write makes a new one.
type tokenList map[rowKey]Token

func (l tokenList) with(token Token) tokenList {
	list := maps.Clone(l)
	list[token.key()] = token
	return list
}

func (l tokenList) without(key rowKey) tokenList {
	list := maps.Clone(l)
	delete(list, key)
	return list
}

// Tokens returns the tokens of the partner level and of all companies, by company and name (shared read, 200 a page).
// CloudRadial's predefined tokens are not among them.
func (c *Client) Tokens(ctx context.Context) ([]Token, error) {
	list, err := c.tokens.Get(ctx)
	if err != nil {
		return nil, err
	}
	return slices.SortedFunc(maps.Values(list), func(a, b Token) int {
		return cmp.Or(cmp.Compare(a.CompanyID, b.CompanyID), cmp.Compare(a.Name, b.Name))
	}), nil
}

// ListedToken returns the token of that company and name from the shared read.
func (c *Client) ListedToken(ctx context.Context, companyID int64, name string) (Token, bool, error) {
	list, err := c.tokens.Get(ctx)
	token, found := list[rowKey{companyID, name}]
	return token, found, err
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

// Token reads one token, apart from the shared read. Every call is a request.
func (c *Client) Token(ctx context.Context, companyID int64, name string) (Token, bool, error) {
	request, err := tokenRequest("read", companyID, name)
	if err != nil {
		return Token{}, false, err
	}
	request.Method = http.MethodGet
	data, response, err := c.ask(ctx, request)
	if missing(err) {
		return Token{}, false, nil
	}
	if err != nil {
		return Token{}, false, err
	}
	token, err := decodeToken(data)
	if err != nil {
		return Token{}, false, response.Unusable(err)
	}
	// Another one, for example the partner level's, is not what was asked for.
	found := token.CompanyID == companyID && token.Name == name
	if !found {
		return Token{}, false, nil
	}
	return token, true, nil
}

// tokenRequest is about one token. It always has the companyId: without it CloudRadial acts on the partner level's token.
func tokenRequest(verb string, companyID int64, name string) (rest.Request, error) {
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, `/\`) {
		return rest.Request{}, fmt.Errorf("%q cannot be used as the name of a token", name)
	}
	return rest.Request{
		Doing: fmt.Sprintf("%s the token %q of %s", verb, name, level(companyID)),
		Path:  tokenPath + "/" + url.PathEscape(name),
		Query: url.Values{"companyId": {strconv.FormatInt(companyID, 10)}},
	}, nil
}

func level(companyID int64) string {
	if companyID == 0 {
		return "the partner level"
	}
	return fmt.Sprintf("the company %d", companyID)
}

// SetToken creates the token or replaces its value, and reads it back: an error says so when CloudRadial holds another value
// afterwards.
func (c *Client) SetToken(ctx context.Context, token Token) error {
	request, err := tokenRequest("set", token.CompanyID, token.Name)
	if err != nil {
		return err
	}
	request.Method, request.Path, request.Query = http.MethodPost, tokenPath, nil
	request.Repeatable = true
	request.Body = struct {
		CompanyID int64  `json:"companyId"`
		Token     string `json:"token"`
		Value     string `json:"value"`
	}{token.CompanyID, token.Name, token.Value}
	if _, _, err := c.ask(ctx, request); err != nil {
		c.tokens.Forget()
		return err
	}
	held, found, err := c.Token(ctx, token.CompanyID, token.Name)
	switch {
	case err != nil:
		c.tokens.Forget()
		return fmt.Errorf("the token %q of %s is set, but cannot be read back: %w", token.Name, level(token.CompanyID), err)
	case !found:
		c.tokens.Forget()
		return fmt.Errorf("CloudRadial took the token %q of %s, but does not have it afterwards", token.Name, level(token.CompanyID))
	}
	c.tokens.Update(func(list tokenList) tokenList { return list.with(held) })
	if held.Value != token.Value {
		return fmt.Errorf("CloudRadial took the token %q of %s, but holds another value afterwards: %q", token.Name, level(token.CompanyID), held.Value)
	}
	return nil
}

// DeleteToken deletes a token. One that is gone already counts as deleted.
func (c *Client) DeleteToken(ctx context.Context, companyID int64, name string) error {
	request, err := tokenRequest("delete", companyID, name)
	if err != nil {
		return err
	}
	if err := c.remove(ctx, request); err != nil {
		c.tokens.Forget()
		return err
	}
	c.tokens.Update(func(list tokenList) tokenList { return list.without(rowKey{companyID, name}) })
	return nil
}

func decodeTokens(body []byte) ([]Token, error) {
	rows, err := rowsOf(body)
	if err != nil {
		return nil, err
	}
	tokens := make([]Token, 0, len(rows))
	for i, raw := range rows {
		token, err := decodeToken(raw)
		if err != nil {
			return nil, fmt.Errorf("row %d is no token", i+1)
		}
		tokens = append(tokens, token)
	}
	return tokens, nil
}

// decodeToken reads a token of a list, which has its name as "name", or of the other answers, which have it as "token".
func decodeToken(data []byte) (Token, error) {
	var got struct {
		CompanyID *number `json:"companyId"`
		Name      string  `json:"name"`
		Token     string  `json:"token"`
		Value     string  `json:"value"`
	}
	if json.Unmarshal(data, &got) != nil || got.CompanyID == nil || *got.CompanyID < 0 || cmp.Or(got.Name, got.Token) == "" {
		return Token{}, errors.New("it is no token")
	}
	return Token{int64(*got.CompanyID), cmp.Or(got.Name, got.Token), got.Value}, nil
}
