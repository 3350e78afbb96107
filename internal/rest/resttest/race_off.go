// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

//go:build !race

package resttest

// raceDetector says that the race detector takes memory too.
const raceDetector = false
