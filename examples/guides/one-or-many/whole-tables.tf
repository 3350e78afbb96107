resource "cloudradial_company_mappings" "this" {
  companies = {
    for account_id, company in local.companies : account_id => {
      company_id = tonumber(company.company_id)
      name       = company.psa_account
    }
  }
}

resource "cloudradial_license_mappings" "this" {
  services = { for service, rows in local.licenses : service => { skus = rows[*].sku } }
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
