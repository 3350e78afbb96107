locals {
  companies = provider::cloudradial::companies_from_csv(filebase64("${path.module}/companies.csv"))
  licenses  = provider::cloudradial::licenses_from_csv(filebase64("${path.module}/licenses.csv"))
}

data "cloudradial_license_counts" "m365" {
  tenants  = merge(values(local.companies)[*].tenants...)
  on_error = "skip" # a tenant that cannot be read is listed in unreadable_tenants, together with all others here
}

# The outputs unit_counts and not_accepted of the example estate: what Gradient should have, and what it has instead.
data "terraform_remote_state" "estate" {
  backend = "local"
  config  = { path = "../estate/terraform.tfstate" }
}

locals {
  counts  = data.terraform_remote_state.estate.outputs.unit_counts
  instead = data.terraform_remote_state.estate.outputs.not_accepted
  accepted = {
    for account in setunion(keys(local.counts), keys(local.instead)) : account => {
      for service, units in merge(lookup(local.counts, account, {}), lookup(local.instead, account, {})) : service => units if units != null
    }
  }
}

data "cloudradial_reconciliation" "this" {
  license_counts = data.cloudradial_license_counts.m365.counts

  # Take these from the files, not from the resources, so that the review is known in a plan with pending changes.
  company_mappings = {
    for id, company in local.companies : id => { account_id = id, company_id = company.company_id, name = company.name }
  }
  license_mappings = { for service, license in local.licenses : service => { service = service, skus = license.skus, basis = license.basis } }

  asset_type      = "Microsoft 365 Licenses" # what cloudradial_license_publication wrote
  gradient_counts = local.accepted

  # The lines of one product are added up, and 1,020.00 is a number. An empty quantity is unknown, not 0.
  psa_counts = provider::cloudradial::psa_counts_from_csv(filebase64("${path.module}/psa-export.csv"))
}

output "report" {
  value = data.cloudradial_reconciliation.this.report_markdown
}
