# <company_id>, or <company_id>/<account_id> if the account id is not the company id.
terraform import cloudradial_company_mapping.brightwater 102/brightwater
