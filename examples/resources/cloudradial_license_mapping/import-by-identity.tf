import {
  to = cloudradial_license_mapping.business_premium
  identity = {
    service = "Microsoft 365 Business Premium"
  }
}
