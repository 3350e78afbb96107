locals {
  companies = { for r in csvdecode(file("${path.module}/companies.csv")) : r.account_id => r }
  licenses  = { for r in csvdecode(file("${path.module}/licenses.csv")) : r.service => r... }
  invoiced  = { for r in csvdecode(file("${path.module}/psa-export.csv")) : r.account_id => r... }
}

data "cloudradial_license_counts" "m365" {
  tenants  = { for id, company in local.companies : id => company.tenant }
  on_error = "skip" # a tenant that cannot be read is listed in unreadable_tenants, together with all others here
}

# What Gradient has accepted, an output of the estate. Pairs that are not mapped in Gradient yet were not accepted, and an account
# whose counts are unknown now keeps those it had:
#
#   output "unit_counts" {
#     value = {
#       for id, services in cloudradial_license_sync.m365.unit_counts : id => services == null ? lookup(cloudradial_license_sync.m365.held_counts, id, null) : {
#         for service, units in services : service => units
#         if !contains(cloudradial_license_sync.m365.unmapped[*], { account_id = id, service = service, unit_count = units })
#       }
#     }
#   }
data "terraform_remote_state" "estate" {
  backend = "local"
  config  = { path = "../estate/terraform.tfstate" }
}

data "cloudradial_reconciliation" "this" {
  license_counts = data.cloudradial_license_counts.m365.counts

  # Take these from the files, not from the resources, so that the review is known in a plan with pending changes.
  company_mappings = {
    for id, company in local.companies : id => { account_id = id, company_id = company.company_id, name = company.psa_account }
  }
  license_mappings = { for service, rows in local.licenses : service => { service = service, skus = rows[*].sku } }

  asset_type      = "Microsoft 365 Licenses" # what cloudradial_license_publication wrote
  gradient_counts = data.terraform_remote_state.estate.outputs.unit_counts
  psa_counts      = { for id, rows in local.invoiced : id => { for row in rows : row.service => tonumber(row.quantity) } }
}

output "report" {
  value = data.cloudradial_reconciliation.this.report_markdown
}
