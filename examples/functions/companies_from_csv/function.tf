terraform {
  required_providers {
    cloudradial = {
      source = "msp-as-code/cloudradial"
    }
  }
}

locals {
  # companies.csv:
  #
  #   account_id,company_id,psa_account,tenant
  #   brightwater,102,Brightwater Dental,brightwaterdental.example
  #   fairhaven,106,Fairhaven Retail Group,fairhavenretail.example fairhavenstores.example
  companies = provider::cloudradial::companies_from_csv(filebase64("${path.module}/companies.csv"))
}

resource "cloudradial_company_mapping" "this" {
  for_each   = local.companies
  account_id = each.key
  company_id = each.value.company_id
  name       = each.value.name
}

data "cloudradial_license_counts" "m365" {
  tenants = merge(values(local.companies)[*].tenants...)
}
