locals {
  companies = provider::cloudradial::companies_from_csv(var.companies)
  licenses  = provider::cloudradial::licenses_from_csv(var.licenses)
  as_items  = var.mappings == "items"
  # Companies that share the tenant of another one, by that one.
  sharing = { for id, company in local.companies : company.shared_tenant => id... if company.shared_tenant != null }
}

resource "cloudradial_gradient_integration" "this" {
  enabled = var.enabled
}

resource "cloudradial_company_mappings" "this" {
  count     = local.as_items ? 0 : 1
  companies = { for id, company in local.companies : id => { company_id = company.company_id, name = company.name } }

  depends_on = [cloudradial_gradient_integration.this]
}

resource "cloudradial_company_mapping" "this" {
  for_each   = { for id, company in local.companies : id => company if local.as_items }
  account_id = each.key
  company_id = each.value.company_id
  name       = each.value.name

  depends_on = [cloudradial_gradient_integration.this]
}

resource "cloudradial_license_mappings" "this" {
  count = local.as_items ? 0 : 1
  services = { for service, license in local.licenses : service => {
    skus        = license.skus
    basis       = license.basis
    category    = license.category
    subcategory = license.subcategory
    description = license.description
  } }

  # A saved plan that is applied with the keys of another integration stops there, before it makes a service that nobody can remove.
  depends_on = [cloudradial_gradient_integration.this]
}

resource "cloudradial_license_mapping" "this" {
  for_each    = { for service, license in local.licenses : service => license if local.as_items }
  service     = each.key
  skus        = each.value.skus
  basis       = each.value.basis
  category    = each.value.category
  subcategory = each.value.subcategory
  description = each.value.description

  # A saved plan that is applied with the keys of another integration stops there, before it makes a service that nobody can remove.
  depends_on = [cloudradial_gradient_integration.this]
}

# It refers to the files and not to the mappings: Terraform reads a data source during apply when it refers to a resource with pending
# changes, and then the plan shows no number.
data "cloudradial_license_counts" "m365" {
  tenants = merge(values(local.companies)[*].tenants...)
  shared_tenants = { for group, ids in local.sharing : group => {
    domains_by_account = { for id in ids : id => local.companies[id].domains }
  } }
  partner_tenant_ids = var.partner_tenant_ids
  exclude_skus       = var.exclude_skus
  on_error           = var.on_error
  on_trials_unknown  = var.on_trials_unknown
  tenant_timeout     = var.tenant_timeout
}

resource "cloudradial_license_sync" "m365" {
  unit_counts     = provider::cloudradial::unit_counts(data.cloudradial_license_counts.m365.counts, local.companies, local.licenses)
  uncounted_seats = provider::cloudradial::uncounted_seats(data.cloudradial_license_counts.m365.counts, local.licenses)
  on_unmapped     = var.on_unmapped
  guard           = merge(var.guard, { approved = var.approved })
  triggers        = merge({ month = formatdate("YYYY-MM", plantimestamp()) }, var.triggers)
  zero_missing    = var.zero_missing
  zero_on_destroy = var.zero_on_destroy

  # Counts need their accounts and services.
  depends_on = [
    cloudradial_gradient_integration.this,
    cloudradial_company_mappings.this,
    cloudradial_company_mapping.this,
    cloudradial_license_mappings.this,
    cloudradial_license_mapping.this,
  ]
}

locals {
  refused = { for pair in cloudradial_license_sync.m365.unmapped : pair.account_id => pair.service... }
  held    = cloudradial_license_sync.m365.held_counts
  not_accepted = {
    for account in setunion(keys(local.refused), keys(local.held)) : account => merge(
      { for service in lookup(local.refused, account, []) : service => null },
      lookup(local.held, account, {}),
    )
  }
}
