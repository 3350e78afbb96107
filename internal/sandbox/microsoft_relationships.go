// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package sandbox

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// The statuses of a relationship: microsoft.md §2.
var relationshipStatuses = []string{
	"created", "approvalPending", "approved", "activating", "active", "expiring", "expired",
	"terminationRequested", "terminating", "terminated",
}

// delegatedAdminRelationship is the Graph resource of that name: microsoft.md §2.
type delegatedAdminRelationship struct {
	ID                   string               `json:"id"`
	DisplayName          string               `json:"displayName"`
	Duration             string               `json:"duration"`
	Customer             *customerParticipant `json:"customer"`
	AccessDetails        accessDetails        `json:"accessDetails"`
	Status               string               `json:"status"`
	AutoExtendDuration   string               `json:"autoExtendDuration"`
	CreatedDateTime      *string              `json:"createdDateTime"`
	LastModifiedDateTime *string              `json:"lastModifiedDateTime"`
	ActivatedDateTime    *string              `json:"activatedDateTime"`
	EndDateTime          *string              `json:"endDateTime"`
}

type customerParticipant struct {
	TenantID    string `json:"tenantId"`
	DisplayName string `json:"displayName"`
}

type accessDetails struct {
	UnifiedRoles []unifiedRole `json:"unifiedRoles"`
}

type unifiedRole struct {
	RoleDefinitionID string `json:"roleDefinitionId"`
}

// directoryReaders is the least privileged role that can read licenses: microsoft.md §1.3.
const directoryReaders = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b"

// relationshipDuration is the longest one: microsoft.md §2.
const relationshipDuration = 730 * 24 * time.Hour

// contract is the Graph resource of that name: microsoft.md §2.
type contract struct {
	ID                string `json:"id"`
	ContractType      string `json:"contractType"`
	CustomerID        string `json:"customerId"`
	DefaultDomainName string `json:"defaultDomainName"`
	DisplayName       string `json:"displayName"`
}

// setPartner adds the partner's tenant, which has no products.
func (m *microsoftState) setPartner(partner Partner) {
	partner.ID = strings.ToLower(partner.ID)
	m.partner = partner
	if partner.ID != "" {
		m.putTenant(Tenant{ID: partner.ID, Name: partner.Name, Domains: partner.Domains})
	}
}

func (m *microsoftState) isPartner(t *Tenant) bool { return t.ID == m.partner.ID }

func (s *Server) deniesRelationships(t *Tenant) bool {
	if !s.microsoft.isPartner(t) {
		return s.switchValue(switchGraphNoPartner) == "denied"
	}
	return s.microsoft.partner.NoRelationships
}

func (s *Server) deniesContracts(t *Tenant) bool {
	if !s.microsoft.isPartner(t) {
		return s.switchValue(switchGraphNoPartner) == "denied"
	}
	return s.microsoft.partner.NoContracts
}

func (s *Server) listRelationships(t *Tenant) []any {
	if !s.microsoft.isPartner(t) {
		return nil
	}
	var list []any
	for _, held := range s.microsoft.partner.Relationships {
		list = append(list, s.describeRelationship(held))
	}
	return list
}

func (s *Server) describeRelationship(held Relationship) delegatedAdminRelationship {
	entry := delegatedAdminRelationship{
		ID:                 deriveID("relationship", held.Tenant, held.Name) + "-" + s.microsoft.partner.ID,
		DisplayName:        held.Name,
		Duration:           "P730D",
		AccessDetails:      accessDetails{[]unifiedRole{{directoryReaders}}},
		Status:             cmp.Or(held.Status, "active"),
		AutoExtendDuration: cmp.Or(held.AutoExtend, s.switchValue(switchGraphNoExtend)),
	}
	if held.Tenant != "" {
		name := held.CustomerName
		if tenant := s.microsoft.findTenant(held.Tenant); tenant != nil {
			name = cmp.Or(name, tenant.Name)
		}
		entry.Customer = &customerParticipant{strings.ToLower(held.Tenant), name}
	}
	if !held.End.IsZero() {
		entry.EndDateTime = formatTicks(held.End)
		entry.ActivatedDateTime = formatTicks(held.End.Add(-relationshipDuration))
		entry.CreatedDateTime = entry.ActivatedDateTime
		entry.LastModifiedDateTime = entry.ActivatedDateTime
	}
	return entry
}

// formatTicks writes a time in tenths of microseconds, as these lists do.
func formatTicks(at time.Time) *string {
	text := at.UTC().Format("2006-01-02T15:04:05.0000000Z")
	return &text
}

func (s *Server) listContracts(t *Tenant) []any {
	if !s.microsoft.isPartner(t) {
		return nil
	}
	var list []any
	for _, held := range s.microsoft.partner.Contracts {
		entry := contract{
			ID:                deriveID("contract", held.Tenant, held.Type),
			ContractType:      cmp.Or(held.Type, "ResellerPartner"),
			CustomerID:        strings.ToLower(held.Tenant),
			DefaultDomainName: held.Domain,
			DisplayName:       held.Name,
		}
		if tenant := s.microsoft.findTenant(held.Tenant); tenant != nil {
			entry.DisplayName = cmp.Or(entry.DisplayName, tenant.Name)
			if len(tenant.Domains) > 0 {
				entry.DefaultDomainName = cmp.Or(entry.DefaultDomainName, tenant.Domains[0])
			}
		}
		list = append(list, entry)
	}
	return list
}

// check returns what Microsoft could not hold.
func (partner Partner) check() error {
	var problems []error
	names := map[string]bool{}
	for _, held := range partner.Relationships {
		if held.Name == "" || names[held.Name] {
			problems = append(problems, fmt.Errorf("relationship name %q is empty or used twice", held.Name))
		}
		names[held.Name] = true
		if held.Status != "" && !slices.Contains(relationshipStatuses, held.Status) {
			problems = append(problems, fmt.Errorf("relationship %s cannot be %q", held.Name, held.Status))
		}
		if held.Tenant == "" && held.Status != "created" {
			problems = append(problems, fmt.Errorf("relationship %s has no tenant", held.Name))
		}
		if !slices.Contains([]string{"", "PT0S", "P0D", "P180D"}, held.AutoExtend) {
			problems = append(problems, fmt.Errorf("relationship %s cannot be extended by %q", held.Name, held.AutoExtend))
		}
	}
	for _, held := range partner.Contracts {
		if held.Tenant == "" {
			problems = append(problems, errors.New("a contract has no tenant"))
		}
	}
	return errors.Join(problems...)
}
