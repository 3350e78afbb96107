// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"context"
	"fmt"
	"os"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

// measureStart has the CLI start the provider only for its schema.
func measureStart(ctx context.Context, b *bench) error {
	e, err := b.newEstate(sandbox.Seed{}, sandbox.Options{}, map[string]string{"main.tf": emptyEstate})
	if err != nil {
		return err
	}
	defer e.close()
	b.say("start: %d times", b.size.starts)
	costs, err := medians(ctx, b.size.starts, []*estate{e}, "providers", "schema", "-json")
	if err != nil {
		return err
	}
	binary, err := os.Stat(b.provider)
	if err != nil {
		return err
	}
	started := costs[0]
	b.add(
		line{what: fmt.Sprintf("Provider CPU from start to schema served (median of %d)", b.size.starts), figure: seconds(started.provider),
			goal: atMost(started.provider.Seconds(), 0.05, "50 ms"), cost: started},
		line{what: "Size of the released binary (-trimpath -ldflags \"-s -w\")", figure: megabytes(binary.Size())},
	)
	return nil
}
