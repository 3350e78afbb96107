// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

//go:build !race

package campaign

// shortRuns and shortWalks are the default numbers of seeds: less than a minute together.
const shortRuns, shortWalks = 160, 250
