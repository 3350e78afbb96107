# Without any account: the provider's answers are mocked, its functions are real.

mock_provider "cloudradial" {
  source = "../estate/tests/mocks"
}

variables {
  companies = "YWNjb3VudF9pZCxjb21wYW55X2lkLHBzYV9hY2NvdW50LHRlbmFudApicmlnaHR3YXRlciwxMDIsQnJpZ2h0d2F0ZXIgRGVudGFsLGJyaWdodHdhdGVyZGVudGFsLmV4YW1wbGUKZmFpcmhhdmVuLDEwNixGYWlyaGF2ZW4gUmV0YWlsIEdyb3VwLGZhaXJoYXZlbnJldGFpbC5leGFtcGxlCg=="
  licenses  = "c2VydmljZSxza3UKTWljcm9zb2Z0IDM2NSBCdXNpbmVzcyBQcmVtaXVtLFNQQgo="
  gradient = {
    unit_counts = {
      brightwater = { "Microsoft 365 Business Premium" = 24, "Visio Plan 2" = 3 }
    }
    not_accepted = {
      brightwater = { "Visio Plan 2" = null }
      fairhaven   = { "Microsoft 365 Business Premium" = 7 }
    }
  }
}

run "what_gradient_has" {
  command = plan

  assert {
    condition = jsonencode(local.accepted) == jsonencode({
      brightwater = { "Microsoft 365 Business Premium" = 24 }
      fairhaven   = { "Microsoft 365 Business Premium" = 7 }
    })
    error_message = "Refused counts are not left out, or held counts are."
  }
  assert {
    condition     = length(cloudradial_license_publication.m365) == 1
    error_message = "The counts are not published."
  }
}

run "only_microsoft" {
  command = plan

  variables {
    gradient = null
    publish  = false
  }

  assert {
    condition     = local.accepted == null && length(cloudradial_license_publication.m365) == 0
    error_message = "Gradient is compared, or the counts are published."
  }
}

run "an_export_of_the_psa" {
  command = plan

  variables {
    psa = "YWNjb3VudF9pZCxzZXJ2aWNlLHF1YW50aXR5CmJyaWdodHdhdGVyLE1pY3Jvc29mdCAzNjUgQnVzaW5lc3MgUHJlbWl1bSwiMSwwMjAuMDAiCg=="
  }

  assert {
    condition     = data.cloudradial_reconciliation.m365.psa_counts["brightwater"]["Microsoft 365 Business Premium"] == 1020
    error_message = "The export is read otherwise."
  }
}

run "options_reach_the_provider" {
  command = plan

  variables {
    on_trials_unknown = "count"
    tenant_timeout    = "90"
    fail_on           = ["differs"]
  }

  assert {
    condition     = data.cloudradial_license_counts.m365.on_trials_unknown == "count" && data.cloudradial_license_counts.m365.tenant_timeout == "90"
    error_message = "Microsoft is read otherwise than the estate reads it."
  }
  assert {
    condition     = data.cloudradial_reconciliation.m365.fail_on == toset(["differs"])
    error_message = "A finding that fail_on names does not stop the run."
  }
}

run "what_is_refused" {
  command = plan

  variables {
    companies         = "companies.csv"
    psa               = "psa.csv"
    tolerance         = 0.5
    on_trials_unknown = "ignore"
    tenant_timeout    = "90 seconds"
  }

  expect_failures = [var.companies, var.psa, var.tolerance, var.on_trials_unknown, var.tenant_timeout]
}
