terraform {
  required_version = ">= 1.7" # OpenTofu 1.7, Terraform 1.8: the first with provider functions

  required_providers {
    cloudradial = {
      source = "msp-as-code/cloudradial"
    }
  }
}

# Every argument can come from the environment, and secrets should. Each block is needed only by what uses it.
provider "cloudradial" {
  # CLOUDRADIAL_PUBLIC_KEY and CLOUDRADIAL_PRIVATE_KEY
  base_url = "https://api.us.cloudradial.com"

  # GRADIENT_VENDOR_API_KEY and GRADIENT_PARTNER_API_KEY
  gradient = {
    requests_per_second = 10
  }

  # ARM_CLIENT_ID and ARM_CLIENT_SECRET
  microsoft = {
    environment            = "public"
    max_concurrent_tenants = 16
  }
}
