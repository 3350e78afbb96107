// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// publicInterface is what existing configurations rely on: each attribute with its type and whether it is required,
// optional, computed or sensitive (r, o, c, s). More may be added; nothing may be renamed or change its type.
var publicInterface = map[string]string{
	"provider": "base_url:string:o public_key:string:o private_key:string:os gradient::o microsoft::o ca_certificate_file:string:o " +
		"autotask::o connectwise::o halopsa::o",
	"provider.autotask":    "base_url:string:o username:string:o secret:string:os integration_code:string:os",
	"provider.connectwise": "base_url:string:o company:string:o public_key:string:o private_key:string:os client_id:string:os",
	"provider.halopsa":     "base_url:string:o tenant:string:o client_id:string:o client_secret:string:os",
	"provider.gradient": "base_url:string:o vendor_api_key:string:os partner_api_key:string:os " +
		"requests_per_second:number:o",
	"provider.microsoft": "client_id:string:o client_secret:string:os client_certificate:string:os client_certificate_path:string:o " +
		"client_certificate_password:string:os use_oidc:bool:o oidc_token:string:os oidc_token_file_path:string:o oidc_request_url:string:o " +
		"oidc_request_token:string:os use_cli:bool:o environment:string:o authority_host:string:o msgraph_endpoint:string:o " +
		"max_concurrent_tenants:number:o use_msi:bool:o msi_client_id:string:o use_aks_workload_identity:bool:o " +
		"ado_pipeline_service_connection_id:string:o",
	"resource cloudradial_gradient_integration": "enabled:bool:oc id:string:c organization_id:string:c organization_name:string:c " +
		"vendor_id:string:c vendor_name:string:c status:string:c last_synced_at:string:c",
	"resource cloudradial_company_mapping":            "company_id:number:r account_id:string:oc name:string:oc description:string:oc is_mapped:bool:c",
	"resource cloudradial_company_mappings":           "companies::r is_mapped:map(bool):c unmanaged::c",
	"resource cloudradial_company_mappings.companies": "company_id:number:o account_id:string:c name:string:oc description:string:oc",
	"resource cloudradial_company_mappings.unmanaged": "account_id:string:c name:string:c",
	"resource cloudradial_license_mapping": "service:string:r skus:set(string):r basis:string:oc category:string:oc subcategory:string:oc " +
		"description:string:oc support_article:string:oc support_contact:string:oc service_id:string:c",
	"resource cloudradial_license_mappings": "services::r service_ids:map(string):c unmanaged::c",
	"resource cloudradial_license_mappings.services": "service:string:c skus:set(string):o basis:string:oc category:string:oc " +
		"subcategory:string:oc description:string:oc support_article:string:oc support_contact:string:oc",
	"resource cloudradial_license_mappings.unmanaged": "service_id:string:c name:string:c",
	"resource cloudradial_license_sync": "unit_counts:map(map(number)):r uncounted_seats:map(map(number)):o triggers:map(string):o on_unmapped:string:oc guard::oc " +
		"zero_missing:bool:oc zero_on_destroy:bool:oc id:string:c unmapped::c held_counts:map(map(number)):c last_pushed_at:string:c",
	"resource cloudradial_license_sync.guard": "max_decrease_percent:number:oc max_increase_percent:number:oc " +
		"max_account_percent:number:oc max_first_units:number:oc approved:string:o",
	"resource cloudradial_license_sync.unmapped": "account_id:string:c service:string:c unit_count:number:c",
	"resource cloudradial_license_publication": "license_counts:map(map(object(assigned,enabled,flags,product_name,purchased))):r " +
		"company_mappings:map(object(account_id,company_id)):r asset_type:string:oc id:string:c asset_type_id:number:c " +
		"field_ids:map(number):c published:map(map(object(assigned,purchased))):c drift:map(string):c",
	"resource cloudradial_company_token":        "company_id:number:r name:string:r value:string:r",
	"list cloudradial_company_mapping":          "name_contains:string:o with_company:bool:o",
	"list cloudradial_license_mapping":          "name_contains:string:o with_skus:bool:o",
	"list cloudradial_company_token":            "company_id:number:o",
	"action cloudradial_push_unit_counts":       "unit_counts:map(map(number)):r min_units:number:r max_units:number:r",
	"identity cloudradial_gradient_integration": "id:string:required",
	"identity cloudradial_company_mapping":      "account_id:string:required",
	"identity cloudradial_license_mapping":      "service:string:required",
	"identity cloudradial_license_publication":  "asset_type:string:optional id:string:required",
	"identity cloudradial_company_token":        "company_id:number:required name:string:required",
	"data cloudradial_license_counts": "tenants:map(string):r shared_tenants::o partner_tenant_ids:set(string):o exclude_skus:set(string):o include_free:bool:o " +
		"on_trials_unknown:string:o on_error:string:o tenant_timeout:string:o with_details:bool:o " +
		"counts:map(map(object(active,assigned,enabled,entitled,flags,product_name,purchased,sku_id))):c " +
		"details:map(map(object(applies_to,available,locked_out,status,subscriptions,suspended,trial,warning))):c " +
		"shared_tenants_detail:map(object(assigned_mismatch,disabled,guests,unassigned,unmatched_domains)):c " +
		"errors:map(string):c totals:map(object(assigned,purchased)):c tenant_ids:map(string):c owners:map(object(counted,seats,tenants)):c",
	"data cloudradial_license_counts.shared_tenants": "domains_by_account:map(list(string)):r match:string:o",
	"data cloudradial_companies":                     "name_contains:string:o companies::c",
	"data cloudradial_companies.companies":           "company_id:number:c name:string:c psa_key:number:c psa_identifier:string:c domains:list(string):c",
	"data cloudradial_gradient_accounts":             "accounts::c",
	"data cloudradial_gradient_accounts.accounts": "account_id:string:c name:string:c description:string:c " +
		"is_mapped:bool:c",
	"data cloudradial_gradient_services": "services::c",
	"data cloudradial_gradient_services.services": "service_id:string:c name:string:c description:string:c category:string:c " +
		"subcategory:string:c",
	"data cloudradial_gradient_integration": "id:string:c organization_id:string:c organization_name:string:c vendor_id:string:c " +
		"vendor_name:string:c status:string:c last_synced_at:string:c",
	"data cloudradial_reconciliation": "license_counts:dynamicpseudotype:r " +
		"company_mappings::r license_mappings::r asset_type:string:o gradient_counts:map(map(number)):o psa_counts:map(map(number)):o psa_lines::o " +
		"tolerance:number:o fail_on:set(string):o rows::c differences::c in_agreement:bool:c summary::c unmapped_skus::c " +
		"unmapped_companies::c unmapped_accounts::c unreadable_tenants:list(string):c flagged::c report_markdown:string:c",
	"data cloudradial_reconciliation.psa_lines": "account_id:string:r service:string:r product:string:o agreement:string:o quantity:number:o " +
		"billed_quantity:number:o effective_date:string:o cancelled_date:string:o flags:list(string):o",
	"data cloudradial_reconciliation.company_mappings": "account_id:string:r company_id:number:o name:string:o",
	"data cloudradial_reconciliation.license_mappings": "service:string:r skus:set(string):r basis:string:o",
	"data cloudradial_reconciliation.rows":             reviewedPair,
	"data cloudradial_reconciliation.differences":      reviewedPair,
	"data cloudradial_reconciliation.summary":          "pairs:map(number):c units:map(number):c",
	"data cloudradial_reconciliation.unmapped_skus": "sku:string:c sku_id:string:c product_name:string:c purchased:number:c " +
		"tenants:map(number):c",
	"data cloudradial_reconciliation.unmapped_companies": "company_id:number:c name:string:c",
	"data cloudradial_reconciliation.unmapped_accounts":  "account_id:string:c name:string:c",
	"data cloudradial_reconciliation.flagged": "tenant:string:c account_id:string:c sku:string:c sku_id:string:c product_name:string:c " +
		"service:string:c purchased:number:c assigned:number:c flags:list(string):c",
	"data cloudradial_psa_counts": "accounts:map(string):r services:map(list(string)):r product_prefixes:set(string):o on:string:o on_error:string:o " +
		"date:string:c counts:map(map(number)):c lines::c unmapped::c errors:map(string):c",
	"data cloudradial_psa_counts.lines": "account_id:string:c service:string:c product:string:c agreement:string:c quantity:number:c " +
		"billed_quantity:number:c effective_date:string:c cancelled_date:string:c flags:list(string):c",
	"data cloudradial_psa_counts.unmapped": "account_id:string:c company:string:c product:string:c quantity:number:c",
	"data cloudradial_company_matches": "left:map(string):r right:map(string):r exact:map(string):c likely::c " +
		"ambiguous:map(list(object(reason,right,right_name,score))):c unmatched::c csv:string:c",
	"data cloudradial_company_matches.likely": "left:string:c left_name:string:c right:string:c right_name:string:c score:number:c " +
		"reason:string:c",
	"data cloudradial_company_matches.unmatched": "left:list(string):c right:list(string):c",
	"data cloudradial_preflight": "tenants:map(string):o shared_domains:map(list(string)):o partner_tenant_ids:set(string):o ready:bool:c problems::c facts:map(string):c " +
		"sandbox_flags:string:c report_markdown:string:c",
	"data cloudradial_preflight.problems": "severity:string:c system:string:c subject:string:c summary:string:c detail:string:c remedy:string:c",
	"data cloudradial_microsoft_tenants":  "partner_tenant_id:string:r expiring_within_days:number:o tenants::c",
	"data cloudradial_microsoft_tenants.tenants": "tenant_id:string:c name:string:c default_domain:string:c relationship_name:string:c " +
		"status:string:c end_date:string:c auto_extend_days:number:c source:string:c",
	"function unit_counts": "license_counts:dynamicpseudotype " +
		"company_mappings:map(object(account_id)) license_mappings:map(object(basis,service,skus)) return:map(map(number))",
	"function uncounted_seats": "license_counts:map(map(object(purchased,sku_id))) " +
		"license_mappings:map(object(basis,service,skus)) return:map(map(number))",
	"function companies_from_csv":  "csv_base64:string return:map(object(account_id,company_id,domains,name,shared_tenant,tenants))",
	"function licenses_from_csv":   "csv_base64:string return:map(object(basis,category,description,service,skus,subcategory))",
	"function psa_counts_from_csv": "csv_base64:string return:map(map(number))",
	"function review_page":         "reconciliation:dynamicpseudotype return:string",
}

