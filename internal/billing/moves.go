// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package billing

import (
	"cmp"
	"slices"
)

// Move is units of a service that an account loses, while accounts that had no units get exactly as many.
type Move struct {
	Service, From string
	To            []string // sorted
	Units         int64
}

// Moves returns the units that only move, sorted by service and account. A tenant that is split among the companies that share it
// for the first time is such a move: no unit is lost.
func (t Task) Moves() []Move {
	known, first := splitKnown(t.accountChanges())
	gains := groupByService(changesOf(first))
	var moves []Move
	for _, loss := range changesOf(known) {
		gained := gains[loss.pair.Service]
		if loss.fall() == 0 || loss.fall() != sum(gained, change.rise) {
			continue
		}
		move := Move{Service: loss.pair.Service, From: loss.pair.Account, Units: loss.fall()}
		for _, gain := range changed(slices.Clone(gained)) {
			move.To = append(move.To, gain.pair.Account)
		}
		moves = append(moves, move)
	}
	slices.SortFunc(moves, func(a, b Move) int { return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.From, b.From)) })
	return moves
}
