# Forms and articles refer to it as @SupportPhone.
resource "cloudradial_company_token" "support_phone" {
  company_id = 102
  name       = "SupportPhone"
  value      = "+1 555 0102"
}

# Company 0 is the partner level: its value holds for every company without a token of that name.
resource "cloudradial_company_token" "support_phone_default" {
  company_id = 0
  name       = "SupportPhone"
  value      = "+1 555 0100"
}
