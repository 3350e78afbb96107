provider "cloudradial" {
  alias = "gcc_high"
  microsoft = {
    environment = "usgovernment"
  }
}

data "cloudradial_license_counts" "gcc_high" {
  provider = cloudradial.gcc_high
  tenants  = { lakeside = "lakesidecounty.example" }
}
