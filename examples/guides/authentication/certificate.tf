provider "cloudradial" {
  microsoft = {
    client_id               = "00001111-aaaa-2222-bbbb-3333cccc4444"
    client_certificate_path = "licence-reader.pfx"
  }
}
