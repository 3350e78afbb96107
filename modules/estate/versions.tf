terraform {
  # OpenTofu 1.7 and Terraform 1.8 are the first that know the functions of providers.
  required_version = ">= 1.7"

  required_providers {
    cloudradial = {
      source = "msp-as-code/cloudradial"
    }
  }
}
