// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package usage

import (
	"os"
	"runtime"
	"syscall"
)

// peak is ru_maxrss, in kilobytes everywhere but on macOS.
func peak(state *os.ProcessState) int64 {
	used, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return int64(used.Maxrss) //nolint:unconvert // 32 bits on some systems
	}
	return int64(used.Maxrss) * 1024 //nolint:unconvert // likewise
}
