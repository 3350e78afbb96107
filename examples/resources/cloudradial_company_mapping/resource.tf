# account_id is what a reviewer reads in the plan of the sync, so a slug is better than a number.
resource "cloudradial_company_mapping" "brightwater" {
  company_id = 102
  account_id = "brightwater"
  name       = "Brightwater Dental" # exactly as in the PSA: then Gradient can match it by itself
}
