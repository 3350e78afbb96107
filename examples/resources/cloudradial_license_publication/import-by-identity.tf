import {
  to = cloudradial_license_publication.m365
  identity = {
    asset_type = "Licences" # left out, it is "Microsoft 365 Licenses"
    id         = "tf-k3v5c7qmz2xw4yb6n7adgjhp2s"
  }
}
