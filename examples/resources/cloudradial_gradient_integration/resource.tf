# Checks the Gradient keys, and makes a new integration ready for mapping.
resource "cloudradial_gradient_integration" "this" {}
