package licensesync

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// Keys of private state. When they are lost, a count is pushed or a list is read once more; no count is lost.
const (
	pendingKey    = "pending"
	serviceIDsKey = "service_ids"
)

// pending is what an earlier run still has to push and the ledger does not show.
type pending struct {
	// Inactive is true when counts were not pushed because the integration was inactive.
	Inactive bool `json:"inactive"`
	// Full is true when a full push (rule 5) is pending.
	Full bool `json:"full"`
}

// serviceIDs are Gradient's ids of the services in unit_counts, so that an apply with few changes does not list accounts and
// services again. They stay valid, because Gradient neither renames nor deletes a service (gradient.md §7.3).
type serviceIDs struct {
	Integration string            `json:"integration"`
	IDs         map[string]string `json:"ids"` // by service name
}

// privateState is the part of the framework's private state that this package uses.
type privateState interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// readPrivate reads a key of private state. It returns the zero value if the key is not there.
func readPrivate[T any](ctx context.Context, private privateState, key string) (value T, diags diag.Diagnostics) {
	raw, diags := private.GetKey(ctx, key)
	if len(raw) == 0 {
		return value, diags
	}
	if err := json.Unmarshal(raw, &value); err != nil {
		diags.Append(unreadableStateError(err))
	}
	return value, diags
}

// writePrivate writes a key of private state.
func writePrivate(ctx context.Context, private privateState, key string, value any) diag.Diagnostics {
	raw, err := json.Marshal(value)
	if err != nil {
		return diag.Diagnostics{unreadableStateError(err)}
	}
	return private.SetKey(ctx, key, raw)
}
