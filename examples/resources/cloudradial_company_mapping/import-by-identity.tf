import {
  to = cloudradial_company_mapping.brightwater
  identity = {
    account_id = "brightwater"
  }
}
