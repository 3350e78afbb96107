# Delete this file after the apply.
import {
  for_each = local.companies
  to       = cloudradial_company_mapping.this[each.key]
  id       = "${each.value.company_id}/${each.key}"
}

import {
  for_each = local.licenses
  to       = cloudradial_license_mapping.this[each.key]
  id       = each.key
}

removed {
  from = cloudradial_company_mappings.this

  lifecycle {
    destroy = false
  }
}

removed {
  from = cloudradial_license_mappings.this

  lifecycle {
    destroy = false
  }
}
