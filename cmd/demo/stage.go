// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cli"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox/psa"
)

// stage is the environment of the demo: a sandbox, a build of the provider, and copies of the example estate, its review and the guide about shared tenants. close removes
// them.
type stage struct {
	server *sandbox.Server
	dir    string
	estate string
	review string
	shared string
	cli    string
	env    []string
}

func newStage(ctx context.Context, program string) (*stage, error) {
	dir, err := os.MkdirTemp("", "cloudradial-demo-")
	if err != nil {
		return nil, err
	}
	s := &stage{dir: dir, estate: filepath.Join(dir, "examples", "estate"), review: filepath.Join(dir, "examples", "review"),
		shared: filepath.Join(dir, "examples", "guides", "shared-tenants"), cli: program}
	if err := s.build(ctx); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *stage) build(ctx context.Context) error {
	source, err := cli.Output(ctx, "go", "list", "-m", "-f", "{{.Dir}}", cli.Module)
	if err != nil {
		return err
	}
	for _, folder := range []string{"examples/estate", "examples/review", "examples/guides/shared-tenants", "modules"} {
		if err := os.CopyFS(filepath.Join(s.dir, folder), os.DirFS(filepath.Join(strings.TrimSpace(source), folder))); err != nil {
			return err
		}
	}
	if _, err := cli.Build(ctx, s.dir, "terraform-provider-cloudradial", cli.Module); err != nil {
		return err
	}
	config := filepath.Join(s.dir, "cli.tfrc")
	if err := os.WriteFile(config, []byte(cli.Config(s.dir)), 0o600); err != nil {
		return err
	}
	if s.server, err = sandbox.New(sandbox.DefaultSeed(), sandbox.Options{}); err != nil {
		return err
	}
	settings := s.server.Env()
	maps.Copy(settings, s.server.PSAEnv(psa.Autotask))
	s.env = cli.Environment(config, settings)
	for _, module := range []string{s.estate, s.review} {
		if _, _, err := s.terraformIn(ctx, module, "get"); err != nil {
			return err
		}
	}
	return nil
}

func (s *stage) close() {
	if s.server != nil {
		s.server.Close()
	}
	if err := os.RemoveAll(s.dir); err != nil {
		fmt.Fprintln(os.Stderr, "demo: cannot remove the temporary files:", err)
	}
}

// terraform runs the CLI in the estate.
func (s *stage) terraform(ctx context.Context, args ...string) (stdout []byte, code int, err error) {
	return s.terraformIn(ctx, s.estate, args...)
}

// terraformIn runs the CLI in a root module. Exit codes other than 0 and 2 are errors with the output of the CLI, beside
// its standard output.
func (s *stage) terraformIn(ctx context.Context, module string, args ...string) (stdout []byte, code int, err error) {
	cmd := cli.Command(ctx, s.cli, module, s.env, args...)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	err = cmd.Run()
	code = cmd.ProcessState.ExitCode()
	var exit *exec.ExitError
	if errors.As(err, &exit) && code == 2 {
		err = nil
	}
	if err != nil {
		return out.Bytes(), code, fmt.Errorf("%s %s: %w\n%s%s", filepath.Base(s.cli), strings.Join(args, " "), err, said.String(), complaints(out.Bytes()))
	}
	return out.Bytes(), code, nil
}
