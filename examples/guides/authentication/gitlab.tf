provider "cloudradial" {
  microsoft = {
    client_id = "00001111-aaaa-2222-bbbb-3333cccc4444"
    use_oidc  = true # with CLOUDRADIAL_MICROSOFT_OIDC_TOKEN in the environment, or oidc_token_file_path here
  }
}
