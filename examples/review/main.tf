module "review" {
  source = "../../modules/review" # in your repository: github.com/msp-as-code/terraform-provider-cloudradial//modules/review

  companies          = filebase64("${var.estate}/companies.csv")
  licenses           = filebase64("${var.estate}/licenses.csv")
  partner_tenant_ids = var.partner_tenant_ids
  gradient           = try(data.terraform_remote_state.estate[0].outputs, null)
  psa                = var.psa_file == null ? null : filebase64(var.psa_file)
  read_psa           = var.read_psa
  tolerance          = var.tolerance
}

# What Gradient has accepted. If the state of the estate is not a local file, change the backend.
data "terraform_remote_state" "estate" {
  count   = fileexists(var.estate_state) ? 1 : 0
  backend = "local"
  config  = { path = var.estate_state }
}

output "report_markdown" {
  description = "The review on one page."
  value       = module.review.report_markdown
}

output "in_agreement" {
  description = "Whether all systems that were asked agree, every tenant could be read, and nothing is billed nowhere."
  value       = module.review.in_agreement
}

output "summary" {
  description = "Pairs of account and service by status, and units by system."
  value       = module.review.summary
}

# The command `terraform output -raw review_page > review.html` writes it. It is sensitive because it would fill the log of every apply.
output "review_page" {
  description = "The review as one HTML file."
  value       = module.review.review_page
  sensitive   = true
}
