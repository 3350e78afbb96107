# The keys say which integration it is, so any id does.
terraform import cloudradial_gradient_integration.this this
