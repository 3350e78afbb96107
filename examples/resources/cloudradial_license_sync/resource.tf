resource "cloudradial_gradient_integration" "this" {}

resource "cloudradial_company_mapping" "this" {
  for_each = {
    brightwater = { company_id = 102, name = "Brightwater Dental" }
    cedar-grove = { company_id = 103, name = "Cedar Grove Logistics Inc." }
  }
  company_id = each.value.company_id
  account_id = each.key
  name       = each.value.name
}

resource "cloudradial_license_mapping" "this" {
  for_each = {
    "Microsoft 365 Business Premium" = ["SPB"]
    "Microsoft 365 E3"               = ["SPE_E3"]
  }
  service = each.key
  skus    = each.value
}

# Do not take the tenants from the mappings: Terraform reads a data source during apply when it refers to a resource with pending
# changes, and then the first plan shows no number.
data "cloudradial_license_counts" "m365" {
  tenants = {
    brightwater = "brightwaterdental.example"
    cedar-grove = "cedargrove.example"
  }
}

resource "cloudradial_license_sync" "m365" {
  unit_counts = provider::cloudradial::unit_counts(
    data.cloudradial_license_counts.m365.counts,
    cloudradial_company_mapping.this,
    cloudradial_license_mapping.this,
  )
  # Purchased seats that no license mapping counts. They are not pushed: the plan warns when they change.
  uncounted_seats = provider::cloudradial::uncounted_seats(
    data.cloudradial_license_counts.m365.counts,
    cloudradial_license_mapping.this,
  )
  triggers   = { month = formatdate("YYYY-MM", plantimestamp()) } # pushes all counts again, once a month
  guard      = { max_decrease_percent = 20, max_account_percent = 50 }
  depends_on = [cloudradial_gradient_integration.this]
}
