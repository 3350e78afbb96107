variable "companies" {
  description = "The mapping file of companies, as in the module estate: filebase64(\"companies.csv\")."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9+/]+={0,2}$", var.companies))
    error_message = "companies must be the bytes of a file that is not empty: filebase64(\"companies.csv\"), not file(\"companies.csv\")."
  }
}

variable "licenses" {
  description = "The mapping file of products, as in the module estate: filebase64(\"licenses.csv\")."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9+/]+={0,2}$", var.licenses))
    error_message = "licenses must be the bytes of a file that is not empty: filebase64(\"licenses.csv\"), not file(\"licenses.csv\")."
  }
}

variable "gradient" {
  description = "What Gradient has: the outputs unit_counts and not_accepted of the module estate. Null: Gradient is not compared."
  type = object({
    unit_counts  = map(map(number))
    not_accepted = optional(map(map(number)), {})
  })
  default = null
}

variable "psa" {
  description = "An export of what the PSA bills, as filebase64 reads it: the columns account_id, service and quantity. Null: the PSA is not compared."
  type        = string
  default     = null

  validation {
    condition     = var.psa == null || can(regex("^[A-Za-z0-9+/]+={0,2}$", var.psa))
    error_message = "psa must be the bytes of a file that is not empty: filebase64(\"psa.csv\"), not file(\"psa.csv\")."
  }
}

variable "read_psa" {
  description = "Whether the PSA itself is asked what it will bill, in place of the export psa. The provider block says which PSA."
  type        = bool
  default     = false
  nullable    = false
}

variable "partner_tenant_ids" {
  description = "As in the module estate: ids of your own tenant and of your distributor's."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "exclude_skus" {
  description = "As in the module estate: SKUs that are not read."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "on_trials_unknown" {
  description = "As in the module estate: what happens when the subscriptions of a tenant cannot be read whole, \"error\" or \"count\"."
  type        = string
  default     = "error"
  nullable    = false

  validation {
    condition     = contains(["error", "count"], var.on_trials_unknown)
    error_message = "on_trials_unknown must be \"error\" or \"count\"."
  }
}

variable "tenant_timeout" {
  description = "As in the module estate: how long one tenant may take, for example \"90s\". The report lists a tenant that takes longer."
  type        = string
  default     = "60s"
  nullable    = false

  validation {
    condition     = can(regex("^([0-9]+|([0-9.]+(h|m|s|ms))+)$", var.tenant_timeout))
    error_message = "tenant_timeout must be a duration such as \"90s\" or \"2m\", or a number of seconds."
  }
}

variable "publish" {
  description = "Whether the counts are published in CloudRadial, where customers and account managers see them."
  type        = bool
  default     = true
  nullable    = false
}

variable "asset_type" {
  description = "Name of the flexible asset type in CloudRadial that has the published counts."
  type        = string
  default     = "Microsoft 365 Licenses"
  nullable    = false
}

variable "tolerance" {
  description = "How many units two systems may be apart and still agree."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.tolerance >= 0 && floor(var.tolerance) == var.tolerance
    error_message = "tolerance must be a whole number of units, 0 or more."
  }
}

variable "fail_on" {
  description = "Findings that stop the run with an error, such as \"differs\" or \"unmapped_skus\"; the argument of cloudradial_reconciliation lists them. Empty: the report has them, and the run goes on."
  type        = set(string)
  default     = []
  nullable    = false
}
