package licensesync

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/gradient"
)

// Keys of private state. Losing what is there costs a Force Sync, a rebuild or a read, never a count.
const (
	postponedKey  = "postponed"
	serviceIDsKey = "service_ids"
)

// postponed is what an earlier run left to do that the ledger does not show.
type postponed struct {
	// Any says that an inactive integration kept counts from being pushed, Full that it should have been everything.
	Any  bool `json:"any"`
	Full bool `json:"full"`
	// Build says that counts were accepted and the billing view was not made to rebuild after them.
	Build bool `json:"build"`
}

// serviceIDs are Gradient's ids of the services in unit_counts, so that an apply need not list accounts and services
// again for a few changes. They never change: Gradient can neither rename nor delete a service.
type serviceIDs struct {
	Integration string            `json:"integration"`
	IDs         map[string]string `json:"ids"` // by name
}

// serviceIDs returns the ids of the services that a book counts.
func (u upstream) serviceIDs(b book) serviceIDs {
	known := serviceIDs{Integration: u.integration.ID, IDs: map[string]string{}}
	for _, services := range b.counts {
		for name := range services {
			if service, found := u.services[name]; found {
				known.IDs[name] = service.ID
			}
		}
	}
	return known
}

// knows reports whether every service of the pushes is known, taking over what was kept if that is enough.
func (u *upstream) knows(known serviceIDs, pushes []billing.Push) bool {
	if u.listed {
		return true
	}
	if known.Integration != u.integration.ID {
		return false
	}
	services := make(map[string]gradient.Service, len(known.IDs))
	for _, push := range pushes {
		id, found := known.IDs[push.Service]
		if !found {
			return false
		}
		services[push.Service] = gradient.Service{ID: id, Name: push.Service}
	}
	u.services = services
	return true
}

// privateState is the part of private state that is needed here.
type privateState interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// kept reads a key of private state; the zero value when nothing is there.
func kept[T any](ctx context.Context, private privateState, key string) (value T, diags diag.Diagnostics) {
	raw, diags := private.GetKey(ctx, key)
	if len(raw) == 0 {
		return value, diags
	}
	if err := json.Unmarshal(raw, &value); err != nil {
		diags.Append(brokenState(err))
	}
	return value, diags
}

// keep writes a key of private state.
func keep(ctx context.Context, private privateState, key string, value any) diag.Diagnostics {
	raw, err := json.Marshal(value)
	if err != nil {
		return diag.Diagnostics{brokenState(err)}
	}
	return private.SetKey(ctx, key, raw)
}
