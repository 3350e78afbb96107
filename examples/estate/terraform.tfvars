# The ids of your own tenant and of your distributor's. Seats that another tenant sold, or that nobody owns, are then left out. With an
# empty list all seats count. After an apply, this shows who owns them:
#   echo 'data.cloudradial_license_counts.m365.owners' | terraform console
partner_tenant_ids = []
