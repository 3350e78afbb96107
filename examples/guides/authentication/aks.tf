provider "cloudradial" {
  microsoft = {
    use_aks_workload_identity = true # AKS sets AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE
  }
}
