# Reviewers read account_id in the plan of the sync, so a short name is better than a number.
resource "cloudradial_company_mapping" "brightwater" {
  company_id = 102
  account_id = "brightwater"
  name       = "Brightwater Dental" # exactly as in the PSA, so that Gradient matches it by itself
}
