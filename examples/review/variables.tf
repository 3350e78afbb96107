variable "estate" {
  description = "Folder with the CSV files of the estate."
  type        = string
  default     = "../estate"
}

variable "estate_state" {
  description = "State of the estate, which says what Gradient has accepted. Gradient is not compared where there is no such file."
  type        = string
  default     = "../estate/terraform.tfstate"
}

variable "psa_file" {
  description = "What the PSA bills: a CSV file with the columns account_id, service and quantity. The PSA is not compared without it."
  type        = string
  default     = null
}

variable "read_psa" {
  description = "Reads what the PSA will bill from the PSA itself, which the provider block names, instead of from psa_file."
  type        = bool
  default     = false
}

variable "partner_tenant_ids" {
  description = "As in the estate: your own tenant and your distributor's."
  type        = set(string)
  default     = []
}

variable "tolerance" {
  description = "How many units two systems may be apart and still agree."
  type        = number
  default     = 0
}
