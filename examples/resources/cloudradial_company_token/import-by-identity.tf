import {
  to = cloudradial_company_token.support_phone
  identity = {
    company_id = 102
    name       = "SupportPhone"
  }
}
