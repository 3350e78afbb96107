data "cloudradial_gradient_accounts" "all" {}

# What somebody has to map in Gradient. is_mapped is null where Gradient does not say.
output "not_mapped" {
  value = [for account in data.cloudradial_gradient_accounts.all.accounts : account.name if account.is_mapped == false]
}
