# With the whole-table resources, whose maps fit without change.
resource "cloudradial_company_mappings" "this" {
  companies = {
    brightwater = { company_id = 102, name = "Brightwater Dental" }
  }
}

resource "cloudradial_license_mappings" "this" {
  services = {
    "Microsoft 365 Business Premium" = { skus = ["SPB"] }
  }
}

data "cloudradial_license_counts" "m365" {
  tenants = { brightwater = "brightwaterdental.example" }
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
}
