// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Command bench measures the provider at scale: the release build, with a real CLI, against the sandbox, which records the calls. It
// prints a Markdown table to standard output, and its progress to standard error.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

func main() {
	program := flag.String("cli", "terraform", "the Terraform or OpenTofu `program` to run")
	only := flag.String("sections", "", "the `sections` to run, separated by commas: "+strings.Join(sectionNames(), ", ")+" (default: all)")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *program, *only, fullSize, os.Stdout, os.Stderr)
	if ctx.Err() != nil {
		err = errors.New("interrupted")
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "\nbench:", err)
		os.Exit(1)
	}
}

// section is a part of the table.
type section struct {
	name    string
	measure func(context.Context, *bench) error
}

var sections = []section{
	{"start", measureStart},
	{"plan", measurePlan},
	{"push", measurePush},
	{"tenants", measureTenants},
	{"mappings", measureMappings}, // last, because it takes longest
}

func sectionNames() []string {
	names := make([]string, 0, len(sections))
	for _, section := range sections {
		names = append(names, section.name)
	}
	return names
}

// run measures the sections and prints the table. After a failure it prints the lines measured so far.
func run(ctx context.Context, program, only string, size size, out, progress io.Writer) error {
	chosen, err := choose(only)
	if err != nil {
		return err
	}
	b, err := newBench(ctx, program, size, progress)
	if err != nil {
		return err
	}
	defer b.close()
	facts, err := b.facts(ctx)
	if err != nil {
		return err
	}
	for _, section := range chosen {
		if err = section.measure(ctx, b); err != nil {
			err = fmt.Errorf("section %s: %w", section.name, err)
			break
		}
	}
	fmt.Fprintf(out, "%s\n\n%s", facts, markdown(b.lines))
	return err
}

// choose returns the sections with the names in a comma-separated list, or all sections for an empty list.
func choose(names string) ([]section, error) {
	if names == "" {
		return sections, nil
	}
	var chosen []section
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(sections, func(s section) bool { return s.name == strings.TrimSpace(name) })
		if i < 0 {
			return nil, fmt.Errorf("there is no section %q, only %s", name, strings.Join(sectionNames(), ", "))
		}
		chosen = append(chosen, sections[i])
	}
	return chosen, nil
}
