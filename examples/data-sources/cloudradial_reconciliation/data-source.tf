locals {
  companies = { for r in csvdecode(trimprefix(file("${path.module}/companies.csv"), "\ufeff")) : r.account_id => r if join("", values(r)) != "" }
  licenses  = { for r in csvdecode(trimprefix(file("${path.module}/licenses.csv"), "\ufeff")) : r.service => r... if join("", values(r)) != "" }
  invoiced  = { for r in csvdecode(trimprefix(file("${path.module}/psa-export.csv"), "\ufeff")) : r.account_id => r... if join("", values(r)) != "" }
}

data "cloudradial_license_counts" "m365" {
  tenants  = { for id, company in local.companies : id => company.tenant }
  on_error = "skip" # a tenant that cannot be read is listed in unreadable_tenants, together with all others here
}

# What Gradient has accepted: the output unit_counts of the estate, written as in the example estate on the provider's page.
data "terraform_remote_state" "estate" {
  backend = "local"
  config  = { path = "../estate/terraform.tfstate" }
}

data "cloudradial_reconciliation" "this" {
  license_counts = data.cloudradial_license_counts.m365.counts

  # Take these from the files, not from the resources, so that the review is known in a plan with pending changes.
  company_mappings = {
    for id, company in local.companies : id => { account_id = id, company_id = company.company_id, name = company.psa_account }
  }
  license_mappings = { for service, rows in local.licenses : service => { service = service, skus = rows[*].sku } }

  asset_type      = "Microsoft 365 Licenses" # what cloudradial_license_publication wrote
  gradient_counts = data.terraform_remote_state.estate.outputs.unit_counts

  # A PSA may have several lines of one product, which are added up, and write 1,020.00. An empty quantity is unknown, not 0.
  psa_counts = {
    for id, rows in local.invoiced : id => {
      for service, texts in { for r in rows : trimspace(r.service) => replace(replace(r.quantity, "/[\\s\\p{Sc}]/", ""), "/,([0-9]{3})\\b/", "$1")... } : service =>
      contains(texts, "") ? null : sum([for text in texts : tonumber(text)])
    }
  }
}

output "report" {
  value = data.cloudradial_reconciliation.this.report_markdown
}
