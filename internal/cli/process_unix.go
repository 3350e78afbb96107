// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package cli

import (
	"os/exec"
	"syscall"
)

// Separate keeps Ctrl-C at the keyboard from the CLI, which would take it and the interrupt that we send for two, and quit in
// the middle of what it does.
func Separate(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}
