data "cloudradial_license_counts" "m365" {
  tenants = {
    harbour-dental  = "harbourdental.example"
    "millbrook/uk"  = "millbrook.example"    # a company with several tenants: account id, slash, label
    "millbrook/usa" = "millbrookusa.example" # the function sums them
    northgate       = ""                     # no tenant: its counts are null, which is "unknown", never zero
  }
  exclude_skus = ["POWER_BI_PRO"]
}

# What each customer holds, for a look without any mapping.
output "purchased" {
  value = {
    for key, skus in data.cloudradial_license_counts.m365.counts :
    key => { for part_number, count in skus : part_number => count.purchased } if skus != null
  }
}
