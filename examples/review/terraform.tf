terraform {
  required_version = ">= 1.8" # OpenTofu: >= 1.7

  required_providers {
    cloudradial = {
      source = "msp-as-code/cloudradial"
    }
  }
}

# Keys come from the environment: CLOUDRADIAL_*, ARM_*, and GRADIENT_* to find accounts that are not mapped.
provider "cloudradial" {}
