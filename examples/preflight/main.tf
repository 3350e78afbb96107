# Checks the keys and what the three systems answer, with reads and sign-ins only. It creates and changes nothing.
terraform {
  required_version = ">= 1.7" # OpenTofu 1.7, Terraform 1.8: the first with provider functions

  required_providers {
    cloudradial = {
      source = "msp-as-code/cloudradial"
    }
  }
}

# Keys come from the environment: GRADIENT_*, CLOUDRADIAL_*, ARM_*.
provider "cloudradial" {}

variable "tenants" {
  description = "Some customer tenants, by any name you like: tenant id or domain."
  type        = map(string)
  default     = {}
}

variable "partner_tenant_ids" {
  description = "Your own tenant and your distributor's, if you know them."
  type        = set(string)
  default     = []
}

data "cloudradial_preflight" "this" {
  tenants            = var.tenants
  partner_tenant_ids = var.partner_tenant_ids
}

output "ready" {
  description = "Whether nothing that was found stops a license sync."
  value       = data.cloudradial_preflight.this.ready
}

output "report" {
  description = "What was found, on one page of Markdown."
  value       = data.cloudradial_preflight.this.report_markdown
}

output "sandbox_flags" {
  description = "What makes the sandbox of this repository answer as these systems do. Give it in an issue."
  value       = data.cloudradial_preflight.this.sandbox_flags
}
