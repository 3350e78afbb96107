# Any id does. What was pushed before cannot be read back, so the next apply pushes everything once more.
terraform import cloudradial_license_sync.m365 this
