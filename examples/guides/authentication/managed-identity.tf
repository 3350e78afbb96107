provider "cloudradial" {
  microsoft = {
    client_id     = "00001111-aaaa-2222-bbbb-3333cccc4444" # of the application
    use_msi       = true
    msi_client_id = "22223333-cccc-4444-dddd-5555eeee6666" # of the identity
  }
}
