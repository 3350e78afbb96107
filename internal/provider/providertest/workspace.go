// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package providertest

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
	testinginterface "github.com/mitchellh/go-testing-interface"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider"
)

// Workspace is a folder in which a test runs the CLI, to check what the test framework does not show: warnings, exit codes and the exact
// text. The provider runs in the process of the test, with a new instance for every command.
type Workspace struct {
	t   testing.TB
	dir string
	cli string
}

// Output is the output of a command of the CLI.
type Output struct {
	Code int
	// Text is standard output and standard error, with each run of white space and box drawing replaced with one space. So a test finds a
	// message wherever the CLI wraps it.
	Text string
	Raw  string
}

// NewWorkspace returns a workspace with the configuration in main.tf.
func NewWorkspace(t testing.TB, configuration string) *Workspace {
	t.Helper()
	w := &Workspace{t: t, dir: t.TempDir(), cli: CLI(t)}
	w.Write("versions.tf", `terraform {
  required_providers {
    cloudradial = { source = "msp-as-code/cloudradial" }
  }
}
`)
	w.Write("main.tf", configuration)
	return w
}

// Dir returns the folder.
func (w *Workspace) Dir() string { return w.dir }

// Write writes or replaces a file of the folder.
func (w *Workspace) Write(name, text string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// Run runs a command of the CLI, for example Run("plan", "-detailed-exitcode").
func (w *Workspace) Run(args ...string) Output {
	w.t.Helper()
	return w.Script(w.cli, args, nil)
}

// Script runs a program that calls the CLI, which the variable TERRAFORM names. More variables, as NAME=value, win over all others.
func (w *Workspace) Script(program string, args, variables []string) Output {
	w.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	cmd := w.command(ctx, program, args...)
	cmd.Env = append(append(cmd.Env, "TERRAFORM="+w.cli), variables...)
	text, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		w.t.Fatalf("%s %s: %s", program, strings.Join(args, " "), err)
	}
	out := Output{Raw: string(text), Text: flatten(string(text))}
	if exit != nil {
		out.Code = exit.ExitCode()
	}
	return out
}

// Must is [Workspace.Run], and ends the test unless the exit code is 0.
func (w *Workspace) Must(args ...string) Output {
	w.t.Helper()
	out := w.Run(args...)
	if out.Code != 0 {
		w.t.Fatalf("%s exits with %d:\n%s", strings.Join(args, " "), out.Code, out.Raw)
	}
	return out
}

// Apply is Must("apply", "-auto-approve", …).
func (w *Workspace) Apply(args ...string) Output {
	w.t.Helper()
	return w.Must(append([]string{"apply", "-auto-approve"}, args...)...)
}

// ExpectNoChanges ends the test unless the plan is empty.
func (w *Workspace) ExpectNoChanges() Output {
	w.t.Helper()
	return w.Must("plan", "-detailed-exitcode")
}

// command returns a command with its own provider, which ends with ctx.
func (w *Workspace) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	w.t.Helper()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = w.dir
	cmd.Env = append(os.Environ(), "TF_REATTACH_PROVIDERS="+serve(ctx, w.t), "TF_CLI_ARGS=-no-color", "TF_IN_AUTOMATION=1", "TF_INPUT=0",
		"TF_CLI_CONFIG_FILE="+os.DevNull)
	return cmd
}

// serve starts a provider and returns the value of TF_REATTACH_PROVIDERS for it.
func serve(ctx context.Context, t testing.TB) string {
	t.Helper()
	reattach := make(chan *plugin.ReattachConfig)
	options := []tf6server.ServeOpt{
		tf6server.WithDebug(ctx, reattach, make(chan struct{})),
		tf6server.WithGoPluginLogger(hclog.NewNullLogger()),
	}
	if sink, ok := t.(testinginterface.T); ok {
		options = append(options, tf6server.WithLoggingSink(sink)) // or every test would log at TRACE
	}
	go func() {
		if err := tf6server.Serve("cloudradial", provider.NewServer("test"), options...); err != nil {
			t.Error(err)
		}
	}()
	config := <-reattach
	address := map[string]any{
		"Protocol": config.Protocol, "ProtocolVersion": config.ProtocolVersion, "Pid": config.Pid, "Test": true,
		"Addr": map[string]string{"Network": config.Addr.Network(), "String": config.Addr.String()},
	}
	text, err := json.Marshal(map[string]any{
		"registry.terraform.io/msp-as-code/cloudradial": address,
		"registry.opentofu.org/msp-as-code/cloudradial": address,
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func flatten(text string) string {
	boxes := strings.NewReplacer("│", " ", "╷", " ", "╵", " ")
	return strings.Join(strings.Fields(boxes.Replace(text)), " ")
}
