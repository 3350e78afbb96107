provider "cloudradial" {
  microsoft = {
    client_id                          = "00001111-aaaa-2222-bbbb-3333cccc4444"
    use_oidc                           = true
    ado_pipeline_service_connection_id = "11112222-bbbb-3333-cccc-4444dddd5555"
  }
}
