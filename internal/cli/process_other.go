// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

//go:build !unix

package cli

import "os/exec"

// Separate does nothing where there are no process groups.
func Separate(*exec.Cmd) {}
