module "estate" {
  source = "../../modules/estate" # in your repository: github.com/msp-as-code/terraform-provider-cloudradial//modules/estate

  companies          = filebase64("${path.module}/companies.csv")
  licenses           = filebase64("${path.module}/licenses.csv")
  partner_tenant_ids = var.partner_tenant_ids
  approved           = var.approved # the code that a stopped plan prints, for that change alone
}

# What Gradient should have, and what it has instead, for the review. Add no output that changes while billing agrees, such as assigned
# seats: it would make every nightly plan exit 2.
output "unit_counts" {
  description = "The unit counts that Gradient should have, by account and service."
  value       = module.estate.unit_counts
}

output "not_accepted" {
  description = "What Gradient has instead: the number that it accepted before, or null for none. Empty when it has accepted everything."
  value       = module.estate.not_accepted
}
