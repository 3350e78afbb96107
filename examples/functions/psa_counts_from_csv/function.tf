terraform {
  required_providers {
    cloudradial = {
      source = "msp-as-code/cloudradial"
    }
  }
}

locals {
  # psa.csv:
  #
  #   account_id,service,quantity
  #   brightwater,Microsoft 365 Business Premium,24
  #   fairhaven,Microsoft 365 Business Premium,"1,020.00"
  #   fairhaven,Microsoft 365 Business Premium,8
  psa_counts = provider::cloudradial::psa_counts_from_csv(filebase64("${path.module}/psa.csv"))
  # { brightwater = { "Microsoft 365 Business Premium" = 24 }, fairhaven = { "Microsoft 365 Business Premium" = 1028 } }
}
