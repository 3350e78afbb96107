resource "cloudradial_company_mappings" "this" {
  companies = { for id, company in local.companies : id => { company_id = company.company_id, name = company.name } }
}

resource "cloudradial_license_mappings" "this" {
  services = { for service, license in local.licenses : service => { skus = license.skus } }
}

resource "cloudradial_license_sync" "m365" {
  unit_counts = provider::cloudradial::unit_counts(
    data.cloudradial_license_counts.m365.counts,
    cloudradial_company_mappings.this.companies,
    cloudradial_license_mappings.this.services,
  )
  uncounted_seats = provider::cloudradial::uncounted_seats(
    data.cloudradial_license_counts.m365.counts,
    cloudradial_license_mappings.this.services,
  )
  depends_on = [cloudradial_gradient_integration.this]
}
