output "report_markdown" {
  description = "The review on one page."
  value       = data.cloudradial_reconciliation.m365.report_markdown
}

output "in_agreement" {
  description = "Whether all systems that were asked agree, every tenant could be read, and nothing is billed nowhere."
  value       = data.cloudradial_reconciliation.m365.in_agreement
}

output "differences" {
  description = "Pairs about which the systems do not agree."
  value       = data.cloudradial_reconciliation.m365.differences
}

# The command `terraform output -raw review_page > review.html` writes it. It is sensitive because it would fill the log of every apply.
output "review_page" {
  description = "The review as one HTML file."
  value       = provider::cloudradial::review_page(data.cloudradial_reconciliation.m365)
  sensitive   = true
}

output "summary" {
  description = "Pairs of account and service by status, and units by system."
  value       = data.cloudradial_reconciliation.m365.summary
}
