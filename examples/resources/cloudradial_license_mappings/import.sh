# Any id works: the import takes over all services of the integration. The next apply fills in skus and basis, and removes services
# from the state that are not in the file.
terraform import cloudradial_license_mappings.this all
