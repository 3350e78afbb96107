# terraform apply -invoke=action.cloudradial_push_unit_counts.again
action "cloudradial_push_unit_counts" "again" {
  config {
    unit_counts = cloudradial_license_sync.m365.unit_counts # what the sync pushed last
    min_units   = 900
    max_units   = 1100
  }
}
