// Package cli is what programs need that run a real Terraform or OpenTofu with a build of the provider, far away from
// anybody's real systems.
package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Module is the path of the provider's Go module.
const Module = "github.com/msp-as-code/terraform-provider-cloudradial"

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

// Environment is this process's without what would lead the CLI or the provider to somebody's real systems.
func Environment() []string {
	var env []string
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		ours := false
		for _, prefix := range []string{"TF_", "ARM_", "AZURE_", "CLOUDRADIAL_", "GRADIENT_"} {
			ours = ours || strings.HasPrefix(name, prefix)
		}
		if !ours {
			env = append(env, entry)
		}
	}
	return env
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
