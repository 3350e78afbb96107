list "cloudradial_license_mapping" "services" {
  provider = cloudradial
  limit    = 1000

  config {
    with_skus = true # leave it out to see the services that are not named as a product of Microsoft, too
  }
}
