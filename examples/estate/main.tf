locals {
  # Excel writes a byte-order mark and blank rows. A row with a forgotten key stays, because it must be an error and not vanish.
  companies    = { for r in csvdecode(trimprefix(file("${path.module}/companies.csv"), "\ufeff")) : r.account_id => r if join("", values(r)) != "" }
  licenses     = { for r in csvdecode(trimprefix(file("${path.module}/licenses.csv"), "\ufeff")) : r.service => r... if join("", values(r)) != "" }
  more_tenants = { for r in csvdecode(trimprefix(file("${path.module}/more_tenants.csv"), "\ufeff")) : "${r.account_id}/${r.label}" => r if join("", values(r)) != "" }
}

resource "cloudradial_gradient_integration" "this" {}

resource "cloudradial_company_mapping" "this" {
  for_each   = local.companies
  company_id = tonumber(each.value.company_id)
  account_id = each.key
  name       = each.value.psa_account

  depends_on = [cloudradial_gradient_integration.this]
}

resource "cloudradial_license_mapping" "this" {
  for_each = local.licenses
  service  = each.key
  skus     = each.value[*].sku

  # A saved plan that is applied with the keys of another integration stops there, before it makes a service that nobody can remove.
  depends_on = [cloudradial_gradient_integration.this]
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

  # Purchased seats that no license mapping counts. They are not pushed: the plan warns about each change, and apply acknowledges it.
  uncounted_seats = provider::cloudradial::uncounted_seats(
    data.cloudradial_license_counts.m365.counts,
    cloudradial_license_mapping.this,
  )

  # Once a month, before the invoices, everything is pushed. To force a sync, commit another key: the nightly run would undo a -var.
  triggers = { month = formatdate("YYYY-MM", plantimestamp()) }
  # The code that a stopped plan prints, for that change alone.
  guard = { approved = var.approved }

  depends_on = [cloudradial_gradient_integration.this]
}

locals {
  sync    = cloudradial_license_sync.m365
  refused = [for pair in local.sync.unmapped : "${pair.account_id}/${pair.service}"]
  taken = {
    for account, counts in local.sync.unit_counts : account => { for service, units in counts : service => units if !contains(local.refused, "${account}/${service}") }
    if counts != null
  }
  held = local.sync.held_counts # of unknown accounts, of farewells that wait, and of all that changes while the integration is inactive
}

# What Gradient has accepted, for the review. Add no output that changes while billing agrees, such as last_pushed_at or assigned seats:
# it would make every nightly plan exit 2.
output "unit_counts" {
  description = "What Gradient has accepted, by account and service. Null is unknown: nothing was accepted for the account yet."
  value = {
    for account in setunion(keys(local.sync.unit_counts), keys(local.held)) : account => (
      contains(keys(local.taken), account) || contains(keys(local.held), account)
      ? merge(lookup(local.taken, account, {}), lookup(local.held, account, {}))
      : null
    )
  }
}
