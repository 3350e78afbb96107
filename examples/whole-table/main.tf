locals {
  companies = provider::cloudradial::companies_from_csv(filebase64("${path.module}/companies.csv"))
  licenses  = provider::cloudradial::licenses_from_csv(filebase64("${path.module}/licenses.csv"))
  # Companies that share the tenant of another one, by that one.
  sharing = { for id, company in local.companies : company.shared_tenant => id... if company.shared_tenant != null }
}

resource "cloudradial_gradient_integration" "this" {}

resource "cloudradial_company_mappings" "this" {
  companies = { for id, company in local.companies : id => { company_id = company.company_id, name = company.name } }

  depends_on = [cloudradial_gradient_integration.this]
}

resource "cloudradial_license_mappings" "this" {
  services = { for service, license in local.licenses : service => { skus = license.skus } }

  # A saved plan that is applied with the keys of another integration stops there, before it makes a service that nobody can remove.
  depends_on = [cloudradial_gradient_integration.this]
}

# Take the tenants from the files, not from the mappings: Terraform reads a data source during apply when it refers to a resource with
# pending changes, and then the first plan shows no number.
data "cloudradial_license_counts" "m365" {
  tenants = merge(values(local.companies)[*].tenants...)
  shared_tenants = { for group, ids in local.sharing : group => {
    domains_by_account = { for id in ids : id => local.companies[id].domains }
  } }
  partner_tenant_ids = var.partner_tenant_ids
}

resource "cloudradial_license_sync" "m365" {
  unit_counts = provider::cloudradial::unit_counts(
    data.cloudradial_license_counts.m365.counts,
    cloudradial_company_mappings.this.companies,
    cloudradial_license_mappings.this.services,
  )

  # Purchased seats that no license mapping counts. They are not pushed: the plan warns about each change, and apply acknowledges it.
  uncounted_seats = provider::cloudradial::uncounted_seats(
    data.cloudradial_license_counts.m365.counts,
    cloudradial_license_mappings.this.services,
  )

  # Once a month, before the invoices, everything is pushed. To force a sync, commit another key: the nightly run would undo a -var.
  triggers = { month = formatdate("YYYY-MM", plantimestamp()) }
  # The code that a stopped plan prints, for that change alone.
  guard = { approved = var.approved }

  depends_on = [cloudradial_gradient_integration.this]
}

locals {
  sync    = cloudradial_license_sync.m365
  refused = { for pair in local.sync.unmapped : pair.account_id => pair.service... }
}

# What Gradient should have, and what it has instead, for the review. Add no output that changes while billing agrees, such as
# last_pushed_at or assigned seats: it would make every nightly plan exit 2.
output "unit_counts" {
  description = "The unit counts that Gradient should have, by account and service."
  value       = { for account, counts in local.sync.unit_counts : account => counts if counts != null }
}

output "not_accepted" {
  description = "What Gradient has instead: the number that it accepted before, or null for none. Empty when it has accepted everything."
  value = {
    for account in setunion(keys(local.refused), keys(local.sync.held_counts)) : account => merge(
      { for service in lookup(local.refused, account, []) : service => null },
      lookup(local.sync.held_counts, account, {}),
    )
  }
}
