locals {
  companies = provider::cloudradial::companies_from_csv(var.companies)
  licenses  = provider::cloudradial::licenses_from_csv(var.licenses)
  # Companies that share the tenant of another one, by that one.
  sharing = { for id, company in local.companies : company.shared_tenant => id... if company.shared_tenant != null }

  psa_ids = { for company in flatten(data.cloudradial_companies.psa[*].companies) : company.company_id => company.psa_key if company.psa_key != 0 }

  # What Gradient has accepted: the unit counts, and what it has instead of them.
  accepted = var.gradient == null ? null : {
    for account in setunion(keys(var.gradient.unit_counts), keys(var.gradient.not_accepted)) : account => {
      for service, units in merge(lookup(var.gradient.unit_counts, account, {}), lookup(var.gradient.not_accepted, account, {})) : service => units if units != null
    }
  }
}

# What the PSA itself will bill, on the day on which an approval of today takes effect. CloudRadial knows the id that a company has in the PSA.
data "cloudradial_companies" "psa" {
  count = var.read_psa ? 1 : 0
}

data "cloudradial_psa_counts" "m365" {
  count    = var.read_psa ? 1 : 0
  accounts = { for id, company in local.companies : id => try(tostring(local.psa_ids[company.company_id]), null) }
  services = { for service in keys(local.licenses) : service => null } # the PSA's product has the name of the service
  on_error = "skip"                                                    # the report lists a company whose lines cannot be read
}

data "cloudradial_license_counts" "m365" {
  tenants = merge(values(local.companies)[*].tenants...)
  shared_tenants = { for group, ids in local.sharing : group => {
    domains_by_account = { for id in ids : id => local.companies[id].domains }
  } }
  partner_tenant_ids = var.partner_tenant_ids
  exclude_skus       = var.exclude_skus
  on_trials_unknown  = var.on_trials_unknown
  tenant_timeout     = var.tenant_timeout
  on_error           = "skip" # the report lists a tenant that cannot be read, together with all others
}

# Publishes the numbers in the portal, for customers and account managers.
resource "cloudradial_license_publication" "m365" {
  count            = var.publish ? 1 : 0
  license_counts   = data.cloudradial_license_counts.m365.counts
  company_mappings = local.companies
  asset_type       = var.asset_type
}

# Refers only to files and data sources, so that it is known during the plan. It shows CloudRadial as it was before this run publishes.
data "cloudradial_reconciliation" "m365" {
  license_counts = data.cloudradial_license_counts.m365.counts
  company_mappings = {
    for id, company in local.companies : id => { account_id = id, company_id = company.company_id, name = company.name }
  }
  license_mappings = { for service, license in local.licenses : service => { service = service, skus = license.skus, basis = license.basis } }
  asset_type       = var.publish ? var.asset_type : null
  gradient_counts  = local.accepted
  psa_counts       = var.read_psa ? one(data.cloudradial_psa_counts.m365[*].counts) : (var.psa == null ? null : provider::cloudradial::psa_counts_from_csv(var.psa))
  psa_lines        = one(data.cloudradial_psa_counts.m365[*].lines)
  tolerance        = var.tolerance
  fail_on          = var.fail_on
}
