locals {
  # Remove the byte-order mark and the blank rows that Excel writes.
  companies    = { for r in csvdecode(trimprefix(file("${path.module}/companies.csv"), "\ufeff")) : r.account_id => r if r.account_id != "" }
  licenses     = { for r in csvdecode(trimprefix(file("${path.module}/licenses.csv"), "\ufeff")) : r.service => r... if r.service != "" }
  more_tenants = { for r in csvdecode(trimprefix(file("${path.module}/more_tenants.csv"), "\ufeff")) : "${r.account_id}/${r.label}" => r if r.account_id != "" }
}

resource "cloudradial_gradient_integration" "this" {}

resource "cloudradial_company_mapping" "this" {
  for_each   = local.companies
  company_id = tonumber(each.value.company_id)
  account_id = each.key
  name       = each.value.psa_account
}

resource "cloudradial_license_mapping" "this" {
  for_each = local.licenses
  service  = each.key
  skus     = each.value[*].sku
}

# Take the tenants from the files, not from the mappings: Terraform reads a data source during apply when it refers to a resource with
# pending changes, and then the first plan shows no number.
data "cloudradial_license_counts" "m365" {
  tenants = merge(
    { for id, company in local.companies : id => company.tenant },
    { for key, more in local.more_tenants : key => more.tenant },
  )
  partner_tenant_ids = var.partner_tenant_ids
}

resource "cloudradial_license_sync" "m365" {
  unit_counts = provider::cloudradial::unit_counts(
    data.cloudradial_license_counts.m365.counts,
    cloudradial_company_mapping.this,
    cloudradial_license_mapping.this,
  )

  # Commit a new value to force a sync. The nightly run would undo a -var.
  triggers = { force = "2026-11-22" }
  # A variable, so that a single run can allow more.
  guard = { max_decrease_percent = var.max_decrease_percent }

  depends_on = [cloudradial_gradient_integration.this]
}

# What Gradient has accepted, for the review. Add no output that changes while billing agrees, such as last_pushed_at or assigned
# seats: it would make every nightly plan exit 2.
output "unit_counts" {
  description = "What Gradient has accepted, by account and service. What was refused as unmapped is not in it; null is unknown."
  value = {
    for account, units in cloudradial_license_sync.m365.unit_counts : account => (
      units == null
      ? lookup(cloudradial_license_sync.m365.held_counts, account, null) # unknown now: keep what was accepted before
      : { for service, n in units : service => n if !contains(local.unmapped, "${account}/${service}") }
    )
  }
}

locals {
  unmapped = [for pair in cloudradial_license_sync.m365.unmapped : "${pair.account_id}/${pair.service}"]
}
