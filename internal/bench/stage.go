// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/bench/usage"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cli"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// bench is the environment of all measurements. The sandbox runs in this process, which does nothing else while the CLI runs. A separate
// process would do the same work on the same cores.
type bench struct {
	size     size
	progress io.Writer
	dir      string // everything that close removes
	program  string // the CLI
	provider string // the release build
	meter    string // what the CLI starts instead
	lines    []line
}

func newBench(ctx context.Context, program string, size size, progress io.Writer) (*bench, error) {
	dir, err := os.MkdirTemp("", "cloudradial-bench-")
	if err != nil {
		return nil, err
	}
	b := &bench{size: size, progress: progress, dir: dir, program: program}
	b.say("building the provider as it is released")
	if err := b.build(ctx); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

func (b *bench) build(ctx context.Context) (err error) {
	released, plugins := filepath.Join(b.dir, "released"), filepath.Join(b.dir, "plugins")
	if b.provider, err = cli.Build(ctx, released, "terraform-provider-cloudradial", cli.Module, "-trimpath", "-ldflags", "-s -w"); err != nil {
		return err
	}
	b.meter, err = cli.Build(ctx, plugins, "terraform-provider-cloudradial", cli.Module+"/internal/bench/meter")
	return errors.Join(err, os.WriteFile(filepath.Join(b.dir, "cli.tfrc"), []byte(cli.Config(plugins)), 0o600))
}

func (b *bench) close() {
	if err := os.RemoveAll(b.dir); err != nil {
		b.say("left behind: %s", err)
	}
}

func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(b.progress, time.Now().Format("15:04:05 ")+format+"\n", args...)
}

func (b *bench) add(lines ...line) {
	for _, line := range lines {
		b.say("  %s: %s%s", line.what, line.figure, line.verdict())
	}
	b.lines = append(b.lines, lines...)
}

// facts says when and on what machine this was measured.
func (b *bench) facts(ctx context.Context) (string, error) {
	said, err := cli.Output(ctx, b.program, "version", "-json")
	if err != nil {
		return "", err
	}
	var version struct {
		Number string `json:"terraform_version"`
	}
	if err := json.Unmarshal([]byte(said), &version); err != nil {
		return "", fmt.Errorf("%s version -json: %w", b.program, err)
	}
	commit, err := cli.Output(ctx, "git", "describe", "--always", "--dirty")
	if err != nil {
		commit = "unknown" // an archive without its history
	}
	return fmt.Sprintf("%s, commit %s, %d cores (%s/%s), %s %s, %s.", time.Now().UTC().Format(time.DateOnly), strings.TrimSpace(commit),
		runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, filepath.Base(b.program), version.Number, runtime.Version()), nil
}

// estate is a folder with a configuration, and the sandbox that it talks to.
type estate struct {
	*bench
	dir    string
	env    []string
	server *sandbox.Server
}

// providerBlock begins the configuration of an estate. It raises requests_per_second from its default to the documented limit.
const providerBlock = `terraform {
  required_providers {
    cloudradial = { source = "msp-as-code/cloudradial" }
  }
}
provider "cloudradial" {
  gradient = { requests_per_second = 100 }
}
`

func (b *bench) newEstate(seed sandbox.Seed, options sandbox.Options, files map[string]string) (*estate, error) {
	dir, err := os.MkdirTemp(b.dir, "estate-")
	if err != nil {
		return nil, err
	}
	e := &estate{bench: b, dir: dir}
	for name, text := range files {
		if err := e.write(name, text); err != nil {
			return nil, err
		}
	}
	if e.server, err = sandbox.New(seed, options); err != nil {
		return nil, err
	}
	e.env = append(cli.Environment(filepath.Join(b.dir, "cli.tfrc"), e.server.Env()),
		"TF_CLI_ARGS=-no-color", "BENCH_PROVIDER="+b.provider, "BENCH_USAGE="+e.path("usage"))
	return e, nil
}

func (e *estate) close() { e.server.Close() }

func (e *estate) path(name string) string { return filepath.Join(e.dir, name) }

func (e *estate) write(name, text string) error {
	return os.WriteFile(e.path(name), []byte(text), 0o600)
}

// cost is the cost of one run of the CLI.
type cost struct {
	wall     time.Duration
	provider time.Duration // CPU of all its processes: for schema, functions and the plan itself
	core     time.Duration // CPU of the CLI
	peak     int64         // of the largest provider process, in bytes; 0 is not measured
	calls    calls
}

// Exit codes of plan -detailed-exitcode. Other commands have the first.
const (
	noChanges   = 0
	withChanges = 2
)

func (e *estate) apply(ctx context.Context) (cost, error) {
	return e.run(ctx, noChanges, "apply", "-auto-approve")
}

// longRun is the duration from which on a run is measured only once, because noise matters less.
const longRun = 10 * time.Second

// plan plans an estate several times, unless that is long, and returns the median run. It fails if a plan has changes.
func (e *estate) plan(ctx context.Context) (cost, error) {
	costs, err := plans(ctx, []*estate{e})
	if err != nil {
		return cost{}, err
	}
	return costs[0], nil
}

// plans is plan for estates that are compared with each other.
func plans(ctx context.Context, estates []*estate) ([]cost, error) {
	return medians(ctx, estates[0].size.repeats, estates, "plan", "-detailed-exitcode")
}

// medians runs the CLI several times in each estate and returns the median runs. The estates alternate, so that other load on the
// machine affects all of them.
func medians(ctx context.Context, repeats int, estates []*estate, args ...string) ([]cost, error) {
	taken := make([][]cost, len(estates))
	for range repeats {
		for i, e := range estates {
			if len(taken[i]) > 0 && taken[i][0].wall >= longRun {
				continue
			}
			run, err := e.run(ctx, noChanges, args...)
			if err != nil {
				return nil, err
			}
			taken[i] = append(taken[i], run)
		}
	}
	costs := make([]cost, len(estates))
	for i := range estates {
		costs[i] = median(taken[i])
	}
	return costs, nil
}

// run runs the CLI and fails when it does not exit as wanted.
func (e *estate) run(ctx context.Context, want int, args ...string) (cost, error) {
	if err := os.RemoveAll(e.path("usage")); err != nil {
		return cost{}, err
	}
	e.server.ClearRequests()
	cmd := cli.Command(ctx, e.program, e.dir, e.env, args...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	began := time.Now()
	err := cmd.Run()
	taken := cost{wall: time.Since(began)}
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return cost{}, err
	}
	if code := cmd.ProcessState.ExitCode(); code != want {
		return cost{}, fmt.Errorf("%s %s exits with %d, not %d:\n%s", filepath.Base(e.program), strings.Join(args, " "), code, want, tail(said.String()))
	}
	taken.calls = count(e.server.Requests())
	providers, err := e.usages()
	for _, provider := range providers {
		taken.provider += provider.CPU
		taken.peak = max(taken.peak, provider.Peak)
	}
	taken.core = usage.Of(cmd.ProcessState).CPU - taken.provider // the CPU time of a parent includes its children
	return taken, err
}

// usages reads the file of the meter, which has one line for each provider process.
func (e *estate) usages() ([]usage.Usage, error) {
	text, err := os.ReadFile(e.path("usage"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var usages []usage.Usage
	for line := range bytes.Lines(text) {
		var used usage.Usage
		if err := json.Unmarshal(line, &used); err != nil {
			return nil, err
		}
		usages = append(usages, used)
	}
	return usages, nil
}

// tail returns the end of a program's output, where its errors are.
func tail(text string) string {
	const most = 4000
	if len(text) > most {
		return "…" + text[len(text)-most:]
	}
	return text
}
