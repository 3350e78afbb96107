data "cloudradial_preflight" "this" {
  tenants = {
    brightwater = "brightwaterdental.example"
    fairhaven   = "fairhavenretail.example"
  }
}

output "report" {
  value = data.cloudradial_preflight.this.report_markdown
}

# A pipeline can stop here: nothing has been created or pushed yet.
check "ready" {
  assert {
    condition     = data.cloudradial_preflight.this.ready
    error_message = "The keys are not ready for a license sync: read the report."
  }
}
