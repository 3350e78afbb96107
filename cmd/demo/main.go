// Command demo shows the provider's main job to somebody who has no account anywhere: it runs examples/estate through the life
// of an integration, with the real CLI against the sandbox, and fails when a step does not end as it should.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	cli := flag.String("cli", "terraform", "the Terraform or OpenTofu `program` to run")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *cli)
	if ctx.Err() != nil {
		err = errors.New("interrupted")
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "\ndemo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, cli string) error {
	fmt.Println("Building the provider, the first time takes a moment ...")
	stage, err := newStage(ctx, cli)
	if err != nil {
		return err
	}
	defer stage.close()
	return (&life{stage: stage, out: os.Stdout}).run(ctx)
}
