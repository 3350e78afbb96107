data "cloudradial_gradient_integration" "this" {}

output "integration" {
  value = "${data.cloudradial_gradient_integration.this.organization_name}: ${data.cloudradial_gradient_integration.this.status}"
}
