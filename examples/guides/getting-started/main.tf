module "estate" {
  source    = "github.com/msp-as-code/terraform-provider-cloudradial//modules/estate"
  companies = filebase64("companies.csv")
  licenses  = filebase64("licenses.csv")
}

output "unit_counts" {
  value = module.estate.unit_counts
}
