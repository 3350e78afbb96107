locals {
  # The files of the estate, read in the same way.
  rows         = { for r in csvdecode(trimprefix(file("${var.estate}/companies.csv"), "\ufeff")) : r.account_id => r if r.account_id != "" }
  licenses     = { for r in csvdecode(trimprefix(file("${var.estate}/licenses.csv"), "\ufeff")) : r.service => r... if r.service != "" }
  more_tenants = { for r in csvdecode(trimprefix(file("${var.estate}/more_tenants.csv"), "\ufeff")) : "${r.account_id}/${r.label}" => r if r.account_id != "" }

  # A company without Microsoft 365 has no count there. Units in another system are then a difference.
  companies = { for id, r in local.rows : id => r if r.tenant != "" }
  company_mappings = {
    for id, r in local.companies : id => { account_id = id, company_id = tonumber(r.company_id), name = r.psa_account }
  }

  psa        = var.psa_file == null ? [] : csvdecode(trimprefix(file(var.psa_file), "\ufeff"))
  psa_rows   = { for r in local.psa : r.account_id => r... if r.account_id != "" }
  psa_counts = { for id, rows in local.psa_rows : id => { for r in rows : r.service => tonumber(r.quantity) } }
}

data "cloudradial_license_counts" "m365" {
  tenants = merge(
    { for id, company in local.companies : id => company.tenant },
    { for key, more in local.more_tenants : key => more.tenant },
  )
  partner_tenant_ids = var.partner_tenant_ids
  on_error           = "skip" # the report lists a tenant that cannot be read, together with all others
}

# Publishes the numbers in the portal, for customers and account managers.
resource "cloudradial_license_publication" "m365" {
  license_counts   = data.cloudradial_license_counts.m365.counts
  company_mappings = local.company_mappings
}

# If the state of the estate is not a local file, change the backend.
data "terraform_remote_state" "estate" {
  count   = fileexists(var.estate_state) ? 1 : 0
  backend = "local"
  config  = { path = var.estate_state }
}

# Refers only to files and data sources, so that it is known during the plan. It shows CloudRadial as it was before this run
# publishes.
data "cloudradial_reconciliation" "m365" {
  license_counts   = data.cloudradial_license_counts.m365.counts
  company_mappings = local.company_mappings
  license_mappings = { for service, rows in local.licenses : service => { service = service, skus = rows[*].sku } }
  asset_type       = "Microsoft 365 Licenses" # the publication's default
  gradient_counts  = try(data.terraform_remote_state.estate[0].outputs.unit_counts, null)
  psa_counts       = var.psa_file == null ? null : local.psa_counts
  tolerance        = var.tolerance
}

output "report_markdown" {
  description = "The review on one page."
  value       = data.cloudradial_reconciliation.m365.report_markdown
}

output "in_agreement" {
  description = "Whether all systems that were asked agree, and every tenant could be read."
  value       = data.cloudradial_reconciliation.m365.in_agreement
}

output "summary" {
  description = "Pairs of account and service by status, and units by system."
  value       = data.cloudradial_reconciliation.m365.summary
}
