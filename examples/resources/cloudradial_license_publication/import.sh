# By the name of the asset type, if all its rows have the same owner.
terraform import cloudradial_license_publication.m365 "Microsoft 365 Licenses"

# By the id of the publication, which is the Owner of its rows.
terraform import cloudradial_license_publication.m365 tf-k3v5c7qmz2xw4yb6n7adgjhp2s

# By the id, for an asset type with another name.
terraform import cloudradial_license_publication.m365 "Licences/tf-k3v5c7qmz2xw4yb6n7adgjhp2s"
