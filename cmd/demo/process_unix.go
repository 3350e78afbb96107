//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// separate keeps Ctrl-C at the keyboard from the CLI, which would take it and the interrupt that we send for two, and quit in
// the middle of what it does.
func separate(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}
