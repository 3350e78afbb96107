// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Package cli runs a real Terraform or OpenTofu with a build of the provider, without access to the real systems of whoever runs it.
// The demo, the bench and the end-to-end tests use it.
package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Module is the path of the provider's Go module.
const Module = "github.com/msp-as-code/terraform-provider-cloudradial"

// PathVariable is the environment variable that names the CLI to run. The test framework reads it too.
const PathVariable = "TF_ACC_TERRAFORM_PATH"

// Find returns the CLI to run: the one that [PathVariable] names, or the terraform or tofu on the PATH.
func Find() (string, error) {
	if path := os.Getenv(PathVariable); path != "" {
		return path, nil
	}
	for _, name := range []string{"terraform", "tofu"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("neither terraform nor tofu is on the PATH: run make test, which builds one, or set %s", PathVariable)
}

// Config makes Terraform and OpenTofu use the provider in dir, so that nothing is installed and no init is needed.
func Config(dir string) string {
	dir = filepath.ToSlash(dir)
	return fmt.Sprintf(`provider_installation {
  dev_overrides {
    "registry.terraform.io/msp-as-code/cloudradial" = %q
    "registry.opentofu.org/msp-as-code/cloudradial" = %q
  }
}
`, dir, dir)
}

// Environment returns the environment for a CLI without questions: that of this process, without the variables that lead the CLI or the
// provider to real systems, with a configuration file (see [Config]) and further variables.
func Environment(config string, variables map[string]string) []string {
	prefixes := []string{"TF_", "ARM_", "AZURE_", "CLOUDRADIAL_", "GRADIENT_", "AUTOTASK_", "CONNECTWISE_", "HALOPSA_"}
	env := slices.DeleteFunc(os.Environ(), func(entry string) bool {
		return slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(entry, prefix) })
	})
	env = append(env, "TF_CLI_CONFIG_FILE="+config, "TF_IN_AUTOMATION=1", "TF_INPUT=0", "CHECKPOINT_DISABLE=1")
	for name, value := range variables {
		env = append(env, name+"="+value)
	}
	return env
}

// Command returns a command of the CLI in a directory. When ctx ends, the CLI is interrupted as with Ctrl-C, and has ten seconds to end.
func Command(ctx context.Context, program, dir string, env []string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Env = dir, env
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	Separate(cmd)
	return cmd
}

// Build builds a package of the module as the program name in dir, with further flags of go build, and returns its path.
func Build(ctx context.Context, dir, name, pkg string, flags ...string) (string, error) {
	program := filepath.Join(dir, name)
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	args := append([]string{"build", "-o", program}, flags...)
	_, err := Output(ctx, "go", append(args, pkg)...)
	return program, err
}

// Output runs a command and returns what it printed. The error has what it said on standard error.
func Output(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, said.String())
	}
	return string(out), nil
}
