import {
  to = cloudradial_gradient_integration.this
  identity = {
    id = "64f004000000000000000001"
  }
}
