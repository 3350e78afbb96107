# By the name of the asset type, if its rows have one owner.
terraform import cloudradial_license_publication.m365 "Microsoft 365 Licenses"

# By the id of the publication: what its rows have as Owner.
terraform import cloudradial_license_publication.m365 tf-k3v5c7qmz2xw4yb6n7adgjhp2s

# The same, for an asset type of another name.
terraform import cloudradial_license_publication.m365 "Licences/tf-k3v5c7qmz2xw4yb6n7adgjhp2s"
