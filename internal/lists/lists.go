// Package lists shows what there is to map: cloudradial_companies, cloudradial_gradient_accounts and cloudradial_gradient_services.
package lists
