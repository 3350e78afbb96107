// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package microsoft

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

const (
	// usersPageSize is the largest page of users, and maxUserPages ends a list that links to itself (domain-split.md §2, domain-split.md §3).
	usersPageSize = "999"
	maxUserPages  = 1000
	// maxUserRows is the most rows of a page, and maxOrganizations of the list that has the tenant itself.
	maxUserRows      = 5000
	maxOrganizations = 100

	selectUsers        = "id,userPrincipalName,mail,userType,accountEnabled,assignedLicenses"
	selectOrganization = "id,verifiedDomains"

	doingUsers        = "read users"
	doingOrganization = "read organization"
)

// Users are the users of a tenant that hold a license, counted. They say nothing about one person.
type Users struct {
	// Groups has the users that are alike, sorted.
	Groups []UserGroup
	// Listed is how many users the tenant has, those without a license too.
	Listed int64
	// Domains are the verified domains of the tenant in lower case. They are nil and DomainsErr says why when they could not be read, because
	// nothing but a warning depends on them.
	Domains    []string
	DomainsErr *TenantError
}

// UserGroup are users of a tenant that differ in nothing but who they are (domain-split.md §3).
type UserGroup struct {
	NameDomain string // of userPrincipalName in lower case, empty when it has none
	MailDomain string // of mail in lower case, empty when it has none
	Guest      bool
	Disabled   bool
	SKUIDs     []string // sorted, in lower case, each once
	Users      int64
}

// UsersResult is the outcome for one tenant: either Users or Err is nil.
type UsersResult struct {
	Users *Users
	Err   *TenantError
}

// ReadUsers reads the users of the tenants (GUIDs or domains), each once per client, with GET /v1.0/users to the last page and
// GET /v1.0/organization (domain-split.md §2). The application needs User.Read.All. The result has an entry for every tenant. A page that
// cannot be read is an error, because half a list looks like people who left. How many are read at once, how long a tenant may take, and when
// the rest is not asked, is as in [Client.ReadLicenses].
func (c *Client) ReadUsers(ctx context.Context, tenants []string, tenantTimeout time.Duration) map[string]UsersResult {
	results := make(map[string]UsersResult, len(tenants))
	readTenants(ctx, c, tenants, tenantTimeout, reading[Users]{
		work: "reading users", doing: doingUsers, reads: c.users, load: c.loadUsers,
		keep: func(tenant string, users *Users, failed *TenantError) { results[tenant] = UsersResult{users, failed} },
	})
	return results
}

// loadUsers signs in to the tenant and reads its users, then its domains.
func (c *Client) loadUsers(ctx context.Context, tenant string) (*Users, *TenantError) {
	g, failed := c.openGraph(ctx, tenant, doingUsers)
	if failed != nil {
		return nil, failed
	}
	users, err := readUsers(ctx, g)
	if err != nil {
		return nil, c.newGraphError(ctx, tenant, doingUsers, err)
	}
	if users.Domains, err = readVerifiedDomains(ctx, g); err != nil {
		users.DomainsErr = c.newGraphError(ctx, tenant, doingOrganization, err)
	}
	c.holdSession(tenant, g)
	return users, nil
}

// readUsers reads the pages one after the other, and keeps only how many users are alike.
func readUsers(ctx context.Context, g graph) (*Users, error) {
	tally := userTally{seen: map[string]bool{}, groups: map[string]*UserGroup{}}
	path, query := "/v1.0/users", url.Values{"$select": {selectUsers}, "$top": {usersPageSize}}
	for range maxUserPages {
		var page []wireUser
		response, err := g.client.DoList(ctx, rest.Request{Doing: doingUsers, Method: http.MethodGet, Path: path, Query: query, Secrets: positionIn(query)}, rest.List{
			Field: "value", MaxRows: maxUserRows, Private: true,
			Begin: func() { page = nil },
			Row: func(row []byte) error {
				page = append(page, wireUser{})
				return rest.DecodeRow(row, &page[len(page)-1])
			},
		})
		if err != nil {
			return nil, err
		}
		for i, user := range page {
			if err := tally.add(user); err != nil {
				return nil, response.Unusable(fmt.Errorf("user %d of a page %w", i, err))
			}
		}
		next, err := response.TextField("@odata.nextLink")
		if err != nil {
			return nil, err
		}
		if next == "" {
			return tally.users(), nil
		}
		if path, query, err = g.parseNextLink(next); err != nil {
			return nil, response.Unusable(err)
		}
	}
	return nil, fmt.Errorf("the users have more than %d pages", maxUserPages)
}