// reviewedPair is a row of the reconciliation.
const reviewedPair = "account_id:string:c account_name:string:c service:string:c microsoft:number:c cloudradial:number:c gradient:number:c " +
	"psa:number:c status:string:c reason:string:c"

func TestPublicInterface(t *testing.T) {
	t.Parallel()
	server, err := providerserver.NewProtocol6WithError(New("test")())()
	if err != nil {
		t.Fatal(err)
	}
	schema, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil || len(schema.Diagnostics) > 0 {
		t.Fatal(err, schema.Diagnostics)
	}
	found := map[string]bool{}
	noteIdentities(t, found, server)
	note := func(where string, schema *tfprotov6.Schema) { noteAttributes(found, where, schema.Block.Attributes) }
	note("provider", schema.Provider)
	for name, resource := range schema.ListResourceSchemas {
		note("list "+name, resource)
	}
	for name, action := range schema.ActionSchemas {
		note("action "+name, action.Schema)
	}
	for name, resource := range schema.ResourceSchemas {
		note("resource "+name, resource)
	}
	for name, source := range schema.DataSourceSchemas {
		note("data "+name, source)
	}
	for name, function := range schema.Functions {
		for _, parameter := range function.Parameters {
			found["function "+name+" "+parameter.Name+":"+typeName(parameter.Type)] = true
		}
		found["function "+name+" return:"+typeName(function.Return.Type)] = true
	}
	pinned := map[string]bool{}
	for where, attributes := range publicInterface {
		for _, attribute := range strings.Fields(attributes) {
			pinned[where+" "+attribute] = true
		}
	}
	for _, attribute := range slices.Sorted(maps.Keys(pinned)) {
		if !found[attribute] {
			t.Errorf("the provider has no %s", attribute)
		}
	}
	for _, attribute := range slices.Sorted(maps.Keys(found)) {
		if !pinned[attribute] {
			t.Errorf("%s is not pinned: add it to publicInterface", attribute)
		}
	}
}

