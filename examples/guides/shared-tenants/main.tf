data "cloudradial_license_counts" "m365" {
  tenants = {
    "harbor-group" = "harborgroup.example"
    "alder-finch"  = "alderfinch.example"
  }

  shared_tenants = {
    "harbor-group" = {
      domains_by_account = {
        "harbor-marine" = ["harbormarine.example"]
        "harbor-retail" = ["harborretail.example", "harbor-shop.example"]
      }
    }
  }
}

# What the group pays for: seats that nobody has, and users of no other company. It has no names.
output "harbor_group" {
  value = data.cloudradial_license_counts.m365.shared_tenants_detail["harbor-group"]
}
