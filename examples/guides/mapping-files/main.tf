locals {
  companies = provider::cloudradial::companies_from_csv(filebase64("companies.csv"))
  licenses  = provider::cloudradial::licenses_from_csv(filebase64("licenses.csv"))
}

output "companies" {
  value = local.companies
}

output "licenses" {
  value = local.licenses
}
