locals {
  companies = {
    brightwater = { company_id = 102, tenant = "brightwaterdental.example" }
    cedar-grove = { company_id = 103, tenant = "cedargrove.example" }
  }
}

data "cloudradial_license_counts" "m365" {
  tenants  = { for account, company in local.companies : account => company.tenant }
  on_error = "skip" # the rows of a company whose tenant cannot be read stay as they are
}

# Every company gets a row per SKU: product, purchased, assigned, available. The company mapping resources fit as
# company_mappings, too; a map made from the file needs no Gradient.
resource "cloudradial_license_publication" "m365" {
  license_counts   = data.cloudradial_license_counts.m365.counts
  company_mappings = { for account, company in local.companies : account => { company_id = company.company_id, account_id = account } }
}
