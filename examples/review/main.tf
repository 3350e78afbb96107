locals {
  # The files of the estate, read in the same way.
  companies    = { for r in csvdecode(trimprefix(file("${var.estate}/companies.csv"), "\ufeff")) : r.account_id => r if join("", values(r)) != "" }
  licenses     = { for r in csvdecode(trimprefix(file("${var.estate}/licenses.csv"), "\ufeff")) : r.service => r... if join("", values(r)) != "" }
  more_tenants = { for r in csvdecode(trimprefix(file("${var.estate}/more_tenants.csv"), "\ufeff")) : "${r.account_id}/${r.label}" => r if join("", values(r)) != "" }

  company_mappings = {
    for id, r in local.companies : id => { account_id = id, company_id = tonumber(r.company_id), name = r.psa_account }
  }
}

# The export of the PSA as it comes. The lines of one product are added up. A quantity may have spaces, a currency sign, and commas
# between thousands. An empty one is unknown, not 0. Lines without an account_id belong to customers that are not in companies.csv.
locals {
  psa_lines = [for r in var.psa_file == null ? [] : csvdecode(trimprefix(file(var.psa_file), "\ufeff")) : {
    account_id = trimspace(r.account_id)
    service    = trimspace(r.service)
    quantity   = replace(replace(r.quantity, "/[\\s\\p{Zs}\\p{Sc}]/", ""), "/,([0-9]{3})\\b/", "$1")
  } if trimspace(r.account_id) != ""]
  psa_not_numbers = [for l in local.psa_lines : "${l.account_id}, ${l.service}: ${l.quantity}" if l.quantity != "" && !can(tonumber(l.quantity))]
  psa_accounts    = { for l in local.psa_lines : l.account_id => l... }
  psa_counts = {
    for id, lines in local.psa_accounts : id => {
      for service, quantities in { for l in lines : l.service => l.quantity... } : service =>
      try(sum([for quantity in quantities : tonumber(quantity)]), null)
    }
  }
}

data "cloudradial_license_counts" "m365" {
  tenants = merge(
    { for id, company in local.companies : id => company.tenant },
    { for key, more in local.more_tenants : key => more.tenant },
  )
  partner_tenant_ids = var.partner_tenant_ids
  on_error           = "skip" # the report lists a tenant that cannot be read, together with all others
}

# Publishes the numbers in the portal, for customers and account managers.
resource "cloudradial_license_publication" "m365" {
  license_counts   = data.cloudradial_license_counts.m365.counts
  company_mappings = local.company_mappings
}

# If the state of the estate is not a local file, change the backend.
data "terraform_remote_state" "estate" {
  count   = fileexists(var.estate_state) ? 1 : 0
  backend = "local"
  config  = { path = var.estate_state }
}

# Refers only to files and data sources, so that it is known during the plan. It shows CloudRadial as it was before this run
# publishes.
data "cloudradial_reconciliation" "m365" {
  license_counts   = data.cloudradial_license_counts.m365.counts
  company_mappings = local.company_mappings
  license_mappings = { for service, rows in local.licenses : service => { service = service, skus = rows[*].sku } }
  asset_type       = "Microsoft 365 Licenses" # the publication's default
  gradient_counts  = try(data.terraform_remote_state.estate[0].outputs.unit_counts, null)
  psa_counts       = var.psa_file == null ? null : local.psa_counts
  tolerance        = var.tolerance

  lifecycle {
    precondition {
      condition     = length(local.psa_not_numbers) == 0
      error_message = "These quantities in ${coalesce(var.psa_file, "the export")} are not numbers such as 1,020.5: ${join("; ", local.psa_not_numbers)}."
    }
  }
}

output "report_markdown" {
  description = "The review on one page."
  value       = data.cloudradial_reconciliation.m365.report_markdown
}

output "in_agreement" {
  description = "Whether all systems that were asked agree, every tenant could be read, and nothing is billed nowhere."
  value       = data.cloudradial_reconciliation.m365.in_agreement
}

output "summary" {
  description = "Pairs of account and service by status, and units by system."
  value       = data.cloudradial_reconciliation.m365.summary
}

# The command `terraform output -raw review_page > review.html` writes it. It is sensitive because it would fill the log of every apply.
output "review_page" {
  description = "The review as one HTML file."
  value       = provider::cloudradial::review_page(data.cloudradial_reconciliation.m365)
  sensitive   = true
}
