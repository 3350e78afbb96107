# Without any account: the provider's answers are mocked, its functions are real.

mock_provider "cloudradial" {
  source = "./tests/mocks"
}

variables {
  companies = "YWNjb3VudF9pZCxjb21wYW55X2lkLHBzYV9hY2NvdW50LHRlbmFudApicmlnaHR3YXRlciwxMDIsQnJpZ2h0d2F0ZXIgRGVudGFsLGJyaWdodHdhdGVyZGVudGFsLmV4YW1wbGUKZmFpcmhhdmVuLDEwNixGYWlyaGF2ZW4gUmV0YWlsIEdyb3VwLGZhaXJoYXZlbnJldGFpbC5leGFtcGxlCg=="
  licenses  = "c2VydmljZSxza3UKTWljcm9zb2Z0IDM2NSBCdXNpbmVzcyBQcmVtaXVtLFNQQgo="
}

run "the_plan_shows_every_number" {
  command = plan

  assert {
    condition     = jsonencode(output.unit_counts) == jsonencode({ brightwater = { "Microsoft 365 Business Premium" = 24 } })
    error_message = "The plan does not show the unit counts."
  }
  assert {
    condition     = output.uncounted_seats["brightwater"]["VISIOCLIENT"] == 3
    error_message = "The seats that no license mapping counts are not named."
  }
  assert {
    condition     = length(cloudradial_company_mappings.this) == 1 && length(cloudradial_company_mapping.this) == 0
    error_message = "The mappings are not tables."
  }
}

run "mappings_one_by_one" {
  command = plan

  variables {
    mappings = "items"
  }

  assert {
    condition     = length(cloudradial_company_mappings.this) == 0 && cloudradial_company_mapping.this["fairhaven"].name == "Fairhaven Retail Group"
    error_message = "The companies are not mapped one by one."
  }
  assert {
    condition     = cloudradial_license_mapping.this["Microsoft 365 Business Premium"].skus == toset(["SPB"])
    error_message = "The services are not mapped one by one."
  }
}

run "options_reach_the_provider" {
  command = plan

  variables {
    tenant_timeout = "2m"
    zero_missing   = true
  }

  assert {
    condition     = data.cloudradial_license_counts.m365.tenant_timeout == "2m"
    error_message = "The counts are read with another limit of time."
  }
  assert {
    condition     = cloudradial_license_sync.m365.zero_missing
    error_message = "The sync does not sweep."
  }
}

run "apply" {
  assert {
    condition     = length(output.unmapped) == 0 && length(output.held_counts) == 0 && length(output.not_accepted) == 0
    error_message = "The mocked sync has other pairs than it was told."
  }
}

run "a_path_is_no_file" {
  command = plan

  variables {
    companies      = "companies.csv"
    mappings       = "folders"
    on_error       = "ignore"
    tenant_timeout = "a minute"
  }

  expect_failures = [var.companies, var.mappings, var.on_error, var.tenant_timeout]
}
