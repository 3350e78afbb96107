variable "approved" {
  description = "The code that a stopped plan prints, for that change alone."
  type        = string
  default     = null
}

resource "cloudradial_license_sync" "m365" {
  unit_counts = jsondecode(file("counts.json"))
  guard       = { approved = var.approved }
}
