variable "max_decrease_percent" {
  description = "How far units may fall in one run. Raise it for the one run that is meant to: -var max_decrease_percent=100."
  type        = number
  default     = 20
}

variable "partner_tenant_ids" {
  description = "Your own tenant and your distributor's. Seats that another tenant sold are left out. Empty: all count."
  type        = set(string)
  default     = []
}
