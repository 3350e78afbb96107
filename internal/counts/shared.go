// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package counts

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/microsoft"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/shapes"
)

// This file has what concerns tenants that several companies share (domain-split.md §6).

// What match can be.
const (
	matchName = "user_principal_name"
	matchMail = "mail"
)

// causeUsers is the cause of a shared tenant whose users are not given.
const causeUsers microsoft.Cause = "users"

var (
	sharedPath = path.Root("shared_tenants")

	sharedDetailType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"unmatched_domains": types.MapType{ElemType: types.Int64Type},
		"unassigned":        types.MapType{ElemType: types.Int64Type},
		"disabled":          types.MapType{ElemType: types.Int64Type},
		"guests":            types.Int64Type,
		"assigned_mismatch": types.MapType{ElemType: types.Int64Type},
	}}
)

// newSharedTenantsAttribute returns the attribute shared_tenants.
func newSharedTenantsAttribute() schema.Attribute {
	return schema.MapNestedAttribute{
		MarkdownDescription: "The tenants that several companies share, for example those of a group: key of `tenants` to who has which domain. The seats of the " +
			"tenant are split by the domains of its users. The key of the tenant has the remainder: seats that nobody has, and users of other " +
			"domains. So members and remainder are together what the tenant has. The application needs the permission `User.Read.All` (Microsoft " +
			"Graph) in these tenants, and only there. Their users are read in one request for 999 of them, one after the other, within `tenant_timeout`.",
		Optional: true,
		Validators: []validator.Map{
			mapvalidator.KeysAre(shapes.TenantKey),
		},
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"domains_by_account": schema.MapAttribute{
				MarkdownDescription: "The companies besides that of the key: `account_id`, or `account_id/label` for a company that also has a tenant, to the " +
					"domains of its users. A domain is compared in any case and as a whole: a subdomain is another domain. It stands under one company, so that " +
					"no user is billed twice. A domain that the tenant does not have is a warning, because its users would be billed to the key.",
				ElementType: types.ListType{ElemType: types.StringType},
				Required:    true,
				Validators: []validator.Map{
					mapvalidator.SizeAtLeast(1),
					mapvalidator.KeysAre(shapes.TenantKey),
					mapvalidator.ValueListsAre(listvalidator.SizeAtLeast(1), listvalidator.ValueStringsAre(stringvalidator.RegexMatches(shapes.DomainForm,
						"must be a domain, such as harbormarine.example, without @ and without white space"))),
				},
			},
			"match": schema.StringAttribute{
				MarkdownDescription: "Which domain of a user counts: that of `user_principal_name` (default), or that of `mail`, for tenants in which all user " +
					"names end in `onmicrosoft.com`. With `mail`, users without a mail address belong to the key.",
				Optional:   true,
				Validators: []validator.String{stringvalidator.OneOf(matchName, matchMail)},
			},
		}},
	}
}

// newSharedDetailAttribute returns the attribute shared_tenants_detail.
func newSharedDetailAttribute() schema.Attribute {
	return schema.MapAttribute{
		MarkdownDescription: "Key of `shared_tenants` to what the remainder is made of, null when the tenant could not be read. Users are those with a SKU that " +
			"counts. It has no names and no addresses. An object of:\n" +
			"  - `unmatched_domains` (Map of Number) domain to users that belong to no company but that of the key, an empty text for users without one.\n" +
			"  - `unassigned` (Map of Number) SKU to purchased seats that no user has.\n" +
			"  - `disabled` (Map of Number) key in `counts` to users that cannot sign in and still have a seat.\n" +
			"  - `guests` (Number) guests with a seat.\n" +
			"  - `assigned_mismatch` (Map of Number) SKU to the users that have it, less the seats that Microsoft counts as assigned, where the two differ. " +
			"They differ for minutes or hours after a change, and when a group could not assign a license.",
		ElementType: sharedDetailType,
		Computed:    true,
	}
}

// shared is a tenant that several companies share: its key, and which domain belongs to which of the other companies.
type shared struct {
	key     string
	byMail  bool
	members []member
}

// member is a company that shares a tenant: its key, and its domains in lower case.
type member struct {
	key     string
	domains []string
}

