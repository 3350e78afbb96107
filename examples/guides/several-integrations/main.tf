variable "north_keys" {
  type      = object({ vendor = string, partner = string })
  sensitive = true
}

variable "south_keys" {
  type      = object({ vendor = string, partner = string })
  sensitive = true
}

provider "cloudradial" {
  alias    = "north"
  gradient = { vendor_api_key = var.north_keys.vendor, partner_api_key = var.north_keys.partner }
}

provider "cloudradial" {
  alias    = "south"
  gradient = { vendor_api_key = var.south_keys.vendor, partner_api_key = var.south_keys.partner }
}

module "north" {
  source    = "github.com/msp-as-code/terraform-provider-cloudradial//modules/estate"
  providers = { cloudradial = cloudradial.north }
  companies = filebase64("north/companies.csv")
  licenses  = filebase64("north/licenses.csv")
}

module "south" {
  source    = "github.com/msp-as-code/terraform-provider-cloudradial//modules/estate"
  providers = { cloudradial = cloudradial.south }
  companies = filebase64("south/companies.csv")
  licenses  = filebase64("south/licenses.csv")
}
