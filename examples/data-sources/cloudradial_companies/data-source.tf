data "cloudradial_companies" "all" {}

# A start for companies.csv: every company and its PSA identifier.
output "companies" {
  value = { for company in data.cloudradial_companies.all.companies : company.company_id => company.name }
}
