// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Command meter takes the place of the provider under a CLI. It runs the provider that BENCH_PROVIDER names, and appends the provider's CPU
// time and memory to the file BENCH_USAGE. These are the kernel's figures at the end of the process: they are exact, and measuring them
// does not disturb the process.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/bench/usage"
)

func main() {
	code, err := run()
	if err != nil {
		fmt.Fprintln(os.Stderr, "meter:", err)
		os.Exit(1)
	}
	os.Exit(code)
}

func run() (code int, err error) {
	provider := exec.Command(os.Getenv("BENCH_PROVIDER"), os.Args[1:]...) //nolint:noctx // it ends when the CLI says so
	provider.Stdin, provider.Stdout, provider.Stderr = os.Stdin, os.Stdout, os.Stderr
	err = provider.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return 0, err
	}
	line, err := json.Marshal(usage.Of(provider.ProcessState))
	if err != nil {
		return 0, err
	}
	file, err := os.OpenFile(os.Getenv("BENCH_USAGE"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	_, err = file.Write(append(line, '\n'))
	return provider.ProcessState.ExitCode(), errors.Join(err, file.Close())
}
