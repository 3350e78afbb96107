terraform {
  required_providers {
    cloudradial = {
      source = "msp-as-code/cloudradial"
    }
  }
}

locals {
  unit_counts = provider::cloudradial::unit_counts(
    # The attribute counts of cloudradial_license_counts.
    {
      brightwater = {
        SPB = { sku_id = "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46", purchased = 24, enabled = 24, entitled = 24, assigned = 22 }
      }
    },
    # Company mappings: a resource with for_each fits without change.
    { brightwater = { account_id = "brightwater" } },
    # License mappings: likewise.
    { premium = { service = "Microsoft 365 Business Premium", skus = ["SPB"], basis = "purchased" } },
  )
  # { brightwater = { "Microsoft 365 Business Premium" = 24 } }
}
