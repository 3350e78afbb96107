// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Package lists has the data sources of the objects that a mapping joins: cloudradial_companies, cloudradial_gradient_accounts and cloudradial_gradient_services.
package lists
