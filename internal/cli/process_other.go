//go:build !unix

package cli

import "os/exec"

// Separate does nothing where there are no process groups.
func Separate(*exec.Cmd) {}
