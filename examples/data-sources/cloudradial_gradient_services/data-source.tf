data "cloudradial_gradient_services" "all" {}

output "services" {
  value = data.cloudradial_gradient_services.all.services[*].name
}
