# Any id: it takes over every account of the integration. The next apply fills in company_id, and forgets what the file does not have.
terraform import cloudradial_company_mappings.this all
