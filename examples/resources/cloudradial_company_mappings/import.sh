# Any id works: the import takes over all accounts of the integration. The next apply fills in company_id, and removes accounts from
# the state that are not in the file.
terraform import cloudradial_company_mappings.this all
