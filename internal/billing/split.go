// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package billing

import (
	"slices"
	"strings"
)

// UserGroup are users of one tenant that are alike in all that a split looks at.
type UserGroup struct {
	// Domain is the one by which they are matched, in any case; empty when they have none.
	Domain string
	// SKUIDs are what each of them holds, in any case, each once.
	SKUIDs          []string
	Guest, Disabled bool
	Users           int64
}

// Split is what the companies that share a tenant hold (domain-split.md §3).
type Split struct {
	// Members has an entry for every member. A SKU that none of its users holds is left out.
	Members map[string][]Count
	// Remainder has all SKUs of the tenant, less what the members hold.
	Remainder []Count
	// The numbers below are of users that hold a SKU that counts.
	Unmatched map[string]int64 // users by domain in lower case, empty for those without one
	Disabled  map[string]int64 // disabled users by member; those of the remainder under the key that SplitTenant was given
	Guests    int64
	// Unassigned are the purchased seats that no user has, by key of the SKU. Mismatch are the users that hold a SKU less those that Microsoft
	// counts, where the two differ.
	Unassigned, Mismatch map[string]int64
	// Overassigned are the SKUs of which the members hold more than the tenant has on some basis, sorted by key.
	Overassigned []Overassigned
}

// Overassigned is a SKU of which the members hold more than the tenant has on some basis, so that the remainder would be below 0 there. It is 0
// with [FlagOverassignedSplit], and [NewSKUCount] keeps that 0 from being billed.
type Overassigned struct {
	Key     string
	Seats   Seats            // of the tenant
	Users   map[string]int64 // by member
	Lacking []Basis          // the bases on which the remainder would be below 0
}

// The flags that a split adds to a [Count].
const (
	flagSplit            = "split"
	flagAssignedMismatch = "assigned_mismatch"
	// FlagOverassignedSplit is that of a remainder that would be below 0 on some basis.
	FlagOverassignedSplit = "overassigned_split"
)

// memberFlags are the flags of a tenant's SKU that hold for each of its seats. The others are about all seats together.
var memberFlags = []string{flagTrial, flagTrialUnknown, flagUnknownSKU, flagOtherOwner}

// SplitTenant splits what a tenant holds: a member has the users with its domains, and the remainder what is left. members has the member
// of each domain in lower case; remainder is the key of the tenant itself.
func SplitTenant(counted TenantCounts, groups []UserGroup, members map[string]string, remainder string) Split {
	split := Split{
		Members:    map[string][]Count{},
		Unmatched:  map[string]int64{},
		Disabled:   map[string]int64{},
		Unassigned: map[string]int64{},
		Mismatch:   map[string]int64{},
	}
	for _, member := range members {
		split.Members[member] = nil
	}
	held := split.countUsers(counted, groups, members, remainder)
	for _, count := range counted.SKUs {
		split.add(count, held[count.SKUID], remainder)
	}
	return split
}

// countUsers returns how many users of each member, and of the remainder, hold each SKU of the tenant, by id.
func (s *Split) countUsers(counted TenantCounts, groups []UserGroup, members map[string]string, remainder string) map[string]map[string]int64 {
	held := map[string]map[string]int64{}
	for _, count := range counted.SKUs {
		held[count.SKUID] = map[string]int64{}
	}
	for _, group := range groups {
		domain := strings.ToLower(group.Domain)
		account, isMember := members[domain]
		if !isMember {
			account = remainder
		}
		holds := false
		for _, id := range group.SKUIDs {
			if users := held[strings.ToLower(id)]; users != nil {
				users[account] += group.Users
				holds = true
			}
		}
		if !holds {
			continue
		}
		if !isMember {
			s.Unmatched[domain] += group.Users
		}
		if group.Disabled {
			s.Disabled[account] += group.Users
		}
		if group.Guest {
			s.Guests += group.Users
		}
	}
	return held
}

