variable "companies" {
  description = "The mapping file of companies, as filebase64 reads it: the columns account_id, company_id, psa_account and tenant. A tenant cell may hold several tenants with spaces between them, the word none, or nothing while the tenant is not known. In the optional column domains, a company that shares the tenant of another one has the domains of its users; its tenant is then the account_id of that one."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9+/]+={0,2}$", var.companies))
    error_message = "companies must be the bytes of a file that is not empty: filebase64(\"companies.csv\"), not file(\"companies.csv\")."
  }
}

variable "licenses" {
  description = "The mapping file of products, as filebase64 reads it: the columns service and sku, and if you like basis, category, subcategory and description. A service with several SKUs has several rows."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9+/]+={0,2}$", var.licenses))
    error_message = "licenses must be the bytes of a file that is not empty: filebase64(\"licenses.csv\"), not file(\"licenses.csv\")."
  }
}

variable "mappings" {
  description = "How the mappings are kept in the state: \"tables\" is one resource for all companies and one for all services, which is fast. \"items\" is one resource for each, which -target and moved blocks can name."
  type        = string
  default     = "tables"
  nullable    = false

  validation {
    condition     = contains(["tables", "items"], var.mappings)
    error_message = "mappings must be \"tables\" or \"items\"."
  }
}

variable "enabled" {
  description = "Whether the integration receives counts. False is the month-end freeze: nothing is pushed."
  type        = bool
  default     = true
  nullable    = false
}

variable "partner_tenant_ids" {
  description = "Ids of your own tenant and of your distributor's. Seats that another tenant sold, or that nobody owns, are then left out. Empty: all seats count."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "exclude_skus" {
  description = "SKUs that are not read: part numbers or skuIds."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "on_error" {
  description = "What happens when a tenant cannot be read: \"fail\" stops the plan, \"skip\" keeps its counts as they are and warns."
  type        = string
  default     = "fail"
  nullable    = false

  validation {
    condition     = contains(["fail", "skip"], var.on_error)
    error_message = "on_error must be \"fail\" or \"skip\"."
  }
}

variable "on_trials_unknown" {
  description = "What happens when the subscriptions of a tenant cannot be read whole: \"error\" makes the tenant one that cannot be read, \"count\" bills its trials as paid."
  type        = string
  default     = "error"
  nullable    = false

  validation {
    condition     = contains(["error", "count"], var.on_trials_unknown)
    error_message = "on_trials_unknown must be \"error\" or \"count\"."
  }
}

variable "tenant_timeout" {
  description = "How long one tenant may take: a duration such as \"90s\" or \"2m\", or a number of seconds, from 5 seconds to 4 minutes. A tenant that takes longer cannot be read."
  type        = string
  default     = "60s"
  nullable    = false

  validation {
    condition     = can(regex("^([0-9]+|([0-9.]+(h|m|s|ms))+)$", var.tenant_timeout))
    error_message = "tenant_timeout must be a duration such as \"90s\" or \"2m\", or a number of seconds."
  }
}

variable "on_unmapped" {
  description = "What a pair that nobody has mapped in Gradient leads to: \"warn\", \"error\" or \"ignore\"."
  type        = string
  default     = "warn"
  nullable    = false

  validation {
    condition     = contains(["warn", "error", "ignore"], var.on_unmapped)
    error_message = "on_unmapped must be \"warn\", \"error\" or \"ignore\"."
  }
}

variable "guard" {
  description = "The limits of one run, in percent and units. What is left out has the provider's default."
  type = object({
    max_decrease_percent = optional(number)
    max_increase_percent = optional(number)
    max_account_percent  = optional(number)
    max_first_units      = optional(number)
  })
  default  = {}
  nullable = false
}

variable "approved" {
  description = "The code that a stopped plan prints. It approves that change and no other, so it can stay here until the next one."
  type        = string
  default     = null
}

variable "triggers" {
  description = "Any change pushes all counts (Force Sync). The month is part of it already: once a month, before the invoices, everything is pushed."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "zero_missing" {
  description = "Whether pushing all counts also sets to 0 every pair in Gradient that the files lack, such as what is left over after a lost state. It reaches counts that another configuration or tool pushes to the same integration, so the plan then stops and wants an approval."
  type        = bool
  default     = false
  nullable    = false
}

variable "zero_on_destroy" {
  description = "Whether terraform destroy sets every count to 0 in Gradient, where the PSA would bill the last counts for ever otherwise."
  type        = bool
  default     = false
  nullable    = false
}
