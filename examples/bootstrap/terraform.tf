terraform {
  required_version = ">= 1.7" # OpenTofu 1.7, Terraform 1.8: the first with provider functions

  required_providers {
    cloudradial = {
      source = "msp-as-code/cloudradial"
    }
  }
}

# Keys come from the environment: CLOUDRADIAL_*, ARM_*.
provider "cloudradial" {}
