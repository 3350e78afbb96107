terraform {
  required_providers {
    cloudradial = {
      source = "msp-as-code/cloudradial"
    }
  }
}

data "cloudradial_license_counts" "m365" {
  tenants = { brightwater = "brightwaterdental.example" }
}

data "cloudradial_reconciliation" "m365" {
  license_counts   = data.cloudradial_license_counts.m365.counts
  company_mappings = { brightwater = { account_id = "brightwater", company_id = 102, name = "Brightwater Dental" } }
  license_mappings = { premium = { service = "Microsoft 365 Business Premium", skus = ["SPB"] } }
  psa_counts       = { brightwater = { "Microsoft 365 Business Premium" = 12 } }
}

# terraform output -raw review_page >review.html
output "review_page" {
  value     = provider::cloudradial::review_page(data.cloudradial_reconciliation.m365)
  sensitive = true # or every apply would print it
}
