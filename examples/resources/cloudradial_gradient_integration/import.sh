# Any id works, because the keys identify the integration.
terraform import cloudradial_gradient_integration.this this
