// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package sandbox

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Names of the switches below.
const (
	switchUsers           = "graph-users"
	switchUsersMail       = "graph-users-mail"
	switchUsersLag        = "graph-users-lag"
	switchUsersRepeat     = "graph-users-repeat"
	switchUsersError      = "graph-users-error"
	switchVerifiedDomains = "graph-verified-domains"
)

// userSwitches are the unknowns of the contract of tenants that several companies share.
var userSwitches = []Switch{
	{switchUsers, "domain-split.md §7", []string{"whole", "403", "empty"}, SeenByReading,
		"Whether the application is given the users of a tenant, is refused with 403, or gets an empty list."},
	{switchUsersMail, "domain-split.md §7", []string{"given", "null"}, SeenByReading,
		"Whether users have a mail, or it is null for all."},
	{switchUsersLag, "domain-split.md §7", []string{"none", "behind", "ahead"}, SeenByReading,
		"Whether the list of users is as new as consumedUnits, lacks the licenses of its last user, or has them before consumedUnits. " +
			"It is about tenants whose users the seed describes."},
	{switchUsersRepeat, "domain-split.md §7", []string{"no", "yes"}, SeenByReading,
		"Whether the first user is on the last page once more."},
	{switchUsersError, "domain-split.md §7", []string{"absent", "listed"}, SeenByReading,
		"Whether assignedLicenses also has the licenses that a group could not give."},
	{switchVerifiedDomains, "domain-split.md §7", []string{"given", "missing", "403"}, SeenByReading,
		"Whether organization has the verified domains of the tenant, has null instead, or is refused with 403."},
}

// Users are users of a tenant that are alike: domain-split.md §2.
type Users struct {
	Domain   string   `json:"domain" yaml:"domain"`             // of userPrincipalName; the tenant's default domain when empty
	Mail     string   `json:"mail" yaml:"mail"`                 // domain of mail; that of userPrincipalName when empty
	NoMail   bool     `json:"no_mail" yaml:"no_mail"`           // mail is null
	Count    int      `json:"count" yaml:"count"`               // how many there are
	SKUs     []string `json:"skus" yaml:"skus"`                 // part numbers or SKU ids of what each of them has
	NotGiven []string `json:"not_given" yaml:"not_given"`       // likewise, of what a group could not give them
	Guest    bool     `json:"guest" yaml:"guest"`               // userType is Guest
	Disabled bool     `json:"disabled" yaml:"disabled"`         // they cannot sign in
	NoType   bool     `json:"no_user_type" yaml:"no_user_type"` // userType is null
}

// user is the Graph resource of that name: domain-split.md §2.
type user struct {
	ID                string            `json:"id"`
	UserPrincipalName string            `json:"userPrincipalName"`
	Mail              *string           `json:"mail"`
	UserType          *string           `json:"userType"`
	AccountEnabled    bool              `json:"accountEnabled"`
	AssignedLicenses  []assignedLicense `json:"assignedLicenses"`
}

type assignedLicense struct {
	SKUID         string   `json:"skuId"`
	DisabledPlans []string `json:"disabledPlans"`
}

// organization is the Graph resource of that name: domain-split.md §2.
type organization struct {
	ID              string           `json:"id"`
	DisplayName     string           `json:"displayName"`
	VerifiedDomains []verifiedDomain `json:"verifiedDomains"`
}

type verifiedDomain struct {
	Capabilities string `json:"capabilities"`
	IsDefault    bool   `json:"isDefault"`
	IsInitial    bool   `json:"isInitial"`
	Name         string `json:"name"`
	Type         string `json:"type"`
}

// userCollections are the lists that only a tenant with several companies needs.
var userCollections = map[string]graphCollection{
	"users": {
		section: "domain-split.md §2", sample: user{}, list: (*Server).listUsers, denied: (*Server).deniesUsers,
		maxTop: 999, page: 100, columns: []string{"id", "userPrincipalName", "mail"},
	},
	"organization": {section: "domain-split.md §2", sample: organization{}, list: (*Server).listOrganization, denied: deniesOrganization},
}

func (s *Server) deniesUsers(t *Tenant) bool { return t.NoUsers || s.switchValue(switchUsers) == "403" }

func deniesOrganization(s *Server, _ *Tenant) bool {
	return s.switchValue(switchVerifiedDomains) == "403"
}

