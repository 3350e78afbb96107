# account_id is what a reviewer reads in the plan of the sync, so a slug is better than a number.
resource "cloudradial_company_mapping" "harbour_dental" {
  company_id = 101
  account_id = "harbour-dental"
  name       = "Harbour Dental Group, Inc." # exactly as in the PSA: then Gradient can match it by itself
}
