partner_tenant_ids = [] # as in the estate
