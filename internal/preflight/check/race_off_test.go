// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

//go:build !race

package check

// raceDetector reports whether the test runs with the race detector, which makes it about ten times as slow.
const raceDetector = false

// randomRuns is how many combinations of switches are tried.
const randomRuns uint64 = 200
