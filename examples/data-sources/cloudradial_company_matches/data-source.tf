data "cloudradial_companies" "all" {}

# The PSA's accounts, exported by hand: a CSV file with the columns id and name.
locals {
  psa = { for r in csvdecode(trimprefix(file("${path.module}/psa_accounts.csv"), "\ufeff")) : r.id => r.name if r.name != "" }
}

data "cloudradial_company_matches" "psa" {
  left  = { for c in data.cloudradial_companies.all.companies : c.company_id => c.name if c.name != null && c.name != "" }
  right = local.psa
}

# terraform output -raw proposal > proposal.csv, then delete what is wrong.
output "proposal" {
  value = data.cloudradial_company_matches.psa.csv
}

# What a person has to look at.
output "open" {
  value = {
    ambiguous = data.cloudradial_company_matches.psa.ambiguous
    unmatched = data.cloudradial_company_matches.psa.unmatched
  }
}
