variable "vendor_api_key" {
  type      = string
  ephemeral = true
}

variable "partner_api_key" {
  type      = string
  ephemeral = true
}

provider "cloudradial" {
  gradient = {
    vendor_api_key  = var.vendor_api_key
    partner_api_key = var.partner_api_key
  }
}
