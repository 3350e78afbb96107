# The same in both forms.
locals {
  companies = provider::cloudradial::companies_from_csv(filebase64("${path.module}/companies.csv"))
  licenses  = provider::cloudradial::licenses_from_csv(filebase64("${path.module}/licenses.csv"))
}

resource "cloudradial_gradient_integration" "this" {}

data "cloudradial_license_counts" "m365" {
  tenants = merge(values(local.companies)[*].tenants...)
}
