list "cloudradial_company_mapping" "accounts" {
  provider = cloudradial
  limit    = 5000 # the default is 100

  config {
    with_company = true # leave it out to see the accounts without a company, too
  }
}
