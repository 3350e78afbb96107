# The PSA's keys come from the environment: CONNECTWISE_*, AUTOTASK_* or HALOPSA_*.
data "cloudradial_psa_counts" "this" {
  # account id → the company in the PSA: its identifier, its id or its exact name
  accounts = {
    brightwater = "Brightwater Dental"
    fairhaven   = "4106"
  }
  # service → its products in the PSA; null is the product of the same name
  services = {
    "Microsoft 365 Business Premium"  = null
    "Microsoft 365 Business Standard" = ["Microsoft 365 Business Standard"]
  }
  product_prefixes = ["Microsoft 365", "Office 365", "Exchange"] # what unmapped lists
  on_error         = "skip"                                      # a company that cannot be read is null, and listed in errors
}

# What is billed for these companies and counted by no service.
output "unmapped" {
  value = data.cloudradial_psa_counts.this.unmapped
}

# The lines behind the numbers, for a review: cloudradial_reconciliation takes them as psa_lines, and the counts as psa_counts.
output "lines" {
  value = data.cloudradial_psa_counts.this.lines
}
