// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

//go:build race

package campaign

// shortRuns and shortWalks are the default numbers of seeds. The race detector makes each of them several times slower.
const shortRuns, shortWalks = 40, 40
