// Command sandbox serves Gradient, CloudRadial and Microsoft on this machine, so that the provider can be tried without an
// account anywhere. It prints the environment to export and serves until it is interrupted.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"text/tabwriter"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
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
	seedFile := flags.String("seed", "", "`file` with the state to start with, YAML or JSON (default: the built-in MSP)")
	envFile := flags.String("env-file", "", "`file` to write the export lines to, for a shell to source")
	list := flags.Bool("switches", false, "list the switches and exit")
	flags.DurationVar(&options.Latency, "latency", 0, "delay of every answer, such as 50ms")
	flags.IntVar(&options.RateLimit, "rate-limit", 0, "Gradient requests that a token may make in any second (default 100)")
	flags.StringVar(&options.Addr, "addr", "", "HTTPS `address` to listen on (default: a free port on loopback)")
	flags.StringVar(&options.HTTPAddr, "http-addr", "", "plain HTTP `address` to listen on (default: a free port on loopback)")
	flags.Func("switch", "`name=value` of a switch, may be repeated", func(text string) error {
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
	seed, err := readSeed(*seedFile)
	if err != nil {
		return err
	}
	server, err := sandbox.New(seed, options)
	if err != nil {
		return err
	}
	defer server.Close()
	return serve(ctx, server, *envFile, out)
}

func setSwitch(options *sandbox.Options, text string) error {
	name, value, found := strings.Cut(text, "=")
	if !found {
		return errors.New("a switch is set as name=value")
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
		fmt.Fprintf(table, "%s\t%s\t(default %s)\n", known.Name, strings.Join(known.Values, "|"), known.Default)
		fmt.Fprintf(table, "    %s\n", known.Doc)
	}
	return table.Flush()
}

func readSeed(path string) (sandbox.Seed, error) {
	if path == "" {
		return sandbox.DefaultSeed(), nil
	}
	file, err := os.Open(path)
	if err != nil {
		return sandbox.Seed{}, err
	}
	defer func() { _ = file.Close() }() // only read
	seed, err := sandbox.ParseSeed(file)
	if err != nil {
		return sandbox.Seed{}, fmt.Errorf("%s: %w", path, err)
	}
	return seed, nil
}

// serve shows how to reach the sandbox. Its keys are good for nothing else, so they may be printed.
func serve(ctx context.Context, server *sandbox.Server, envFile string, out io.Writer) error {
	env := server.Env()
	env["SANDBOX_URL"] = server.HTTPURL() // for curl, which needs no certificate there
	exports := sandbox.Exports(env)
	if envFile != "" {
		if err := writeWhole(envFile, exports); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintf(out, "%s# curl $SANDBOX_URL/_sandbox/ lists what a person can do upstream. Stop with Ctrl-C.\n", exports); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// writeWhole lets the file appear only when it is complete, for a script may be waiting for it.
func writeWhole(path, text string) error {
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
