variable "approved" {
  description = "The code that a stopped plan prints. It approves that change and no other, so it can stay here until the next one."
  type        = string
  default     = null
}

variable "partner_tenant_ids" {
  description = "Your own tenant and your distributor's. Seats that another tenant sold are left out. Empty: all count."
  type        = set(string)
  default     = []
}
