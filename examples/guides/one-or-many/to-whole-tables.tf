# Delete this file after the apply.
import {
  to = cloudradial_company_mappings.this
  id = "all"
}

import {
  to = cloudradial_license_mappings.this
  id = "all"
}

removed {
  from = cloudradial_company_mapping.this

  lifecycle {
    destroy = false
  }
}

removed {
  from = cloudradial_license_mapping.this

  lifecycle {
    destroy = false
  }
}
