data "cloudradial_gradient_accounts" "all" {}

# Accounts that a person has to map in Gradient. is_mapped is null if Gradient does not report it.
output "not_mapped" {
  value = [for account in data.cloudradial_gradient_accounts.all.accounts : account.name if account.is_mapped == false]
}
