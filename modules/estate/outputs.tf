# Known during the plan, so that it changes where a number changes. An account that is unknown is left out, because a null map is shown as
# tomap(null).
output "unit_counts" {
  description = "The unit counts that Gradient should have, by account and service. An account whose counts are unknown is left out. Where Gradient has something else, not_accepted says what."
  value       = { for account, counts in cloudradial_license_sync.m365.unit_counts : account => counts if counts != null }
}

output "not_accepted" {
  description = "What Gradient has instead of unit_counts, by account and service: the number that it accepted before, or null for none. Empty when Gradient has accepted everything."
  value       = local.not_accepted
}

output "unmapped" {
  description = "Pairs whose count Gradient refused, because nobody has mapped them there. Map them, and apply again."
  value       = cloudradial_license_sync.m365.unmapped
}

output "held_counts" {
  description = "Accepted counts of accounts whose tenant cannot be read now, and of pairs whose last count waits."
  value       = cloudradial_license_sync.m365.held_counts
}

output "uncounted_seats" {
  description = "Purchased seats that no license mapping counts, by account and SKU."
  value       = cloudradial_license_sync.m365.uncounted_seats
}

output "owners" {
  description = "Who sold the seats, by the id of the owner's tenant. Look here for partner_tenant_ids."
  value       = data.cloudradial_license_counts.m365.owners
}

output "license_counts" {
  description = "The seats of each tenant, for the module review. They change more often than what is billed: do not make them an output of the root module."
  value       = data.cloudradial_license_counts.m365.counts
}

output "companies" {
  description = "The companies of the file, for the module review."
  value       = local.companies
}

output "licenses" {
  description = "The services of the file, for the module review."
  value       = local.licenses
}

output "integration_id" {
  description = "The id of the integration in Gradient."
  value       = cloudradial_gradient_integration.this.id
}
