data "cloudradial_license_counts" "m365" {
  tenants = {
    brightwater        = "brightwaterdental.example"
    fairhaven          = "fairhavenretail.example"
    "fairhaven/stores" = "fairhavenstores.example" # a second tenant of one company: account id, slash, label
    greenfield         = "none"                    # no Microsoft 365: its counts are empty, which is zero
    quillon            = ""                        # not known yet: its counts are null, which is "unknown", never zero
  }
  exclude_skus = ["POWER_BI_PRO"]
}

# The licences of each customer. This needs no mapping.
output "purchased" {
  value = {
    for key, skus in data.cloudradial_license_counts.m365.counts :
    key => { for part_number, count in skus : part_number => count.purchased } if skus != null
  }
}
