resource "cloudradial_company_mapping" "this" {
  for_each   = local.companies
  company_id = each.value.company_id
  account_id = each.key
  name       = each.value.name
}

resource "cloudradial_license_mapping" "this" {
  for_each = local.licenses
  service  = each.key
  skus     = each.value.skus
}

resource "cloudradial_license_sync" "m365" {
  unit_counts = provider::cloudradial::unit_counts(
    data.cloudradial_license_counts.m365.counts,
    cloudradial_company_mapping.this,
    cloudradial_license_mapping.this,
  )
  uncounted_seats = provider::cloudradial::uncounted_seats(
    data.cloudradial_license_counts.m365.counts,
    cloudradial_license_mapping.this,
  )
  depends_on = [cloudradial_gradient_integration.this]
}
