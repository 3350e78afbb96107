variable "partner_tenant_id" {
  description = "Your own Microsoft tenant: its id or a domain."
  type        = string
}