// knownShared returns the entries of shared_tenants as far as they are known, sorted by key.
func knownShared(configured types.Map) []shared {
	var all []shared
	elements := configured.Elements()
	for _, key := range slices.Sorted(maps.Keys(elements)) {
		object, ok := elements[key].(types.Object)
		if !ok {
			continue
		}
		entry := shared{key: key}
		if match, ok := object.Attributes()["match"].(types.String); ok {
			entry.byMail = match.ValueString() == matchMail
		}
		if domains, ok := object.Attributes()["domains_by_account"].(types.Map); ok {
			entry.members = knownMembers(domains)
		}
		all = append(all, entry)
	}
	return all
}

func knownMembers(configured types.Map) []member {
	var members []member
	elements := configured.Elements()
	for _, key := range slices.Sorted(maps.Keys(elements)) {
		one := member{key: key}
		if list, ok := elements[key].(types.List); ok {
			for _, element := range list.Elements() {
				if domain, ok := element.(types.String); ok && domain.ValueString() != "" {
					one.domains = append(one.domains, strings.ToLower(domain.ValueString()))
				}
			}
		}
		members = append(members, one)
	}
	return members
}

// byDomain returns the key of the member that each domain belongs to.
func (s shared) byDomain() map[string]string {
	owners := map[string]string{}
	for _, member := range s.members {
		for _, domain := range member.domains {
			owners[domain] = member.key
		}
	}
	return owners
}

// sharedNames returns the names of the shared tenants that Microsoft is asked about.
func sharedNames(all []shared, tenants []tenant) []string {
	var names []string
	for _, t := range tenants {
		if t.asked() != "" && slices.ContainsFunc(all, func(s shared) bool { return s.key == t.key }) {
			names = append(names, t.asked())
		}
	}
	return names
}

// split splits the shared tenants. One whose users could not be read is unreadable, its members included.
func (r *reading) split(all []shared, users map[string]microsoft.UsersResult) {
	for _, s := range all {
		i := slices.IndexFunc(r.tenants, func(t tenant) bool { return t.key == s.key })
		if i < 0 || r.tenants[i].asked() == "" {
			continue
		}
		name := r.tenants[i].name
		counted, known := r.counted[name]
		if failed := usersFailure(name, users[name], counted); failed != nil {
			if r.results[name].Err == nil {
				r.results[name] = microsoft.Result{Err: failed}
			}
			delete(r.counted, name)
			continue
		}
		if known {
			r.splits[s.key] = billing.SplitTenant(counted, s.groups(users[name].Users), s.byDomain(), s.key)
		}
	}
}

// groups returns the users by the domain that counts.
func (s shared) groups(users *microsoft.Users) []billing.UserGroup {
	groups := make([]billing.UserGroup, len(users.Groups))
	for i, group := range users.Groups {
		groups[i] = billing.UserGroup{Domain: group.NameDomain, SKUIDs: group.SKUIDs, Guest: group.Guest, Disabled: group.Disabled, Users: group.Users}
		if s.byMail {
			groups[i].Domain = group.MailDomain
		}
	}
	return groups
}

// membersOf returns the keys of the companies that share a tenant, without that of the tenant.
func membersOf(all []shared, key string) []string {
	var keys []string
	for _, s := range all {
		if s.key != key {
			continue
		}
		for _, member := range s.members {
			keys = append(keys, member.key)
		}
	}
	return keys
}

func encodeSharedDetails(all []shared, splits map[string]billing.Split) types.Map {
	elements := make(map[string]attr.Value, len(all))
	for _, s := range all {
		split, known := splits[s.key]
		if !known {
			elements[s.key] = types.ObjectNull(sharedDetailType.AttrTypes)
			continue
		}
		elements[s.key] = types.ObjectValueMust(sharedDetailType.AttrTypes, map[string]attr.Value{
			"unmatched_domains": encodeNumbers(split.Unmatched),
			"unassigned":        encodeNumbers(split.Unassigned),
			"disabled":          encodeNumbers(split.Disabled),
			"guests":            types.Int64Value(split.Guests),
			"assigned_mismatch": encodeNumbers(split.Mismatch),
		})
	}
	return types.MapValueMust(sharedDetailType, elements)
}

func encodeNumbers(numbers map[string]int64) types.Map {
	elements := make(map[string]attr.Value, len(numbers))
	for key, n := range numbers {
		elements[key] = types.Int64Value(n)
	}
	return types.MapValueMust(types.Int64Type, elements)
}