func noteIdentities(t *testing.T, found map[string]bool, server tfprotov6.ProviderServer) {
	t.Helper()
	answer, err := server.GetResourceIdentitySchemas(t.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil || len(answer.Diagnostics) > 0 {
		t.Fatal(err, answer.Diagnostics)
	}
	for name, schema := range answer.IdentitySchemas {
		for _, a := range schema.IdentityAttributes {
			use := "optional"
			if a.RequiredForImport {
				use = "required"
			}
			found["identity "+name+" "+a.Name+":"+typeName(a.Type)+":"+use] = true
			if !strings.HasSuffix(a.Description, ".") {
				t.Errorf("the description of %s in the identity of %s does not end in a full stop: %q", a.Name, name, a.Description)
			}
		}
	}
}

func noteAttributes(found map[string]bool, where string, attributes []*tfprotov6.SchemaAttribute) {
	for _, a := range attributes {
		var flags string
		for _, flag := range []struct {
			set  bool
			name string
		}{{a.Required, "r"}, {a.Optional, "o"}, {a.Computed, "c"}, {a.Sensitive, "s"}} {
			if flag.set {
				flags += flag.name
			}
		}
		found[where+" "+a.Name+":"+typeName(a.Type)+":"+flags] = true
		if a.NestedType != nil {
			noteAttributes(found, where+"."+a.Name, a.NestedType.Attributes)
		}
	}
}

// typeName is short: of an object it shows the names only.
func typeName(of tftypes.Type) string {
	switch of := of.(type) {
	case tftypes.Map:
		return "map(" + typeName(of.ElementType) + ")"
	case tftypes.Set:
		return "set(" + typeName(of.ElementType) + ")"
	case tftypes.List:
		return "list(" + typeName(of.ElementType) + ")"
	case tftypes.Object:
		return "object(" + strings.Join(slices.Sorted(maps.Keys(of.AttributeTypes)), ",") + ")"
	case nil:
		return ""
	}
	return strings.ToLower(strings.TrimPrefix(of.String(), "tftypes."))
}
