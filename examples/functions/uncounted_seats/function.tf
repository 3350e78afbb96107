terraform {
  required_providers {
    cloudradial = {
      source = "msp-as-code/cloudradial"
    }
  }
}

locals {
  uncounted_seats = provider::cloudradial::uncounted_seats(
    # The attribute counts of cloudradial_license_counts.
    {
      brightwater = {
        SPB         = { sku_id = "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46", purchased = 24 }
        VISIOCLIENT = { sku_id = "c5928f49-12ba-48f7-ada3-0d743a3601d5", purchased = 3 }
      }
    },
    # License mappings: a resource with for_each fits without change.
    { premium = { service = "Microsoft 365 Business Premium", skus = ["SPB"], basis = "purchased" } },
  )
  # { brightwater = { VISIOCLIENT = 3 } }
}
