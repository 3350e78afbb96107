# One row per account: account_id,company_id,psa_account.
locals {
  companies = { for r in csvdecode(trimprefix(file("${path.module}/companies.csv"), "\ufeff")) : r.account_id => r if r.account_id != "" }
}

resource "cloudradial_company_mappings" "this" {
  companies = {
    for account_id, row in local.companies : account_id => {
      company_id = tonumber(row.company_id)
      name       = row.psa_account # exactly as in the PSA, so that Gradient matches it by itself
    }
  }
}

# Accounts in Gradient that are not in the file: made by another tool, or removed from the file.
output "unmanaged_accounts" {
  value = cloudradial_company_mappings.this.unmanaged[*].account_id
}
