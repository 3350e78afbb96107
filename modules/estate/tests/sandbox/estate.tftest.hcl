# Against the sandbox of this repository, in a shell that has what `go run ./cmd/sandbox` prints:
#
#   terraform test -test-directory=tests/sandbox

variables {
  companies      = "YWNjb3VudF9pZCxjb21wYW55X2lkLHBzYV9hY2NvdW50LHRlbmFudApicmlnaHR3YXRlciwxMDIsQnJpZ2h0d2F0ZXIgRGVudGFsLGJyaWdodHdhdGVyZGVudGFsLmV4YW1wbGUKZmFpcmhhdmVuLDEwNixGYWlyaGF2ZW4gUmV0YWlsIEdyb3VwLGZhaXJoYXZlbnJldGFpbC5leGFtcGxlCg=="
  licenses       = "c2VydmljZSxza3UKTWljcm9zb2Z0IDM2NSBCdXNpbmVzcyBQcmVtaXVtLFNQQgo="
  tenant_timeout = "1m30s"
}

run "the_plan_shows_every_number" {
  command = plan

  assert {
    condition     = output.unit_counts["brightwater"]["Microsoft 365 Business Premium"] == 12
    error_message = "The plan has other counts than Microsoft."
  }
}

run "gradient_takes_no_count_before_somebody_maps_it" {
  assert {
    condition     = jsonencode(output.not_accepted["brightwater"]) == jsonencode({ "Microsoft 365 Business Premium" = null })
    error_message = "A count that Gradient refused is not in not_accepted."
  }
  assert {
    condition     = length(output.unmapped) == 1 && length(output.held_counts) == 0
    error_message = "Gradient refused other counts."
  }
}
