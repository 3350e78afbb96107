# <company_id>, or <company_id>/<account_id> where the account id is not the company's number.
terraform import cloudradial_company_mapping.brightwater 102/brightwater
