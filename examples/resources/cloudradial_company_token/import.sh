# <company_id>/<name>; company 0 is the partner level.
terraform import cloudradial_company_token.support_phone 102/SupportPhone
