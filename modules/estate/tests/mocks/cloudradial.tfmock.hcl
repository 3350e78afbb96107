# Answers of a mocked provider that have the form of real ones, where the CLI would invent texts at random. Copy this file for the
# tests of your own modules.

mock_resource "cloudradial_gradient_integration" {
  defaults = {
    id                = "65f1a2b3c4d5e6f708192a3b"
    organization_id   = "65f1a2b3c4d5e6f708192a3c"
    organization_name = "Example MSP"
    vendor_id         = "65f1a2b3c4d5e6f708192a3d"
    vendor_name       = "Example"
    status            = "active"
  }
}

mock_resource "cloudradial_company_mapping" {
  defaults = {
    description = ""
    is_mapped   = true
  }
}

mock_resource "cloudradial_company_mappings" {
  defaults = {
    is_mapped = {}
  }
}

mock_resource "cloudradial_license_mapping" {
  defaults = {
    basis           = "purchased"
    category        = "productivity"
    subcategory     = "other"
    description     = ""
    support_article = ""
    support_contact = ""
    service_id      = "65f1a2b3c4d5e6f708192a3e"
  }
}

mock_resource "cloudradial_license_mappings" {
  defaults = {
    service_ids = {}
  }
}

mock_resource "cloudradial_license_sync" {
  defaults = {
    id             = "65f1a2b3c4d5e6f708192a3b"
    held_counts    = {}
    last_pushed_at = "2026-11-28T03:00:00Z"
  }
}

mock_data "cloudradial_license_counts" {
  defaults = {
    counts = {
      brightwater = {
        SPB         = { sku_id = "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46", product_name = "Microsoft 365 Business Premium", purchased = 24, active = 24, enabled = 24, entitled = 24, assigned = 21, flags = [] }
        VISIOCLIENT = { sku_id = "c5928f49-12ba-48f7-ada3-0d743a3601d5", product_name = "Visio Plan 2", purchased = 3, active = 3, enabled = 3, entitled = 3, assigned = 3, flags = [] }
      }
      fairhaven = null
    }
    details    = null
    errors     = { fairhaven = "The tenant cannot be read." }
    totals     = { SPB = { purchased = 24, assigned = 21 }, VISIOCLIENT = { purchased = 3, assigned = 3 } }
    tenant_ids = { brightwater = "0b8e3bf0-36f7-4d5c-9c55-2f9fd3b1a7d1", fairhaven = null }
    owners     = { "" = { seats = 27, tenants = 1, counted = true } }
  }
}
