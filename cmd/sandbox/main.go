// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Command sandbox simulates Gradient, CloudRadial, Microsoft and a PSA on this machine, so that the provider can be tried without an
// account. It prints the environment variables to export and serves until it is interrupted.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox/psa"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run serves until the context ends.
func run(ctx context.Context, args []string, out io.Writer) error {
	var options sandbox.Options
	flags := flag.NewFlagSet("sandbox", flag.ContinueOnError)
	seedFile := flags.String("seed", "", "`file` with the state at the start, YAML or JSON (default: a built-in MSP)")
	replayFile := flags.String("replay", "", "`file` of CLOUDRADIAL_TRANSCRIPT, from which every request is answered")
	envFile := flags.String("env-file", "", "`file` for the export lines, which a shell can source")
	psaName := flags.String("psa", "", "`name` of the PSA whose settings are exported too: "+strings.Join(psa.Names, ", "))
	list := flags.Bool("switches", false, "list the switches, each with the section of its contract in internal/contracts, and exit")
	flags.DurationVar(&options.Latency, "latency", 0, "delay of every answer, for example 50ms")
	flags.IntVar(&options.AutotaskLimit, "autotask-limit", 0, "Autotask requests in any 60 minutes (default 10000)")
	flags.IntVar(&options.RateLimit, "rate-limit", 0, "Gradient requests of a token in any second (default 100)")
	flags.StringVar(&options.Addr, "addr", "", "HTTPS `address` to listen on (default: a free port on loopback)")
	flags.StringVar(&options.HTTPAddr, "http-addr", "", "plain HTTP `address` to listen on (default: a free port on loopback)")
	flags.Func("switch", "`name=value` of a switch; can be repeated", func(text string) error {
		return setSwitch(&options, text)
	})
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if *list {
		return listSwitches(out)
	}
	if *psaName != "" && !slices.Contains(psa.Names, *psaName) {
		return fmt.Errorf("no PSA is named %q, only %s", *psaName, strings.Join(psa.Names, ", "))
	}
	if *replayFile != "" && (*seedFile != "" || len(options.Switches) > 0) {
		return errors.New("a seed and switches have no effect with -replay")
	}
	seed, err := readSeed(*seedFile)
	if err != nil {
		return err
	}
	if options.Replay, err = readTranscript(*replayFile); err != nil {
		return err
	}
	server, err := sandbox.New(seed, options)
	if err != nil {
		return err
	}
	defer server.Close()
	env := server.Env()
	if *psaName != "" {
		maps.Copy(env, server.PSAEnv(*psaName))
	}
	env["SANDBOX_URL"] = server.HTTPURL() // plain HTTP, so that curl needs no certificate
	return serve(ctx, env, *envFile, out)
}

func setSwitch(options *sandbox.Options, text string) error {
	name, value, found := strings.Cut(text, "=")
	if !found {
		return errors.New("a switch must be name=value")
	}
	if options.Switches == nil {
		options.Switches = map[string]string{}
	}
	options.Switches[name] = value
	return nil
}

func listSwitches(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, known := range sandbox.Switches {
		fmt.Fprintf(table, "%s\t%s\t(default %s)\t%s\n", known.Name, strings.Join(known.Values, "|"), known.Default(), known.Section)
		fmt.Fprintf(table, "    %s\n", known.Doc)
	}
	return table.Flush()
}

func readSeed(path string) (sandbox.Seed, error) {
	if path == "" {
		return sandbox.DefaultSeed(), nil
	}
	return readFile(path, sandbox.ParseSeed)
}

// readTranscript returns nil without a path.
func readTranscript(path string) (*sandbox.Transcript, error) {
	if path == "" {
		return nil, nil
	}
	return readFile(path, sandbox.ParseTranscript)
}

func readFile[T any](path string, parse func(io.Reader) (T, error)) (T, error) {
	var none T
	file, err := os.Open(path)
	if err != nil {
		return none, err
	}
	defer func() { _ = file.Close() }() // only read
	parsed, err := parse(file)
	if err != nil {
		return none, fmt.Errorf("%s: %w", path, err)
	}
	return parsed, nil
}

// serve prints how to reach the sandbox. It may print the keys because nothing else accepts them.
func serve(ctx context.Context, env map[string]string, envFile string, out io.Writer) error {
	exports := sandbox.Exports(env)
	if envFile != "" {
		if err := writeWhole(envFile, exports); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintf(out, "%s# curl $SANDBOX_URL/_sandbox/ lists the control routes. Stop with Ctrl-C.\n", exports); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// writeWhole lets the file appear when it is complete, because a script may be waiting for it.
func writeWhole(path, text string) error {
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
