package counts

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/microsoft"
)

// tenant is an entry of tenants: a key, and the tenant (GUID or domain, lower case) that it stands for, if it has one.
type tenant struct{ key, name string }

// tenantsOf returns the entries whose value is known, sorted by key.
func tenantsOf(configured types.Map) []tenant {
	elements := configured.Elements()
	tenants := make([]tenant, 0, len(elements))
	for _, key := range slices.Sorted(maps.Keys(elements)) {
		value, ok := elements[key].(types.String)
		if !ok || value.IsUnknown() {
			continue
		}
		tenants = append(tenants, tenant{key, strings.ToLower(strings.TrimSpace(value.ValueString()))})
	}
	return tenants
}

// namedTwice finds tenants that two keys name alike.
func namedTwice(tenants []tenant) diag.Diagnostics {
	var diags diag.Diagnostics
	first := map[string]tenant{}
	for _, t := range tenants {
		if t.name == "" {
			continue
		}
		if other, twice := first[t.name]; twice {
			diags.Append(sameTenant(t, other))
			continue
		}
		first[t.name] = t
	}
	return diags
}

// readTwice finds tenants that two keys name differently, one by its id and one by a domain: what was read tells. A
// tenant without any SKU tells nothing, and has nothing that could be billed twice.
func readTwice(tenants []tenant, results map[string]microsoft.Result) diag.Diagnostics {
	var diags diag.Diagnostics
	first := map[string]tenant{}
	for _, t := range tenants {
		id := accountID(results[t.name].Licenses)
		if id == "" {
			continue
		}
		if other, twice := first[id]; twice {
			diags.Append(sameTenant(t, other))
			continue
		}
		first[id] = t
	}
	return diags
}

// accountID is the id of the tenant that the licences belong to, or empty when no SKU tells.
func accountID(licenses *microsoft.Licenses) string {
	if licenses == nil {
		return ""
	}
	for _, sku := range licenses.SKUs {
		if sku.AccountID != "" {
			return strings.ToLower(sku.AccountID)
		}
	}
	return ""
}

func sameTenant(t, other tenant) diag.Diagnostic {
	which := t.name
	if other.name != t.name {
		which = fmt.Sprintf("%s, alias %s", other.name, t.name)
	}
	detail := fmt.Sprintf("tenants[%q] and tenants[%q] are the same tenant (%s), and its seats would be billed twice. Leave it under one key.",
		other.key, t.key, which)
	if billing.AccountOf(t.key) != billing.AccountOf(other.key) {
		detail += fmt.Sprintf(" If the two accounts share the tenant, give the other one the seats that are its own, if any, where the counts go into "+
			"the function:\n\n"+
			"    provider::cloudradial::unit_counts(\n"+
			"      merge(data.cloudradial_license_counts.….counts, { %q = {} }),\n"+
			"      …", t.key)
	}
	return diag.NewAttributeErrorDiagnostic(path.Root("tenants").AtMapKey(t.key), "Tenant under two keys", detail)
}
