# The service name is permanent: Gradient can neither rename nor remove a service.
resource "cloudradial_license_mapping" "business_premium" {
  service = "Microsoft 365 Business Premium" # exactly the product's name in the PSA
  skus = [
    "SPB",
    "Office_365_w/o_Teams_Bundle_Business_Premium", # the same plan without Teams, as sold in the EEA
  ]
}

# An SKU by its GUID, billed by assigned instead of purchased seats.
resource "cloudradial_license_mapping" "visio" {
  service     = "Visio Plan 2"
  skus        = ["c5928f49-12ba-48f7-ada3-0d743a3601d5"]
  basis       = "assigned"
  category    = "productivity"
  subcategory = "other"
}
