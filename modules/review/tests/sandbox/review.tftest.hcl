# Against the sandbox of this repository, in a shell that has what `go run ./cmd/sandbox` prints:
#
#   terraform test -test-directory=tests/sandbox

variables {
  companies = "YWNjb3VudF9pZCxjb21wYW55X2lkLHBzYV9hY2NvdW50LHRlbmFudApicmlnaHR3YXRlciwxMDIsQnJpZ2h0d2F0ZXIgRGVudGFsLGJyaWdodHdhdGVyZGVudGFsLmV4YW1wbGUKZmFpcmhhdmVuLDEwNixGYWlyaGF2ZW4gUmV0YWlsIEdyb3VwLGZhaXJoYXZlbnJldGFpbC5leGFtcGxlCg=="
  licenses  = "c2VydmljZSxza3UKTWljcm9zb2Z0IDM2NSBCdXNpbmVzcyBQcmVtaXVtLFNQQgo="
}

run "publishes_and_reports" {
  assert {
    condition     = length(cloudradial_license_publication.m365) == 1 && length(output.differences) > 0
    error_message = "Nothing was published, or the first report finds the rows that the same run makes."
  }
}

run "agrees_once_it_is_published" {
  variables {
    tenant_timeout = "90"
    fail_on        = ["differs"]
  }

  assert {
    condition     = length(output.differences) == 0 && length(regexall("Brightwater Dental", output.report_markdown)) > 0
    error_message = "Microsoft and CloudRadial do not agree."
  }
}