// groupsOfUsers returns the users of a tenant. When the seed does not describe them, they follow from the assigned seats: the first user has
// every product.
func (t *Tenant) groupsOfUsers() []Users {
	if t.Users != nil {
		return t.Users
	}
	var groups []Users
	for i := range t.mostConsumed() {
		group := Users{Count: 1}
		for _, sku := range t.SKUs {
			if i < sku.Consumed {
				group.SKUs = append(group.SKUs, sku.SKUID)
			}
		}
		groups = append(groups, group)
	}
	return groups
}

func (t *Tenant) mostConsumed() int {
	most := 0
	for _, sku := range t.SKUs {
		most = max(most, sku.Consumed)
	}
	return most
}

// listUsers lists the users, in the order of the seed. A user is made when its page is asked for, because a tenant can have many.
func (s *Server) listUsers(t *Tenant) []any {
	if s.switchValue(switchUsers) == "empty" {
		return nil
	}
	var list []any
	for i, group := range t.groupsOfUsers() {
		for j := range group.Count {
			list = append(list, later(func() any { return s.newUser(t, group, i, j) }))
		}
	}
	if last := len(list) - 1; last >= 0 && t.Users != nil && s.switchValue(switchUsersLag) == "behind" {
		without := t.groupsOfUsers()[len(t.groupsOfUsers())-1]
		without.SKUs, without.NotGiven = nil, nil
		list[last] = later(func() any { return s.newUser(t, without, len(t.Users)-1, without.Count-1) })
	}
	if len(list) > 0 && s.switchValue(switchUsersRepeat) == "yes" {
		list = append(list, list[0])
	}
	return list
}

// newUser makes user j of group i.
func (s *Server) newUser(t *Tenant, group Users, i, j int) user {
	domain := cmp.Or(group.Domain, t.Domains[0])
	name := fmt.Sprintf("pat.person%d-%d", i, j)
	mail, kind := name+"@"+cmp.Or(group.Mail, domain), "Member"
	made := user{ID: deriveID("user", t.ID, name), UserPrincipalName: name + "@" + domain, Mail: &mail, UserType: &kind, AccountEnabled: !group.Disabled}
	if group.Guest {
		kind = "Guest"
		made.UserPrincipalName = strings.ReplaceAll(mail, "@", "_") + "#EXT#@" + domain
	}
	if group.NoType {
		made.UserType = nil
	}
	if group.NoMail || s.switchValue(switchUsersMail) == "null" {
		made.Mail = nil
	}
	given := group.SKUs
	if s.switchValue(switchUsersError) == "listed" {
		given = slices.Concat(given, group.NotGiven)
	}
	made.AssignedLicenses = []assignedLicense{}
	for _, name := range given {
		if k := t.findSKU(name); k >= 0 {
			made.AssignedLicenses = append(made.AssignedLicenses, assignedLicense{t.SKUs[k].SKUID, []string{}})
		}
	}
	return made
}

// consumed returns the assigned seats of a product: those of the seed or, when it describes the users instead, as many as have it.
func (s *Server) consumed(t *Tenant, sku SKU) int {
	if t.Users == nil || sku.Consumed > 0 {
		return sku.Consumed
	}
	seats, last := 0, 0
	for _, group := range t.Users {
		last = 0
		if slices.ContainsFunc(group.SKUs, func(name string) bool {
			return strings.EqualFold(name, sku.PartNumber) || strings.EqualFold(name, sku.SKUID)
		}) {
			seats += group.Count
			last = min(group.Count, 1)
		}
	}
	if s.switchValue(switchUsersLag) == "ahead" {
		return seats - last
	}
	return seats
}

// listOrganization lists the tenant itself.
func (s *Server) listOrganization(t *Tenant) []any {
	self := organization{ID: t.ID, DisplayName: t.Name}
	if s.switchValue(switchVerifiedDomains) == "given" {
		for i, name := range t.Domains {
			self.VerifiedDomains = append(self.VerifiedDomains,
				verifiedDomain{"Email, OfficeCommunicationsOnline", i == 0, strings.HasSuffix(name, ".onmicrosoft.com"), name, "Managed"})
		}
	}
	return []any{self}
}

// SetUsers replaces the users of a tenant, given by id or domain. It panics when there is no such tenant.
func (s *Server) SetUsers(tenant string, users []Users) {
	s.withTenant(tenant, func(t *Tenant) { t.Users = slices.Clone(users) })
}
