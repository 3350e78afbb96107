locals {
  companies = {
    brightwater = { company_id = 102, tenant = "brightwaterdental.example" }
    cedar-grove = { company_id = 103, tenant = "cedargrove.example" }
  }
}

data "cloudradial_license_counts" "m365" {
  tenants  = { for account, company in local.companies : account => company.tenant }
  on_error = "skip" # if a tenant cannot be read, the rows of its company stay as they are
}

# Every company gets a row per SKU: product, purchased, assigned, available. company_mappings also accepts the company mapping
# resources; a map made from the file needs no Gradient keys.
resource "cloudradial_license_publication" "m365" {
  license_counts   = data.cloudradial_license_counts.m365.counts
  company_mappings = { for account, company in local.companies : account => { company_id = company.company_id, account_id = account } }
}
