// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"os"
	"runtime"
	"time"
)

// endWithParent ends the process within seconds of its parent. A CLI that is killed ends no provider, which would then live on with the keys in its
// memory. Windows does not tell: there a process keeps the number of its parent.
func endWithParent() {
	if runtime.GOOS == "windows" {
		return
	}
	parent := os.Getppid()
	go func() {
		for range time.Tick(time.Second) {
			if os.Getppid() != parent {
				os.Exit(1)
			}
		}
	}()
}
