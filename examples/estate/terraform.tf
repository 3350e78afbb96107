terraform {
  required_version = ">= 1.7" # OpenTofu 1.7, Terraform 1.8: the first with provider functions

  required_providers {
    cloudradial = {
      source = "msp-as-code/cloudradial"
    }
  }

  # Terraform must keep its state: it says what Gradient has accepted, which cannot be read back. On a laptop a file will do. CI needs a
  # backend with locking, or every night begins without a state:
  #
  # backend "azurerm" {
  #   resource_group_name  = "billing"
  #   storage_account_name = "billingstate"
  #   container_name       = "tfstate"
  #   key                  = "estate.tfstate"
  #   use_azuread_auth     = true
  # }
}

# Keys come from the environment: GRADIENT_*, CLOUDRADIAL_*, ARM_*.
provider "cloudradial" {}
