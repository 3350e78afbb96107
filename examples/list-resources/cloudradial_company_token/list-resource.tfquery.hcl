list "cloudradial_company_token" "partner_level" {
  provider = cloudradial

  config {
    company_id = 0 # leave it out for the tokens of all companies
  }
}
