partner_tenant_ids = ["3b1f0a52-7c64-4d0e-9a37-5f2c8e6d1b90"]