// positionIn returns the texts of a query that say where a page begins. They can hold the name of a user, so no log shows them.
func positionIn(query url.Values) []string {
	var positions []string
	for name, values := range query {
		if strings.EqualFold(name, "$skiptoken") {
			positions = append(positions, values...)
		}
	}
	return positions
}

// wireUser is a user (domain-split.md §2).
type wireUser struct {
	ID               string         `json:"id"`
	Name             string         `json:"userPrincipalName"`
	Mail             string         `json:"mail"`
	Type             string         `json:"userType"`
	Enabled          *bool          `json:"accountEnabled"`
	AssignedLicenses *[]wireLicense `json:"assignedLicenses"`
}

type wireLicense struct {
	SKUID string `json:"skuId"`
}

// userTally counts users by what they have in common.
type userTally struct {
	seen   map[string]bool // ids, because a user can be on two pages
	groups map[string]*UserGroup
}

// add counts a user, unless it was on an earlier page. It refuses one without the fields that decide who pays.
func (t *userTally) add(user wireUser) error {
	switch {
	case user.ID == "":
		return errors.New("has no id")
	case user.Name == "":
		return errors.New("has no userPrincipalName")
	case user.AssignedLicenses == nil:
		return errors.New("has no assignedLicenses")
	case t.seen[user.ID]:
		return nil
	case checkTexts(user.ID) != nil:
		return errors.New("has an id that is too long")
	}
	t.seen[user.ID] = true
	group := UserGroup{
		NameDomain: domainOf(user.Name), MailDomain: domainOf(user.Mail),
		Guest: strings.EqualFold(user.Type, "Guest"), Disabled: user.Enabled != nil && !*user.Enabled,
	}
	for _, license := range *user.AssignedLicenses {
		if license.SKUID == "" {
			return errors.New("has a license without skuId")
		}
		group.SKUIDs = append(group.SKUIDs, strings.ToLower(license.SKUID))
	}
	if len(group.SKUIDs) == 0 {
		return nil
	}
	slices.Sort(group.SKUIDs)
	group.SKUIDs = slices.Compact(group.SKUIDs)
	key := fmt.Sprintf("%q %q %t %t %q", group.NameDomain, group.MailDomain, group.Guest, group.Disabled, group.SKUIDs)
	if t.groups[key] == nil {
		t.groups[key] = &group
	}
	t.groups[key].Users++
	return nil
}

func (t *userTally) users() *Users {
	users := &Users{Listed: int64(len(t.seen)), Groups: make([]UserGroup, 0, len(t.groups))}
	for _, group := range t.groups {
		users.Groups = append(users.Groups, *group)
	}
	slices.SortFunc(users.Groups, func(a, b UserGroup) int {
		return cmp.Or(cmp.Compare(a.NameDomain, b.NameDomain), cmp.Compare(a.MailDomain, b.MailDomain), slices.Compare(a.SKUIDs, b.SKUIDs),
			cmp.Compare(fmt.Sprint(a.Guest, a.Disabled), fmt.Sprint(b.Guest, b.Disabled)))
	})
	return users
}

// domainOf returns what follows the last @ in lower case, or an empty text (domain-split.md §3).
func domainOf(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return ""
	}
	return strings.ToLower(strings.TrimSpace(address[at+1:]))
}

// wireOrganization is the tenant itself (domain-split.md §2).
type wireOrganization struct {
	VerifiedDomains []struct {
		Name string `json:"name"`
	} `json:"verifiedDomains"`
}

// readVerifiedDomains reads the domains of the tenant.
func readVerifiedDomains(ctx context.Context, g graph) ([]string, error) {
	tenants, err := readList(ctx, g, collection[wireOrganization, []string]{doingOrganization, "/v1.0/organization", url.Values{"$select": {selectOrganization}},
		maxOrganizations, decodeDomains})
	domains := slices.Concat(tenants...)
	if err == nil && len(domains) == 0 {
		err = errors.New("it has no verifiedDomains")
	}
	return domains, err
}

func decodeDomains(_ int, w wireOrganization) ([]string, bool, error) {
	var domains []string
	for _, domain := range w.VerifiedDomains {
		if err := checkTexts(domain.Name); err != nil {
			return nil, false, err
		}
		domains = append(domains, strings.ToLower(domain.Name))
	}
	return domains, true, nil
}
