# Every customer tenant of the partner.
data "cloudradial_microsoft_tenants" "all" {
  partner_tenant_id = "saltmarsh-it.example" # yours
}

output "tenants" {
  value = { for t in data.cloudradial_microsoft_tenants.all.tenants : t.tenant_id => t.name }
}

# Tenants whose access ends within two months and is not extended automatically: ask these customers for a new relationship.
data "cloudradial_microsoft_tenants" "ending" {
  partner_tenant_id    = "saltmarsh-it.example"
  expiring_within_days = 60
}

output "ending" {
  value = {
    for t in data.cloudradial_microsoft_tenants.ending.tenants : t.name => t.end_date
    if t.auto_extend_days == 0
  }
}
