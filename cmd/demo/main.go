// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Command demo shows what the provider does, without any account: it runs examples/estate from the first plan to a leaving customer, with
// the real CLI against the sandbox, and fails when a step has an unexpected result.
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
	fmt.Println("Building the provider. The first time takes a moment ...")
	stage, err := newStage(ctx, cli)
	if err != nil {
		return err
	}
	defer stage.close()
	return (&life{stage: stage, out: os.Stdout}).run(ctx)
}