// add adds a SKU of the tenant. users has its users by account.
func (s *Split) add(count Count, users map[string]int64, remainder string) {
	if count.isCapacity() {
		s.Remainder = append(s.Remainder, count)
		return
	}
	inMembers, total := int64(0), int64(0)
	for account, n := range users {
		total += n
		if account != remainder {
			inMembers += n
			s.Members[account] = append(s.Members[account], count.ofMember(n))
		}
	}
	rest := count
	rest.Flags = slices.Clone(count.Flags)
	var lacking []Basis
	for _, basis := range bases {
		n, whole := count.leave(basis, inMembers)
		*basis.Of(&rest.Seats) = n
		if !whole {
			lacking = append(lacking, basis.Name)
		}
	}
	if lacking != nil {
		rest.Flags = append(rest.Flags, FlagOverassignedSplit)
		s.Overassigned = append(s.Overassigned, Overassigned{count.Key, count.Seats, membersOf(users, remainder), lacking})
	}
	if count.Consumed != Unknown && count.Consumed != total {
		rest.Flags = append(rest.Flags, flagAssignedMismatch)
		s.Mismatch[count.Key] = total - count.Consumed
	}
	if count.Purchased > total {
		s.Unassigned[count.Key] = count.Purchased - total
	}
	slices.Sort(rest.Flags)
	s.Remainder = append(s.Remainder, rest)
}

// leave returns what is left of a tenant's seats on a basis when the members have theirs. It is 0, and whole is false, when the members
// have more than the tenant (domain-split.md §3).
func (c Count) leave(basis BasisRule, inMembers int64) (left int64, whole bool) {
	tenant := *basis.Of(&c.Seats)
	if tenant == Unknown {
		return Unknown, true
	}
	if inMembers <= tenant {
		return tenant - inMembers, true
	}
	if basis.Name == Assigned && c.Assigned == c.Consumed {
		return 0, true // Microsoft's two lists were made at different times
	}
	return 0, false
}

// NewSKUCount returns a count that cloudradial_license_counts gives, as it may be billed. With [FlagOverassignedSplit] a 0 on a basis can stand
// for less than nothing: members and remainder are then more than the tenant has. Such a number is [Unknown], so that whoever reads it refuses
// or holds it. On the basis assigned that can only be when seats of other owners were taken off.
func NewSKUCount(skuID string, seats Seats, flags []string) SKUCount {
	count := SKUCount{SKUID: skuID, Seats: seats, Split: slices.Contains(flags, flagSplit)}
	if !slices.Contains(flags, FlagOverassignedSplit) {
		return count
	}
	for _, basis := range bases {
		n := basis.Of(&count.Seats)
		if *n == 0 && (basis.Name != Assigned || slices.Contains(flags, flagOtherOwner)) {
			*n = Unknown
			count.Overassigned = append(count.Overassigned, basis.Name)
		}
	}
	return count
}

// ofMember returns the count of a member with that many users. Where the tenant has no number, the member has none either.
func (c Count) ofMember(users int64) Count {
	member := Count{
		Key: c.Key, SKUID: c.SKUID, PartNumber: c.PartNumber, ProductName: c.ProductName,
		Status: c.Status, AppliesTo: c.AppliesTo, Consumed: users, Flags: []string{flagSplit},
	}
	for _, basis := range bases {
		*basis.Of(&member.Seats) = users
		if *basis.Of(&c.Seats) == Unknown {
			*basis.Of(&member.Seats) = Unknown
		}
	}
	for _, flag := range memberFlags {
		if slices.Contains(c.Flags, flag) {
			member.Flags = append(member.Flags, flag)
		}
	}
	slices.Sort(member.Flags)
	return member
}

func membersOf(users map[string]int64, remainder string) map[string]int64 {
	members := map[string]int64{}
	for account, n := range users {
		if account != remainder {
			members[account] = n
		}
	}
	return members
}
