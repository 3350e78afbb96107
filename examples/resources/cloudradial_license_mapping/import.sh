# The name of the service.
terraform import cloudradial_license_mapping.business_premium "Microsoft 365 Business Premium"
