# Any id works. Pushed counts cannot be read back, so the next apply pushes all of them again.
terraform import cloudradial_license_sync.m365 this
