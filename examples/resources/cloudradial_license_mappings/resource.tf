# One row per SKU: service,sku. Rows with the same service are added up.
locals {
  licenses = { for r in csvdecode(trimprefix(file("${path.module}/licenses.csv"), "\ufeff")) : r.service => r... if r.service != "" }
}

# Service names are permanent: Gradient can neither rename nor remove a service.
resource "cloudradial_license_mappings" "this" {
  services = {
    for service, rows in local.licenses : service => { # exactly the product's name in the PSA
      skus = rows[*].sku
    }
  }
}

# Services in Gradient that are not in the file: made by another tool, or removed from the file.
output "unmanaged_services" {
  value = cloudradial_license_mappings.this.unmanaged[*].name
}
