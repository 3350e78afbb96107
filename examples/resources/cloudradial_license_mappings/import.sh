# Any id: it takes over Gradient's whole catalogue. The next apply fills in skus and basis, and forgets what the file does not have.
terraform import cloudradial_license_mappings.this all
