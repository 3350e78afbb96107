terraform {
  required_providers {
    cloudradial = {
      source = "msp-as-code/cloudradial"
    }
  }
}

locals {
  # licenses.csv:
  #
  #   service,sku
  #   Microsoft 365 Business Premium,SPB
  #   Microsoft 365 E5,SPE_E5
  #   Microsoft 365 E5,SPE_E5_NOPSTNCONF
  licenses = provider::cloudradial::licenses_from_csv(filebase64("${path.module}/licenses.csv"))
}

resource "cloudradial_license_mapping" "this" {
  for_each = local.licenses
  service  = each.key
  skus     = each.value.skus
  basis    = each.value.basis # null is the default
}
