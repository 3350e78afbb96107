# Reads the licence counts of each customer from Microsoft. It changes nothing, and needs no key of Gradient or CloudRadial:
#
#   export ARM_CLIENT_ID=… ARM_CLIENT_SECRET=…
#   terraform plan
terraform {
  required_version = ">= 1.7" # OpenTofu 1.7, Terraform 1.8: the first with provider functions

  required_providers {
    cloudradial = {
      source = "msp-as-code/cloudradial"
    }
  }
}

provider "cloudradial" {}

variable "tenants" {
  description = "Customer tenants by any name you like: tenant id or domain."
  type        = map(string)
  default     = {}
}

data "cloudradial_license_counts" "m365" {
  tenants  = var.tenants
  on_error = "skip" # a tenant that cannot be read is listed under errors instead of stopping the rest
}

output "purchased" {
  description = "Seats that would be billed, by tenant and SKU."
  value = {
    for tenant, skus in data.cloudradial_license_counts.m365.counts :
    tenant => skus == null ? null : { for part_number, count in skus : part_number => count.purchased }
  }
}

output "look_at" {
  description = "What deserves a second look: trials, grace periods, more assigned than purchased, …"
  value = {
    for tenant, skus in data.cloudradial_license_counts.m365.counts :
    tenant => { for part_number, count in skus : part_number => count.flags if length(count.flags) > 0 }
    if skus != null
  }
}

output "errors" {
  description = "Tenants that could not be read, and why."
  value       = data.cloudradial_license_counts.m365.errors
}
