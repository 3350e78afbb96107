# The same in both forms.
locals {
  companies = { for r in csvdecode(trimprefix(file("${path.module}/companies.csv"), "\ufeff")) : r.account_id => r if join("", values(r)) != "" }
  licenses  = { for r in csvdecode(trimprefix(file("${path.module}/licenses.csv"), "\ufeff")) : r.service => r... if join("", values(r)) != "" }
}

resource "cloudradial_gradient_integration" "this" {}

data "cloudradial_license_counts" "m365" {
  tenants = { for id, company in local.companies : id => company.tenant }
}
