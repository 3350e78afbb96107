# The service's name.
terraform import cloudradial_license_mapping.business_premium "Microsoft 365 Business Premium"
