// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Package usage measures the CPU time and memory of a process.
package usage

import (
	"os"
	"time"
)

// Usage is the CPU time and memory of an ended process.
type Usage struct {
	CPU  time.Duration // of all cores, in user and system mode
	Peak int64         // the largest resident size, in bytes; 0 where the system does not say
}

// Of returns the usage of an ended process.
func Of(state *os.ProcessState) Usage {
	return Usage{CPU: state.UserTime() + state.SystemTime(), Peak: peak(state)}
}
