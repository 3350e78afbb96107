# One row per SKU: service,sku. Several rows of one service are added up.
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

# What Gradient has and the file does not: left by another tool, or taken out of the file.
output "unmanaged_services" {
  value = cloudradial_license_mappings.this.unmanaged[*].name
}
