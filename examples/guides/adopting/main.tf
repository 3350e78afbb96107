locals {
  companies = provider::cloudradial::companies_from_csv(filebase64("companies.csv"))
  licenses  = provider::cloudradial::licenses_from_csv(filebase64("licenses.csv"))
}

resource "cloudradial_company_mapping" "this" {
  for_each   = local.companies
  account_id = each.key
  company_id = each.value.company_id
  name       = each.value.name
}

resource "cloudradial_license_mapping" "this" {
  for_each = local.licenses
  service  = each.key
  skus     = each.value.skus
}

import {
  for_each = local.companies
  to       = cloudradial_company_mapping.this[each.key]
  id       = "${each.value.company_id}/${each.key}"
}

import {
  for_each = local.licenses
  to       = cloudradial_license_mapping.this[each.key]
  id       = each.key
}
