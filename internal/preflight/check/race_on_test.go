// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

//go:build race

package check

const raceDetector = true

const randomRuns uint64 = 20
